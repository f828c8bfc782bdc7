"""Verification of the file: the chain's faults are found on disk as in memory."""

from pathlib import Path

import pytest

from linara_agent.core.chain import MAX_LINE, Broken, Fault, Intact
from linara_agent.core.record import Event
from linara_agent.errors import JournalUnavailable
from linara_agent.journal.verify import verify
from tests.journal.conftest import AsOrdinary, Write


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


@pytest.fixture
def lines(write: Write, path: Path) -> list[bytes]:
    for number in range(8):
        write(Event.READ, number=number)
    return lines_of(path)


def found(path: Path, lines: list[bytes]) -> tuple[Fault, int] | Intact:
    path.write_bytes(b"".join(lines))
    result = verify(path.parent.parent)
    return (result.fault, result.line) if isinstance(result, Broken) else result


def test_no_journal_yet_is_intact(state: Path) -> None:
    """Before the first run there is nothing that could be broken."""
    assert verify(state) == Intact(count=0, head="0" * 64)


def test_an_edited_byte_is_found(path: Path, lines: list[bytes]) -> None:
    """One changed digit is named by its line."""
    lines[3] = lines[3].replace(b'"number":3', b'"number":4')
    assert found(path, lines) == (Fault.ALTERED, 4)


def test_a_deleted_line_is_found(path: Path, lines: list[bytes]) -> None:
    """A missing record is a gap where it was due."""
    del lines[3]
    assert found(path, lines) == (Fault.GAP, 4)


def test_swapped_lines_are_found(path: Path, lines: list[bytes]) -> None:
    """Records out of their order do not verify."""
    lines[3], lines[4] = lines[4], lines[3]
    assert found(path, lines) == (Fault.GAP, 4)


def test_an_inserted_line_is_found(path: Path, lines: list[bytes]) -> None:
    """Of two records with one number the second is named."""
    lines.insert(4, lines[4].replace(b'"number":4', b'"number":9'))
    assert found(path, lines) == (Fault.ALTERED, 6)


def test_a_torn_end_is_found(path: Path, lines: list[bytes]) -> None:
    """A last line without its end is a crash's, not an alteration."""
    assert found(path, [*lines, b'{"schema":1,']) == (Fault.TORN_END, 9)


def test_a_cut_end_is_not_found(path: Path, lines: list[bytes]) -> None:
    """Whole lines missing at the end show in the count and the head alone."""
    cut = found(path, lines[:5])
    assert isinstance(cut, Intact)
    assert cut.count == 5


def test_an_endless_line_is_found(path: Path, lines: list[bytes]) -> None:
    """A line that is longer than any of ours is not read into memory whole."""
    lines.insert(2, b"x" * (2 * MAX_LINE + 7) + b"\n")
    assert found(path, lines) == (Fault.ALTERED, 3)


def test_an_unreadable_journal_is_an_error(as_ordinary_user: AsOrdinary) -> None:
    """A journal that cannot be read is neither intact nor broken."""
    with as_ordinary_user() as place:
        (place / "journal").mkdir(mode=0o700)
        (place / "journal" / "journal.jsonl").touch(mode=0o000)
        with pytest.raises(JournalUnavailable, match=r"cannot be read.*no permission"):
            verify(place)


def test_a_link_is_not_read(state: Path, path: Path, tmp_path: Path) -> None:
    """A symbolic link in the journal's place is an error."""
    path.parent.mkdir(parents=True)
    (tmp_path / "other").write_bytes(b"")
    path.symlink_to(tmp_path / "other")
    with pytest.raises(JournalUnavailable, match="symbolic link"):
        verify(state)
