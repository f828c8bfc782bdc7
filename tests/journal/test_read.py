"""Reading from both ends gives the same lines, whole and broken."""

import fcntl
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linara_agent.core.chain import MAX_LINE
from linara_agent.core.record import Event
from linara_agent.journal import read
from linara_agent.journal.read import Entry, Unreadable, entry_of, lines, lines_backward
from tests.journal.conftest import Write


def test_no_journal_has_no_lines(state: Path) -> None:
    """Before the first run there is nothing to read."""
    assert list(lines(state)) == list(lines_backward(state)) == []


def test_a_record_comes_back_as_it_was(write: Write, state: Path) -> None:
    """The envelope and the fields are told apart."""
    write(Event.JUDGED, decision="review", findings=[{"rule": "x"}])
    (line,) = lines(state)
    assert entry_of(line) == Entry(
        seq=1,
        time="2026-11-22T15:04:05.123456Z",
        run="abcdef0123",
        event="judged",
        prev="0" * 64,
        torn=None,
        fields={"decision": "review", "findings": [{"rule": "x"}]},
    )


@pytest.mark.parametrize("bad", [b"hello", b"", b"[1]", b'{"schema":1}', b"\xff"])
def test_a_broken_line_is_told_and_passed_over(
    write: Write, state: Path, path: Path, bad: bytes
) -> None:
    """Damage is named by where it is, and what follows is still read."""
    write(Event.READ)
    first = path.read_bytes()
    path.write_bytes(first + bad + b"\n" + first)
    kinds = [entry_of(line) for line in lines(state)]
    assert kinds[1] == Unreadable(offset=len(first), size=len(bad))
    assert isinstance(kinds[0], Entry)
    assert isinstance(kinds[2], Entry)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.binary(max_size=12).map(lambda b: b.replace(b"\n", b" ")), max_size=9),
    st.sampled_from([b"", b"\n"]),
    st.integers(1, 20),
)
def test_both_ends_agree(
    state: Path, path: Path, parts: list[bytes], end: bytes, block: int
) -> None:
    """Backward is forward reversed, wherever the blocks fall."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = b"\n".join(parts) + end
    path.write_bytes(whole)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(read, "_BLOCK", block)
        backward = list(lines_backward(state))
    forward = list(lines(state))
    assert backward[::-1] == forward
    assert [line.content for line in forward] == whole.split(b"\n")[: len(forward)]
    for line in forward:
        assert whole[line.offset : line.offset + line.size] == line.content


def test_an_endless_line_is_not_held(write: Write, state: Path, path: Path) -> None:
    """Of a line longer than any of ours only size and place are told."""
    write(Event.READ)
    first = path.read_bytes()
    path.write_bytes(first + b"x" * (2 * MAX_LINE + 5) + b"\n" + first)
    for found in (list(lines(state)), list(lines_backward(state))[::-1]):
        assert [line.size for line in found] == [
            *(len(first) - 1, 2 * MAX_LINE + 5, len(first) - 1)
        ]
        assert len(found[1].content) <= MAX_LINE
        assert [type(entry_of(line)) for line in found] == [Entry, Unreadable, Entry]


def test_a_reader_sees_the_journal_as_it_was_when_it_began(
    write: Write, state: Path
) -> None:
    """Records written meanwhile neither appear nor disturb."""
    write(Event.READ)
    reading = lines(state)
    next(reading)
    write(Event.READ)
    assert list(reading) == []


def test_a_stuck_writer_does_not_hang_a_reader(
    write: Write, state: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that does not get the lock reads what is there."""
    monkeypatch.setattr(read, "_PATIENCE_S", 0.01)
    write(Event.READ)
    with path.open() as stuck:
        fcntl.flock(stuck, fcntl.LOCK_EX)
        assert len(list(lines(state))) == 1
