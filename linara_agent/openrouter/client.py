"""The chat completion: one request, tried again where that may help."""

import json
import time

import stamina
import stamina.instrumentation

from linara_agent.openrouter.backoff import Patience
from linara_agent.openrouter.endpoint import Endpoint, endpoint
from linara_agent.openrouter.errors import Failure, no_key
from linara_agent.openrouter.options import Options
from linara_agent.openrouter.prompt import Turn
from linara_agent.openrouter.refusals import redirected, reported
from linara_agent.openrouter.reply import Completion, completion, fault_in, parsed
from linara_agent.openrouter.transport import Call, Response, exchange

_OK = range(200, 300)
_REDIRECT = range(300, 400)

# https://openrouter.ai/docs/app-attribution
_ATTRIBUTION = (("X-OpenRouter-Title", "linara-agent"),)


def complete(turns: tuple[Turn, ...], options: Options) -> Completion:
    """Ask the model; raises Failure when no try gave a finished text."""
    deadline = time.monotonic() + options.total_s
    target = endpoint(options)
    if options.secret is None and target.official:
        raise no_key()
    call = Call(
        endpoint=target,
        path="/chat/completions",
        options=options,
        deadline=deadline,
        body=_body(turns, options, target),
        headers=_ATTRIBUTION if target.official else (),
    )
    patience = Patience(options, deadline)
    # Its default hooks write each retry to standard output, through structlog.
    stamina.instrumentation.set_on_retry_hooks(())
    try:
        for attempt in stamina.retry_context(
            on=patience.wait, attempts=options.attempts, timeout=None
        ):
            with attempt:
                return _try(call)
    except Failure as failure:
        explained = patience.explained(failure)
        if explained is failure:
            raise
        raise explained from failure
    raise AssertionError("a retry context ends by returning or raising")


def _try(call: Call) -> Completion:
    response = exchange(call)
    refuse(response, call.options)
    reply = parsed(response.body, call.options)
    return completion(reply, response.headers, call.options)


def refuse(response: Response, options: Options) -> None:
    """Raise the Failure of every status but success."""
    if response.status in _REDIRECT:
        raise redirected(response.status)
    if response.status not in _OK:
        fault = fault_in(response.body)
        raise reported(response.status, fault, response.headers, options)


def _body(turns: tuple[Turn, ...], options: Options, target: Endpoint) -> bytes:
    body: dict[str, object] = {
        "model": options.model,
        "messages": [{"role": turn.role, "content": turn.content} for turn in turns],
        "max_tokens": options.max_tokens,
        "stream": False,
    }
    if options.temperature is not None:
        body["temperature"] = options.temperature
    if target.official:
        body["provider"] = {"data_collection": options.data_collection}
        # On by default for small models, it drops the middle of the messages.
        body["plugins"] = [{"id": "context-compression", "enabled": False}]
    return json.dumps(body).encode()
