"""A question to the server besides the chat: about the key, about the models."""

import time

from linara_agent.openrouter.client import refuse
from linara_agent.openrouter.endpoint import Endpoint
from linara_agent.openrouter.errors import Failure
from linara_agent.openrouter.options import Options
from linara_agent.openrouter.transport import Call, Response, exchange

_PATIENCE_S = 15.0
_LARGEST = 8 << 20  # every model with its description: one or two megabytes


def inquire(path: str, target: Endpoint, options: Options) -> Response:
    """GET, once, within 15 seconds; the reply of any status. Raises Failure."""
    deadline = time.monotonic() + min(options.total_s, _PATIENCE_S)
    return exchange(
        Call(
            endpoint=target,
            path=path,
            options=options,
            deadline=deadline,
            max_bytes=_LARGEST,
        )
    )


def answer(path: str, target: Endpoint, options: Options) -> bytes:
    """The body of a reply that is a success. Raises Failure."""
    response = inquire(path, target, options)
    refuse(response, options)
    return response.body


def unreadable(what: str) -> Failure:
    return Failure(
        f"The server's {what} cannot be read.",
        remedy="Check the base URL in the settings; it usually ends in /v1.",
    )
