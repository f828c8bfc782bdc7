"""The hash chain of the journal, as pure functions over its lines.

A line is one JSON object in ASCII, its keys in this order:

    schema, seq, time, run, event, prev, [torn,] and then the record's own fields

`seq` counts from 1 without a gap. `prev` is the SHA-256 (hex) of the bytes of the
line above without its newline, 64 zeros in the first line. `torn` stands only in a
record that follows what a crash left of an unfinished write: it is the SHA-256 of
everything from the start of the last whole record up to the end of those torn
bytes, so that they, and the record above them, are still covered.

What the chain cannot show: that lines were cut off at the end, that the last line
was replaced by another well-formed one, or that somebody who may write the file
computed all of it anew. A head hash kept elsewhere shows all three.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from linara_agent.core.record import Json

SCHEMA = 1
FIRST = "0" * 64
"""What the first line names as the line above it."""

MAX_LINE = 16 << 20
"""No line is longer than this many bytes; larger fields are cut, and say so."""

ENVELOPE = frozenset(("schema", "seq", "time", "run", "event", "prev", "torn"))
"""The names that belong to the chain; a record's fields may not use them."""

_ROOM_FOR_ENVELOPE = 64 << 10
_CUT_KEEPS = 4096
_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A line but for its place: `head` holds time, run and event, `body` the rest.

    Both are JSON members without the braces around them.
    """

    head: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """The end of a journal, as far as the next line needs it.

    `seq` is the last whole record's; `above` the hash of the last line's bytes;
    `torn` the hash of the torn region, if there is one; `open` tells that the last
    line has no newline yet.
    """

    seq: int = 0
    above: str = FIRST
    torn: str | None = None
    open: bool = False


class Link(NamedTuple):
    """What the chain reads of a line."""

    seq: int
    prev: str
    torn: str | None


def draft(*, time: str, run: str, event: str, fields: Mapping[str, Json]) -> Draft:
    """Render a record; `fields` must be plain JSON (dict, list, scalars).

    Raises ValueError if a field uses a name of the envelope.
    """
    taken = ENVELOPE.intersection(fields)
    if taken:
        raise ValueError(f"a record's field may not be named {min(taken)}")
    body = _dump(fields)[1:-1]
    if len(body) > MAX_LINE - _ROOM_FOR_ENVELOPE:
        body = _cut(fields)
    head = f'"time":{_dump(time)},"run":{_dump(run)},"event":{_dump(event)}'
    return Draft(head=head, body=body)


def seal(what: Draft, *, after: Tail) -> bytes:
    """Give a draft its place: the bytes to append, all of them, in one write."""
    torn = f',"torn":"{after.torn}"' if after.torn else ""
    body = f",{what.body}" if what.body else ""
    line = (
        f'{{"schema":{SCHEMA},"seq":{after.seq + 1},{what.head}'
        f',"prev":"{after.above}"{torn}{body}}}\n'
    )
    return (b"\n" if after.open else b"") + line.encode("ascii")


def read_object(line: bytes) -> dict[str, Json] | None:
    """The object that a line's bytes hold, None if they hold none."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def link_of(value: Mapping[str, Json] | None) -> Link | None:
    """What the chain needs of a line's object, None if it is no record of ours."""
    if value is None or value.get("schema") != SCHEMA:
        return None
    seq, prev, torn = value.get("seq"), value.get("prev"), value.get("torn")
    named = all(type(value.get(name)) is str for name in ("time", "run", "event"))
    if not named or type(seq) is not int or not _is_digest(prev):
        return None
    if torn is not None and not _is_digest(torn):
        return None
    return Link(seq, str(prev), None if torn is None else str(torn))


def digest(line: bytes) -> str:
    """The hash by which the next line names this one (bytes without newline)."""
    return sha256(line).hexdigest()


class Fault(StrEnum):
    """Why a chain does not hold."""

    GAP = "gap"
    ALTERED = "altered"
    TORN_END = "torn end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intact:
    """The chain holds: `count` records, `head` the hash of the last line.

    `torn` counts the lines that a crash cut short; each is named by the record
    after it.
    """

    count: int
    head: str
    torn: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """The chain holds for `intact` records and not beyond.

    `line` is the number of the line at fault in the file, from 1; `seq` the number
    of the record that is due there, or that stands there if it was altered.
    """

    fault: Fault
    line: int
    seq: int
    reason: str
    intact: int


def verify(lines: Iterable[bytes]) -> Intact | Broken:
    """Check a journal given line by line, newlines included, in constant memory.

    A line longer than `MAX_LINE` may come in pieces.
    """
    walk = _Walk()
    for line in lines:
        broken = walk.step(line)
        if broken is not None:
            return broken
    return walk.end()


