"""What `audit …` reads of the journal."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from linara_agent.core.record import Json
from linara_agent.wiring.person import Person

if TYPE_CHECKING:
    from linara_agent.core.chain import Broken, Intact
    from linara_agent.journal.read import Unreadable
    from linara_agent.journal.usage import Reply


def audit_runs(who: Person) -> Iterator[dict[str, Json]]:
    """Runs as JSON, newest first; a line that cannot be read has a `problem`."""
    from linara_agent.journal.query import RunSummary, runs

    for one in runs(who.directories.state):
        if isinstance(one, RunSummary):
            yield {name: getattr(one, name) for name in RunSummary.__slots__}
        else:
            yield {"problem": _unreadable(one)}


def audit_records(who: Person, reference: str) -> Iterator[dict[str, Json]]:
    """The records of a run as JSON. Raises UsageProblem."""
    from linara_agent.journal.query import find_run, records
    from linara_agent.journal.read import Unreadable

    state = who.directories.state
    for one in records(state, find_run(state, reference)):
        if isinstance(one, Unreadable):
            yield {"event": "unreadable", "problem": _unreadable(one)}
        else:
            head: dict[str, Json] = {
                "seq": one.seq,
                "time": one.time,
                "run": one.run,
                "event": one.event,
            }
            yield {**head, **one.fields}


def _unreadable(line: "Unreadable") -> str:
    return f"{line.size} bytes at {line.offset} are no record; see `audit verify`"


def model_replies(who: Person, *, since: str) -> "Iterator[Reply]":
    """Newest first, from the day `since` on. Raises JournalUnavailable."""
    from linara_agent.journal.usage import replies

    return replies(who.directories.state, since=since)


def audit_verify(who: Person) -> "Intact | Broken":
    from linara_agent.journal.verify import verify

    return verify(who.directories.state)
