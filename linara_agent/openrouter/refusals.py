"""What a server's error means, by its HTTP status and its words.

The status codes, the words and what to do about each follow OpenRouter's pages
on errors, limits and provider selection, and what other servers with the same
interface were seen to send. The first row that fits decides.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from linara_agent.openrouter.backoff import asked_wait, reset_moment
from linara_agent.openrouter.errors import RECIPES, Again, Failure
from linara_agent.openrouter.options import Options
from linara_agent.openrouter.server_text import plain
from linara_agent.openrouter.wire import Fault

_LATER = f"Try again in a moment, or choose another model; {RECIPES}"
_BROKEN = 500
_LONGEST_PART = 2000
"""Characters; some of the expressions take quadratic time."""
_SETTINGS = "Correct the setting that the server's words name."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """`words` is a regular expression over everything the error says."""

    status: frozenset[int]
    words: str = ""
    what: str
    remedy: str
    again: Again | None = None
    offline: bool = False


def _row(*status: int, words: str = "", what: str, remedy: str) -> _Row:
    return _Row(status=frozenset(status), words=words, what=what, remedy=remedy)


def _retried(*status: int, words: str = "", what: str, most: int | None = None) -> _Row:
    return _Row(
        status=frozenset(status),
        words=words,
        what=what,
        remedy=_LATER,
        again=Again(most=most),
    )


_GONE = "The model {model} is not available"
_DEARER = (
    "Within a budget no provider may ask more than the list of models said: fetch it "
    "again (`linara-agent models --refresh`), raise a limit of your own on the price "
    "(`linara-agent config show`, https://openrouter.ai/settings), or choose another "
    "model."
)
_ROWS = (
    _row(
        400,
        404,
        words=r"unavailable for free|free_variant_ended",
        what="The model {model} is no longer free",
        remedy="Choose another model in the settings. The paid one is never chosen "
        "for you.",
    ),
    _row(
        404,
        words=r"requested parameters|support tool use|support image",
        what="No provider of the model {model} accepts this kind of request",
        remedy="Choose another model in the settings, or leave the temperature and the "
        "like unset.",
    ),
    _row(
        404,
        words=r"data policy|privacy_restricted|guardrail restrictions",
        what="No provider of the model {model} fits the privacy settings",
        remedy="Allow data collection in the settings or at "
        "https://openrouter.ai/settings/privacy, or choose another model.",
    ),
    _row(
        404,
        words=r"max(?:imum)?[ _]price",
        what="No provider of the model {model} is as cheap as was asked for",
        remedy=_DEARER,
    ),
    _row(
        404,
        words=r"allowed providers|constraint_filtered",
        what="The account's limits leave no provider for the model {model}",
        remedy="Relax the limits at https://openrouter.ai/settings, or choose "
        "another model.",
    ),
    _row(
        400,
        404,
        words=r"not a valid model|invalid model name|no endpoints found|no_endpoints"
        r"|model_(?:not_found|deprecated)"
        r"|model\b.*\b(?:not found|not exist|unavailable)",
        what=_GONE,
        remedy="Choose another model in the settings (OpenRouter's are listed at "
        "https://openrouter.ai/models, openrouter/free picks a free one); "
        "`linara-agent doctor` checks the one that is set.",
    ),
    _row(
        404,
        what="The server does not know this address",
        remedy="Check the base URL in the settings; it usually ends in /v1.",
    ),
    _row(
        400,
        words=r"must have 3 items or fewer",
        what="More than three models are named",
        remedy="Name at most three models.",
    ),
    _row(
        400,
        413,
        words=r"context[_ ](?:length|size)|maximum context|token_limit|too long",
        what="The request is too long for the model {model}",
        remedy="Say it in fewer words, or choose a model with a larger context.",
    ),
    # LiteLLM's proxy, which without a database has no other key to look up.
    _row(
        400,
        words=r"no_db_connection",
        what="The server does not accept the key",
        remedy="Configure the proxy's own key, its `master_key` (OPENROUTER_API_KEY).",
    ),
    _row(
        401,
        what="The server does not accept the key",
        remedy="Check the key (OpenRouter's are at "
        "https://openrouter.ai/settings/keys), and configure it again "
        "(OPENROUTER_API_KEY).",
    ),
    _row(
        402,
        words=r"weight_exceeds_budget",
        what="This one request is larger than the whole budget of the key",
        remedy="Lower the token limit in the settings, or raise the budget at "
        "https://openrouter.ai/settings/keys.",
    ),
    _retried(
        402,
        words=r"in_flight_budget",
        what="Other requests in progress hold the key's whole budget",
    ),
    _row(
        402,
        words=r"fewer max_tokens|can only afford",
        what="The credits do not suffice for an answer of this length",
        remedy="Lower the token limit in the settings, or add credits at "
        "https://openrouter.ai/settings/credits.",
    ),
    _row(
        402,
        what="The credits of the account or of the key are used up",
        remedy="Add credits at https://openrouter.ai/settings/credits; a negative "
        "balance stops the free models too.",
    ),
    _row(
        403,
        words=r"\[moderation\]|flagged|content_policy",
        what="A moderation filter refused the request",
        remedy="Say it in other words, or choose another model.",
    ),
    _row(
        403,
        words=r"\[guardrail\]|prompt.injection",
        what="A guardrail of the account refused the request",
        remedy="Say it in other words, or change the guardrail at "
        "https://openrouter.ai/settings.",
    ),
    _row(
        403,
        words=r"key limit|_key_limit|_budget",
        what="The spending limit of the key is reached",
        remedy="Raise the limit at https://openrouter.ai/settings/keys, or wait until "
        "it is reset{reset}.",
    ),
    _row(
        403,
        words=r"agentic harness",
        what="The model {model} is not open to this kind of program",
        remedy="Choose another model in the settings, for example openrouter/free.",
    ),
    _row(
        403,
        what="The server does not allow this request",
        remedy="Read the server's words; the account's settings or another model may "
        "help.",
    ),
    _retried(408, what="The server gave up waiting for the request"),
    _row(413, what="The request is too large for the server", remedy="Say it shorter."),
    _Row(
        status=frozenset({429}),
        words=r"free-models-per-day|free_tier_daily",
        what="The free requests of today are used up",
        remedy="Wait until the limit is reset{reset}, or add credits at "
        f"https://openrouter.ai/settings/credits; {RECIPES}",
        offline=True,
    ),
    _row(
        429,
        words=r"budget_exceeded",
        what="The budget of the key is used up",
        remedy="Raise the budget at the server, or wait until it is reset.",
    ),
    _retried(
        429,
        words=r"free-models-per-min",
        what="Too many free requests were made within a minute",
        most=1,
    ),
    _retried(
        429,
        words=r"upstream|provider returned error|shared_pool",
        what="The provider of the model {model} is overloaded",
    ),
    _retried(429, what="The server asks for fewer requests"),
    _retried(500, what="The server failed"),
    _retried(502, what="The provider of the model {model} failed"),
    _retried(503, what="No provider is ready for the model {model}"),
    _retried(504, 524, what="The provider of the model {model} took too long"),
    _retried(529, what="The provider of the model {model} is overloaded"),
)


def reported(
    status: int, fault: Fault, headers: Mapping[str, str], options: Options
) -> Failure:
    """The failure for an error, from a status or from inside a reply of 200.

    `headers` have lower-case names.
    """
    row = _find(status, _everything(fault))
    model = plain(options.model, options, limit=100)
    reset = _reset_words(headers, fault)
    said = plain(_words(fault), options)
    what = row.what.format(model=model) + (f": {said}" if said else f" ({status}).")
    again = row.again
    if again is not None:
        again = Again(wait_s=asked_wait(headers, fault), most=again.most)
    if fault.availability is not None and fault.availability.retryable is False:
        again = None
    remedy = row.remedy.format(reset=reset)
    if row.what == _GONE and options.max_price is not None:
        remedy = f"{remedy} Or the limit on its price rules it out. {_DEARER}"
    return Failure(
        _sentence(what),
        remedy=remedy,
        again=again,
        offline=row.offline,
    )


def redirected(status: int) -> Failure:
    return Failure(
        f"The model's server sends the request to another address (HTTP {status}); "
        "a key is not sent on.",
        remedy="Correct the base URL in the settings, for example to "
        "https://openrouter.ai/api/v1.",
    )


def _find(status: int, everything: str) -> _Row:
    for row in _ROWS:
        if status in row.status and re.search(row.words, everything, re.DOTALL):
            return row
    if status >= _BROKEN:
        return _row(status, what="The server failed", remedy=_LATER)
    return _row(
        status, what=f"The server refused the request ({status})", remedy=_SETTINGS
    )


def _everything(fault: Fault) -> str:
    details = fault.details
    marks = ["[moderation]"] if details.reasons else []
    marks += ["[guardrail]"] if details.patterns else []
    parts = (
        fault.message,
        fault.raw,
        fault.type,
        str(fault.code),
        details.error_type,
        details.limit_source,
        details.reason,
        details.failed_routing_step,
        fault.availability.code if fault.availability else None,
        *marks,
    )
    return " ".join(part[:_LONGEST_PART] for part in parts if part).lower()


def _words(fault: Fault) -> str:
    """The server's message; the provider's where ours says nothing."""
    message = fault.message or ""
    if fault.raw and message.strip().rstrip(".").lower() in (
        "",
        "provider returned error",
    ):
        return fault.raw
    reasons = ", ".join(fault.details.reasons or ())
    return f"{message} ({reasons})" if reasons else message


def _sentence(words: str) -> str:
    return words if words.endswith((".", "!", "?", "…")) else f"{words}."


def _reset_words(headers: Mapping[str, str], fault: Fault) -> str:
    moment = reset_moment(headers, fault)
    if moment is None:
        return ""
    try:
        local = moment.astimezone()
    except (ValueError, OverflowError, OSError):
        return ""  # at the ends of the calendar
    return f" (on {local:%Y-%m-%d at %H:%M}, local time)"
