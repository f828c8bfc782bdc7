"""Finding the end of a journal, however it was left."""

import os
from hashlib import sha256
from pathlib import Path

import pytest

from linara_agent.core.chain import MAX_LINE, Tail, digest
from linara_agent.core.record import Event
from linara_agent.errors import JournalUnavailable
from linara_agent.journal.tail import Ending
from tests.journal.conftest import Write


def tail(path: Path) -> Tail:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        size = os.fstat(descriptor).st_size
        return Ending(descriptor=descriptor, size=size, path=path).tail()
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("length", [0, 65_200, 65_536, 131_072, 300_000])
def test_the_last_line_is_found_whatever_its_length(
    write: Write, path: Path, length: int
) -> None:
    """Lines longer than the block that is read at once are read whole."""
    write(Event.READ)
    write(Event.READ, text="x" * length)
    last = path.read_bytes().splitlines()[-1]
    assert tail(path) == Tail(seq=2, above=digest(last))


def test_an_empty_file_begins_the_chain(tmp_path: Path) -> None:
    """A file that was made and never written to is an empty journal."""
    (tmp_path / "empty").touch()
    assert tail(tmp_path / "empty") == Tail()


@pytest.mark.parametrize(
    "torn", [b"x", b"\0" * 70_000, b'{"schema":1,\n{"sch', b"a\nb\nc"]
)
@pytest.mark.parametrize("before", [0, 2])
def test_torn_bytes_are_covered_from_the_last_record_on(
    write: Write, path: Path, before: int, torn: bytes
) -> None:
    """The hash of the torn region begins with the last whole record."""
    for _ in range(before):
        write(Event.READ)
    path.parent.mkdir(parents=True, exist_ok=True)
    last = path.read_bytes().splitlines(keepends=True)[-1] if before else b""
    with path.open("ab") as file:
        file.write(torn)
    assert tail(path) == Tail(
        seq=before,
        above=digest(torn.split(b"\n")[-1]),
        torn=sha256(last + torn).hexdigest(),
        open=True,
    )


def test_an_endless_last_line_is_not_read(write: Write, path: Path) -> None:
    """More bytes without a newline than a record can have are not a crash's."""
    write(Event.READ)
    with path.open("ab") as file:
        file.write(b"x" * (2 * MAX_LINE))
    with pytest.raises(JournalUnavailable, match="longer than any of ours"):
        tail(path)
