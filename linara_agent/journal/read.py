"""Reads the journal's lines, from either end, without holding more than one.

A reader sees the journal as it was when it began: it takes the lock for a moment to
learn the size, so that no half-written line is mistaken for a torn one, and lets
writers go on.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from linara_agent.core.chain import MAX_LINE, link_of, read_object
from linara_agent.core.record import Json
from linara_agent.journal.place import (
    journal_path,
    require_file,
    take_lock,
    unavailable,
)

_BLOCK = 256 << 10
_PATIENCE_S = 5.0
"""After this long a reader goes on without the lock: it only guards the last line."""
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One record as it stands in the journal; `fields` are the record's own."""

    seq: int
    time: str
    run: str
    event: str
    prev: str
    torn: str | None
    fields: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A line that holds no record: torn by a crash, or damaged; see `audit verify`.

    `offset` is where it starts in the file, `size` its length, both in bytes.
    """

    offset: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line's bytes without newline, cut at `MAX_LINE`, and where it stands."""

    offset: int
    size: int
    content: bytes


def entry_of(line: Line) -> Entry | Unreadable:
    value = read_object(line.content)
    link = link_of(value)
    if value is None or link is None:
        return Unreadable(offset=line.offset, size=line.size)
    envelope = ("schema", "seq", "time", "run", "event", "prev", "torn")
    return Entry(
        seq=link.seq,
        time=str(value["time"]),
        run=str(value["run"]),
        event=str(value["event"]),
        prev=link.prev,
        torn=link.torn,
        fields={name: item for name, item in value.items() if name not in envelope},
    )


def raw_lines(state: Path) -> Iterator[bytes]:
    """The lines from the first to the last, newlines included.

    A line longer than `MAX_LINE` comes in pieces. A journal that does not exist has
    no lines. Raises JournalUnavailable if it cannot be read.
    """
    with (
        _opened(state) as (descriptor, size),
        os.fdopen(descriptor, "rb", buffering=_BLOCK, closefd=False) as stream,
    ):
        left = size
        while left > 0 and (line := stream.readline(min(left, MAX_LINE))):
            left -= len(line)
            yield line


def lines(state: Path) -> Iterator[Line]:
    """The lines from the first to the last; raises JournalUnavailable."""
    offset = size = 0
    content = b""
    for piece in raw_lines(state):
        content = content or piece
        size += len(piece)
        if piece.endswith(b"\n"):
            yield Line(
                offset=offset, size=size - 1, content=content.removesuffix(b"\n")
            )
            offset, size, content = offset + size, 0, b""
    if size:
        yield Line(offset=offset, size=size, content=content)


def lines_backward(state: Path) -> Iterator[Line]:
    """The lines from the last to the first; raises JournalUnavailable."""
    with _opened(state) as (descriptor, size):
        parts: list[bytes] = []
        held = 0
        position = size
        while position > 0:
            start = max(0, position - _BLOCK)
            first, *others = os.pread(descriptor, position - start, start).split(b"\n")
            end = position
            for piece in reversed(others):
                offset = end - len(piece)
                content = b"".join((piece, *reversed(parts)))
                if offset < size:
                    yield Line(offset=offset, size=len(piece) + held, content=content)
                parts, held, end = [], 0, offset - 1
            held += len(first)
            # What is longer than any of our lines is no record, whole or in part.
            parts = [] if held > MAX_LINE else [*parts, first]
            position = start
        if size:
            yield Line(offset=0, size=held, content=b"".join(reversed(parts)))


@contextmanager
def _opened(state: Path) -> Iterator[tuple[int, int]]:
    """The file and the size it has between two writes; none is like an empty one."""
    path = journal_path(state)
    try:
        descriptor = _open(path)
        try:
            yield descriptor, _settled_size(descriptor, path)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise unavailable(error, path, "read") from error


def _open(path: Path) -> int:
    try:
        return os.open(path, _FLAGS)
    except FileNotFoundError:
        return os.memfd_create("no journal yet")


def _settled_size(descriptor: int, path: Path) -> int:
    require_file(os.fstat(descriptor), path)
    locked = take_lock(descriptor, fcntl.LOCK_SH, patience_s=_PATIENCE_S)
    try:
        return os.fstat(descriptor).st_size
    finally:
        if locked:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
