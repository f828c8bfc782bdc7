"""The bytes and headers of a chat completion's request.

Only what the person chose is sent, besides the length limit; what only OpenRouter
understands is left out for other servers, some of which refuse unknown fields.
"""

import json
import re
from collections.abc import Mapping

from linara_agent.openrouter.endpoint import Endpoint
from linara_agent.openrouter.errors import unusable_setting
from linara_agent.openrouter.options import Options
from linara_agent.openrouter.prompt import Turn

_SCHEMA_NAME = "answer"
_MOST_FALLBACKS = 3  # OpenRouter refuses more with 400
_MOST_STOPS = 4

# A header carries nothing else; an accented title was seen to break requests.
_HEADER = re.compile(r"[ -~]+")


def request_body(
    turns: tuple[Turn, ...],
    options: Options,
    target: Endpoint,
    schema: Mapping[str, object] | None,
) -> bytes:
    """The request as JSON; `schema` is a JSON schema that the answer has to fit.

    Raises Failure for a setting that no server would take.
    """
    _refuse_too_many(options)
    body = {
        "model": options.model,
        "messages": [{"role": turn.role, "content": turn.content} for turn in turns],
        "max_tokens": options.max_tokens,
        "stream": options.stream,
        "temperature": options.temperature,
        "top_p": options.top_p,
        "stop": options.stop or None,
        "seed": options.seed,
        "response_format": _format(schema),
    }
    if target.official:
        body |= _openrouter_fields(options, structured=schema is not None)
    else:
        body["reasoning_effort"] = options.effort  # OpenAI's own name for it
        if options.stream:
            # OpenRouter always sends usage; others only when asked.
            body["stream_options"] = {"include_usage": True}
    return json.dumps(_said(body)).encode()


def attribution(options: Options, target: Endpoint) -> tuple[tuple[str, str], ...]:
    """The headers that name the program (https://openrouter.ai/docs/app-attribution).

    Raises Failure for what is not plain ASCII.
    """
    if not target.official:
        return ()
    headers = {"HTTP-Referer": options.referer, "X-OpenRouter-Title": options.title}
    sent = tuple((name, value) for name, value in headers.items() if value)
    for name, value in sent:
        if not _HEADER.fullmatch(value):
            raise unusable_setting(
                f"The text for the header {name} is not plain ASCII in one line",
                "Write it without accents, symbols and line breaks.",
            )
    return sent


def _openrouter_fields(options: Options, *, structured: bool) -> dict[str, object]:
    price = options.max_price
    provider: dict[str, object] = {
        "data_collection": options.data_collection,
        "zdr": options.zdr or None,
        "only": options.only or None,
        "ignore": options.ignore or None,
        "allow_fallbacks": options.allow_fallbacks,
        # Otherwise a provider that knows no schema drops it in silence.
        "require_parameters": structured or None,
    }
    if price is not None:
        limits = {"prompt": price.prompt, "completion": price.completion}
        provider["max_price"] = _said(limits) or None
    return {
        "models": options.fallbacks or None,
        "reasoning": {"effort": options.effort} if options.effort else None,
        "provider": _said(provider),
        # On by default for small models, it drops the middle of the messages.
        "plugins": [{"id": "context-compression", "enabled": False}],
    }


def _format(schema: Mapping[str, object] | None) -> dict[str, object] | None:
    if schema is None:
        return None
    wanted = {"name": _SCHEMA_NAME, "strict": True, "schema": dict(schema)}
    return {"type": "json_schema", "json_schema": wanted}


def _said(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


def _refuse_too_many(options: Options) -> None:
    if len(options.fallbacks) > _MOST_FALLBACKS:
        raise unusable_setting(
            f"More than {_MOST_FALLBACKS} fallback models are named",
            f"Name at most {_MOST_FALLBACKS}.",
        )
    if len(options.stop) > _MOST_STOPS:
        raise unusable_setting(
            f"More than {_MOST_STOPS} texts are named that end an answer",
            f"Name at most {_MOST_STOPS}.",
        )
