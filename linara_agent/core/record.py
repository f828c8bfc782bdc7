"""One line of the journal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

Scalar = str | int | float | bool | None
Json = Scalar | Sequence["Json"] | Mapping[str, "Json"]


class Event(StrEnum):
    """The fixed names; a step that touches the world has a `before` and an `after`."""

    RUN_STARTED = "run started"
    RUN_ENDED = "run ended"
    PROPOSE_BEFORE = "propose before"
    PROPOSE_AFTER = "propose after"
    ASKED_AGAIN = "asked again"
    CHOSEN = "chosen"
    EXPLAIN_BEFORE = "explain before"
    EXPLAIN_AFTER = "explain after"
    READ = "read"
    RESOLVED = "resolved"
    JUDGED = "judged"
    SANDBOX_PLANNED = "sandbox planned"
    PREVIEW_BEFORE = "preview before"
    PREVIEW_AFTER = "preview after"
    MEASURED = "measured"
    FINAL = "final verdict"
    PLAN_SAVED = "plan saved"
    REVIEW_BEFORE = "review before"
    REVIEW_AFTER = "review after"
    APPLY_BEFORE = "apply before"
    APPLY_AFTER = "apply after"
    RERUN_BEFORE = "rerun before"
    RERUN_AFTER = "rerun after"
    UNDO_BEFORE = "undo before"
    UNDO_AFTER = "undo after"
    COMPARED = "compared"
    REAPED = "reaped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What happened in a run; the journal adds number, time and chain.

    A `durable` record is on disk (fsync) before `write` returns.
    """

    run: str
    event: Event
    fields: Mapping[str, Json] = field(default_factory=dict)
    durable: bool = False
