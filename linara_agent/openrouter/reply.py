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
from linara_agent.openrouter.server_text import plain, text_without_key
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


def is_finished(word: str) -> bool:
    """Whether a reason to stop means that the answer is whole."""
    return word.lower() in _FINISHED


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What the model wrote, whole; `model` is the one that answered.

    `generation` is the server's id of the reply, `provider` who ran the model,
    `finish` the word for why it stopped; None where the server did not say. `usage`
    includes what failed tries before it were billed.
    """

    text: str
    model: str
    usage: Usage | None
    generation: str | None = None
    provider: str | None = None
    finish: str | None = None


def parsed(body: bytes, options: Options) -> Reply:
    """Read a reply of 200; raises Failure, for blanks with another try."""
    body = body.removeprefix(codecs.BOM_UTF8).strip()
    if not body:
        raise nothing()
    try:
        return Reply.model_validate_json(body)
    except ValidationError as exc:
        raise unreadable(body, options) from exc


def nothing() -> Failure:
    return Failure(
        "The server sent an empty reply.", remedy=_OTHER_MODEL, again=Again()
    )


def unreadable(body: bytes, options: Options) -> Failure:
    """For a body, or the data of one event, that is no reply."""
    start = plain(body[:200].decode(errors="replace"), options, limit=60)
    return Failure(
        f"The server's reply cannot be read; it starts with: {start}",
        remedy="Check the base URL in the settings; it usually ends in /v1.",
    )


def fault_in(body: bytes) -> Fault:
    """The error in the body of a refused request, whatever that body is."""
    text = body.decode(errors="replace").removeprefix("\ufeff").strip()
    try:
        fault = Reply.model_validate_json(text.encode()).error
    except ValidationError:
        return Fault()  # a page of HTML, or nothing
    return fault or Fault()


def completion(
    reply: Reply,
    headers: Mapping[str, str],
    options: Options,
    *,
    structured: bool = False,
) -> Completion:
    """The finished text; raises Failure, with what was billed nevertheless.

    `headers` have lower-case names; `structured` says that JSON was asked for.
    """
    usage = _usage(reply.usage)
    try:
        choice = _choice(reply, headers, options)
    except Failure as failure:
        failure.usage = usage
        raise
    message = choice.message or Message()
    return Completion(
        text=text_without_key(_text(message, structured=structured), options),
        model=plain(reply.model or options.model, options, limit=100),
        usage=usage,
        generation=_word(reply.id or headers.get("x-generation-id"), options),
        provider=_word(reply.provider or headers.get("x-provider-name"), options),
        finish=_word(choice.finish_reason or choice.native_finish_reason, options),
    )


def _choice(reply: Reply, headers: Mapping[str, str], options: Options) -> Choice:
    """The one finished choice; raises Failure."""
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
    _refuse_unfinished(choice, choice.message or Message(), reply.usage, options)
    return choice


def _text(message: Message, *, structured: bool) -> str:
    """The answer. LM Studio files a structured one under the model's thoughts."""
    if structured and not message.text.strip():
        return message.reasoning_content or ""
    return message.text


def _word(text: str | None, options: Options) -> str | None:
    return plain(text or "", options, limit=100) or None


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
    if not is_finished(finish or native):
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
    # Thinking counts against the limit with some providers only.
    spent = usage.completion_tokens
    return options.max_tokens in (spent, spent - (_thought(usage) or 0))


def _thought(usage: UsageReport) -> int | None:
    details = usage.completion_tokens_details
    return None if details is None else details.reasoning_tokens


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
        reasoning_tokens=_thought(report),
        cost_usd=report.cost,
    )