class _Walk:
    """Where a verification stands; it holds on to one line at a time."""

    def __init__(self) -> None:
        self._number = 0
        self._count = 0
        self._torn = 0
        self._above = FIRST
        self._whole = b""
        self._strays = 0
        self._region = sha256()
        self._ended = True
        self._suspect: Broken | None = None

    def step(self, line: bytes) -> Broken | None:
        if not self._ended:
            return self._broken(
                Fault.ALTERED, "is longer than any line the journal writes"
            )
        self._number += 1
        self._ended = line.endswith(b"\n")
        content = line[:-1] if self._ended else line
        found = link_of(read_object(content))
        if self._suspect is not None:
            return self._blame(found)
        own = digest(content)
        if found is None:
            self._stray(content)
        else:
            broken = self._follow(found)
            if broken is not None:
                return broken
            self._whole, self._strays = line, 0
            self._count += self._suspect is None
        self._above = own
        return None

    def end(self) -> Intact | Broken:
        if self._suspect is not None:
            return self._suspect
        if not self._ended:
            return self._broken(
                Fault.TORN_END,
                "has no end: a crash cut it short; the next record will close it",
            )
        if self._strays:
            return self._not_a_record()
        return Intact(count=self._count, head=self._above, torn=self._torn)

    def _stray(self, content: bytes) -> None:
        if not self._strays:
            self._region = sha256(self._whole)
        else:
            self._region.update(b"\n")
        self._region.update(content)
        self._strays += 1

    def _follow(self, found: Link) -> Broken | None:
        """Check a record against all that stands above it."""
        due, fits = self._count + 1, found.prev == self._above
        if self._strays and not (fits and found.torn == self._region.hexdigest()):
            self._number -= 1
            return self._not_a_record()
        if found.seq == due and fits and (found.torn is None) == (not self._strays):
            self._torn += self._strays
            return None
        if found.seq == due and not fits and self._count:
            # Which of the two lines was altered shows in the line after them.
            self._suspect = self._altered(self._number - 1, due - 1)
            return None
        if found.seq > due and not fits:
            return self._broken(
                Fault.GAP, f"is record {found.seq}: what stood before it is missing"
            )
        return self._broken(
            Fault.ALTERED, f"says it is record {found.seq}: altered, added or moved"
        )

    def _blame(self, after: Link | None) -> Broken:
        """Tell which of the last two lines was altered, given the one after both."""
        if self._suspect is None:
            raise AssertionError("only called with a suspect")
        if after is None or after.prev == self._above:
            return self._suspect
        return self._altered(self._number - 1, self._suspect.seq + 1)

    def _altered(self, line: int, seq: int) -> Broken:
        reason = f"line {line} was altered: its hash is not the one the chain names"
        return Broken(
            fault=Fault.ALTERED, line=line, seq=seq, reason=reason, intact=seq - 1
        )

    def _not_a_record(self) -> Broken:
        first = self._number - self._strays + 1
        reason = f"line {first} is not a record of this journal"
        return Broken(
            fault=Fault.ALTERED,
            line=first,
            seq=self._count + 1,
            reason=reason,
            intact=self._count,
        )

    def _broken(self, fault: Fault, words: str) -> Broken:
        return Broken(
            fault=fault,
            line=self._number,
            seq=self._count + 1,
            reason=f"line {self._number} {words}",
            intact=self._count,
        )


def _is_digest(value: Json) -> bool:
    return type(value) is str and _DIGEST.fullmatch(value) is not None


def _dump(value: Json) -> str:
    # ASCII only: a control or bidi character in the file could lie to whoever
    # looks at it with `cat`.
    return _ENCODER.encode(value)


def _cut(fields: Mapping[str, Json]) -> str:
    """Render fields that are too large: the largest are cut until the rest fits."""
    texts = {name: _dump(value) for name, value in fields.items()}
    room = MAX_LINE - _ROOM_FOR_ENVELOPE
    total = sum(len(text) + len(name) * 6 + 4 for name, text in texts.items())
    for name in sorted(texts, key=lambda name: len(texts[name]), reverse=True):
        if total <= room:
            break
        short = _cut_value(texts[name])
        total -= len(texts[name]) - len(short)
        texts[name] = short
    if total > room:
        return _dump({"fields": json.loads(_cut_value(_dump(fields)))})[1:-1]
    return ",".join(f"{_dump(name)}:{text}" for name, text in texts.items())


def _cut_value(text: str) -> str:
    cut: dict[str, Json] = {
        "cut": len(text),
        "sha256": digest(text.encode("ascii")),
        "start": text[:_CUT_KEEPS],
    }
    return _dump(cut)
