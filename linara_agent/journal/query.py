"""Answers questions about past runs: which there were, and what happened in one.

A run's first record is `run started`. What is read from its records, by event:

    run started             `intent`, or `command` where there was none
    propose after           `text`: the command, where `run started` has none; its
                            `digest`; a `rank` where it is a further one of one answer
    judged, final verdict   `decision`; the last one on a text counts
    chosen                  `digest` of one of the texts of an answer
    run ended               `ended`, a word for how, and `exit`, the exit code
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from linara_agent.core.decision import Decision
from linara_agent.core.record import Event, Json
from linara_agent.errors import UsageProblem
from linara_agent.journal.read import (
    Entry,
    Line,
    Unreadable,
    entry_of,
    lines,
    lines_backward,
)

SHORTEST_PREFIX = 6
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """One run in a line. `time` is when it started (or its first record that can be
    read); `decision`, `ended` and `exit` are None where the journal does not say:
    the run is still under way, or it died. `last` is its last event.

    Of several texts of one answer, `command` and `decision` are those of the one that
    was chosen, and of the one judged most strictly where none was. Of several answers
    the last counts.
    """

    run: str
    time: str
    intent: str | None
    command: str | None
    decision: str | None
    ended: str | None
    exit: int | None
    last: str
    records: int


def runs(state: Path) -> Iterator[RunSummary | Unreadable]:
    """All runs, the newest first, and the lines that cannot be read between them.

    The journal is read from its end, only as far as the caller goes on asking.
    Raises JournalUnavailable.
    """
    gathered: dict[str, _Gathered] = {}
    for line in lines_backward(state):
        entry = entry_of(line)
        if isinstance(entry, Unreadable):
            yield entry
            continue
        run = gathered.setdefault(entry.run, _Gathered(last=entry.event))
        run.add(entry)
        if entry.event == Event.RUN_STARTED:
            yield gathered.pop(entry.run).summary()
    for run in gathered.values():
        yield run.summary()


def find_run(state: Path, reference: str) -> str:
    """The id of the run that `reference` is, or that it alone begins.

    Raises UsageProblem if there is none, or more than one, or if it is shorter than
    six characters; JournalUnavailable if the journal cannot be read.
    """
    found: dict[str, None] = {}
    needle = _as_written(reference)[:-1]
    for line in lines(state):
        entry = _entry_with(line, needle)
        if isinstance(entry, Entry) and entry.run == reference:
            return reference
        if isinstance(entry, Entry) and entry.run.startswith(reference):
            found[entry.run] = None
    if len(reference) < SHORTEST_PREFIX:
        raise _problem(
            f"{reference!r} is too short for the beginning of a run's id.",
            f"Give at least {SHORTEST_PREFIX} characters of it.",
        )
    if not found:
        raise _problem(
            f"The journal knows no run {reference!r}.",
            "List the runs with `linara-agent audit list`.",
        )
    if len(found) > 1:
        names = ", ".join(list(found)[:_MOST_NAMED])
        raise _problem(
            f"{len(found)} runs begin with {reference!r}: {names}.",
            "Give more characters of the one you mean.",
        )
    return next(iter(found))


def records(state: Path, run: str) -> Iterator[Entry | Unreadable]:
    """The records of one run (its whole id) from the first to the last.

    Lines that cannot be read are told of too: one of them may have been the run's.
    """
    needle = _as_written(run)
    for line in lines(state):
        entry = _entry_with(line, needle)
        if isinstance(entry, Unreadable) or (entry is not None and entry.run == run):
            yield entry


def _as_written(run: str) -> bytes:
    """How a line names its run."""
    return f'"run":{json.dumps(run)}'.encode("ascii")


def _entry_with(line: Line, needle: bytes) -> Entry | Unreadable | None:
    """Read a line only if it may be the one looked for, or looks damaged."""
    whole = line.content.startswith(b'{"schema":') and line.content.endswith(b"}")
    if whole and needle not in line.content:
        return None
    return entry_of(line)


def _problem(what: str, remedy: str) -> UsageProblem:
    return UsageProblem(what, not_done="No run was shown.", remedy=remedy)


@dataclass(frozen=True, slots=True)
class _Text:
    """One text of an answer, and what was decided on it."""

    text: str
    digest: Json
    decision: str | None

    @property
    def strictness(self) -> int:
        known = {one.word: one for one in Decision}
        return -1 if self.decision is None else known.get(self.decision, -1)


@dataclass(slots=True)
class _Answer:
    """The last answer of a run, while records are read from the last to the first."""

    texts: list[_Text] = field(default_factory=list)
    chosen: Json = None
    decision: str | None = None
    whole: bool = False

    def add(self, entry: Entry) -> None:
        if self.whole:
            return
        fields = entry.fields
        decision, text = fields.get("decision"), fields.get("text")
        if entry.event in (Event.JUDGED, Event.FINAL) and isinstance(decision, str):
            self.decision = self.decision or decision
        elif entry.event == Event.CHOSEN:
            self.chosen = fields.get("digest")
        elif entry.event == Event.PROPOSE_AFTER and isinstance(text, str):
            digest = fields.get("digest")
            self.texts.append(_Text(text, digest, self.decision))
            self.decision = None
            self.whole = "rank" not in fields

    @property
    def counts(self) -> _Text | None:
        for one in self.texts:
            if self.chosen is not None and one.digest == self.chosen:
                return one
        first = reversed(self.texts)
        return max(first, key=lambda one: one.strictness, default=None)


@dataclass(slots=True)
class _Gathered:
    """What is known of a run while its records are read from the last to the first."""

    last: str
    run: str = ""
    time: str = ""
    records: int = 0
    said: dict[str, str | int] = field(default_factory=dict)
    answer: _Answer = field(default_factory=_Answer)

    def add(self, entry: Entry) -> None:
        self.run, self.time = entry.run, entry.time
        self.records += 1
        self.answer.add(entry)
        for name in _SAYS.get(entry.event, ()):
            value = entry.fields.get(name)
            if isinstance(value, str | int) and value != "":
                # The earliest intent and command count, and the last of all else.
                if name in ("intent", "command"):
                    self.said[name] = value
                self.said.setdefault(name, value)

    def summary(self) -> RunSummary:
        code = self.said.get("exit")
        # A plan that is carried out was proposed in another run.
        counts = self.answer.counts or _Text("", None, self.answer.decision)
        return RunSummary(
            run=self.run,
            time=self.time,
            intent=self._word("intent"),
            command=self._word("command") or counts.text or None,
            decision=counts.decision,
            ended=self._word("ended"),
            exit=code if isinstance(code, int) else None,
            last=self.last,
            records=self.records,
        )

    def _word(self, name: str) -> str | None:
        value = self.said.get(name)
        return value if isinstance(value, str) else None


_SAYS: dict[str, tuple[str, ...]] = {
    Event.RUN_STARTED: ("intent", "command"),
    Event.RUN_ENDED: ("ended", "exit"),
}
