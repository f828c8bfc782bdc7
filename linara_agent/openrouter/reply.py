"""From the body of a reply of 200 to a finished text, or to the reason why not.

Nothing but a text that the model says it finished is used: a reply that was cut,
failed half-way, asks for a tool or refuses gives a Failure, never a part.
"""

import codecs
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from linara_agent.core.proposal import Usage
from linara_agent.openrouter.errors import RECIPES, Again, Failure
from linara_agent.openrouter.options import Options
from linara_agent.openrouter.refusals import reported
from linara_agent.openrouter.server_text import plain
from linara_agent.openrouter.wire import Choice, Fault, Message, Reply, UsageReport

_OTHER_MODEL = f"Try again, or choose another model in the settings; {RECIPES}"
_MORE_TOKENS = (
    "Raise the token limit in the settings, ask for something smaller, or choose "
    "another model."
)

# Providers' own words for "finished", as OpenRouter passes them on.
_FINISHED = frozenset(
    {"stop", "end_turn", "eos", "eos_token", "stop_sequence", "completed", "complete"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What the model wrote, whole; `model` is the one that answered."""

    text: str
    model: str
    usage: Usage | None


def parsed(body: bytes, options: Options) -> Reply:
    """Read a reply of 200; raises Failure, for blanks with another try."""
    body = body.removeprefix(codecs.BOM_UTF8).strip()
    if not body:
        raise Failure(
            "The server sent an empty reply.", remedy=_OTHER_MODEL, again=Again()
        )
    try:
        return Reply.model_validate_json(body)
    except ValidationError as exc:
        start = plain(body[:200].decode(errors="replace"), options, limit=60)
        raise Failure(
            f"The server's reply cannot be read; it starts with: {start}",
            remedy="Check the base URL in the settings; it usually ends in /v1.",
        ) from exc


def fault_in(body: bytes) -> Fault:
    """The error in the body of a refused request, whatever that body is."""
    text = body.decode(errors="replace").removeprefix("\ufeff").strip()
    try:
        fault = Reply.model_validate_json(text.encode()).error
    except ValidationError:
        return Fault()  # a page of HTML, or nothing
    return fault or Fault()


def completion(
    reply: Reply, headers: Mapping[str, str], options: Options
) -> Completion:
    """The finished text; raises Failure."""
    if reply.error is not None:
        raise _failed(reply.error, headers, options)
    if not reply.choices:
        raise Failure("The model sent no answer.", remedy=_OTHER_MODEL)
    if len(reply.choices) > 1:
        raise Failure(
            "The model sent several answers, and none is picked for you.",
            remedy=_OTHER_MODEL,
        )
    choice = reply.choices[0]
    if choice.error is not None:
        raise _failed(choice.error, headers, options)
    message = choice.message or Message()
    _refuse_unfinished(choice, message, reply.usage, options)
    return Completion(
        text=message.text,
        model=plain(reply.model or options.model, options, limit=100),
        usage=_usage(reply.usage),
    )


def _failed(fault: Fault, headers: Mapping[str, str], options: Options) -> Failure:
    if fault.status is not None:
        return reported(fault.status, fault, headers, options)
    said = plain(fault.message or "", options)
    return Failure(
        f"The server answered with an error: {said or 'it gave no reason'}",
        remedy="Check the base URL in the settings (it usually ends in /v1), or "
        "choose another model.",
    )


def _refuse_unfinished(
    choice: Choice, message: Message, usage: UsageReport | None, options: Options
) -> None:
    finish = (choice.finish_reason or "").lower()
    if message.refusal or finish in ("content_filter", "refusal"):
        said = plain(message.refusal or "", options)
        raise Failure(
            "The model refused the request" + (f": {said}" if said else "."),
            remedy="Say it in other words, or choose another model.",
        )
    if message.tool_calls or finish in ("tool_calls", "function_call"):
        raise Failure(
            "The model asked to call a tool instead of writing a command.",
            remedy=_OTHER_MODEL,
        )
    if finish == "length" or _at_limit(usage, options):
        raise _cut(message, options)
    if finish == "error":
        raise Failure(
            "The model failed before its answer was finished.",
            remedy=_OTHER_MODEL,
            again=Again(),
        )
    native = (choice.native_finish_reason or "").lower()
    if (finish or native) not in _FINISHED:
        word = plain(finish or native, options, limit=40) or "nothing"
        raise Failure(
            "The model did not say that its answer is finished "
            f"(it said: {word}), so the answer is not used.",
            remedy=_OTHER_MODEL,
        )


def _at_limit(usage: UsageReport | None, options: Options) -> bool:
    """Some servers say `stop` although the limit ended the answer."""
    if usage is None or usage.completion_tokens is None:
        return False
    details = usage.completion_tokens_details
    thought = (details.reasoning_tokens if details is not None else None) or 0
    # Thinking counts against the limit with some providers only.
    spent = usage.completion_tokens
    return options.max_tokens in (spent, spent - thought)


def _cut(message: Message, options: Options) -> Failure:
    limit = options.max_tokens
    if message.text.strip():
        what = f"The answer was cut at {limit} tokens, so it is not used."
    else:
        what = f"The model spent all {limit} tokens on thinking and wrote no command."
    return Failure(what, remedy=_MORE_TOKENS)


def _usage(report: UsageReport | None) -> Usage | None:
    if report is None:
        return None
    return Usage(
        prompt_tokens=report.prompt_tokens,
        completion_tokens=report.completion_tokens,
        cost_usd=report.cost,
    )
