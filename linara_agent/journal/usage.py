"""What models were asked and what that cost, by the journal.

A reply of a model is a record `propose after` or `explain after` that names a cost,
tokens, or a model as the origin; an answer from the cache is counted apart. Days are
of UTC, as the free limits of OpenRouter are.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from linara_agent.core.record import Event, Json
from linara_agent.journal.read import Entry, entry_of, lines_backward

_REPLIES = (Event.PROPOSE_AFTER, Event.EXPLAIN_AFTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer of a model; money in US dollars, None where nobody said."""

    run: str
    time: str
    intent: str | None
    model: str | None
    cost_usd: Decimal | None
    prompt_tokens: int | None
    completion_tokens: int | None
    cached: bool = False
    failed: bool = False

    @property
    def day(self) -> str:
        """`YYYY-MM-DD`, of UTC."""
        return self.time[:10]


def replies(state: Path, *, since: str = "") -> Iterator[Reply]:
    """Newest first, down to the day `since` (`YYYY-MM-DD`, UTC).

    Read from the journal's end. A run that began before that day and ended on it is
    given without its intent. Raises JournalUnavailable.
    """
    waiting: dict[str, list[Entry]] = {}
    for line in lines_backward(state):
        entry = entry_of(line)
        if not isinstance(entry, Entry):
            continue
        if entry.time[:10] < since:
            break
        if entry.event == Event.RUN_STARTED:
            intent = entry.fields.get("intent") or entry.fields.get("command")
            yield from _replies(waiting.pop(entry.run, []), intent)
        elif _is_reply(entry):
            waiting.setdefault(entry.run, []).append(entry)
    for entries in waiting.values():
        yield from _replies(entries, None)


def spent(state: Path, *, day: str) -> Decimal:
    """US dollars on that day (`YYYY-MM-DD`, UTC). Raises JournalUnavailable."""
    found = (one for one in replies(state, since=day) if one.day == day)
    return sum((one.cost_usd or Decimal(0) for one in found), Decimal(0))


def _replies(entries: list[Entry], intent: Json) -> Iterator[Reply]:
    for one in entries:
        yield _reply(one, intent if isinstance(intent, str) else None)


def _is_reply(entry: Entry) -> bool:
    fields: Mapping[str, Json] = entry.fields
    # Further texts of one answer are no further answers.
    if entry.event not in _REPLIES or "rank" in fields:
        return False
    told = ("cost_usd", "prompt_tokens", "completion_tokens")
    by_model = fields.get("origin") == "model"
    return by_model or any(fields.get(name) is not None for name in told)


def _reply(entry: Entry, intent: str | None) -> Reply:
    fields = entry.fields
    model = fields.get("source")
    return Reply(
        run=entry.run,
        time=entry.time,
        intent=intent,
        model=model if isinstance(model, str) else None,
        cost_usd=_dollars(fields.get("cost_usd")),
        prompt_tokens=_count(fields.get("prompt_tokens")),
        completion_tokens=_count(fields.get("completion_tokens")),
        cached=fields.get("cached") is True,
        failed="failed" in fields,
    )


def _dollars(value: Json) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


def _count(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
