"""The chain: every edit inside the journal is found and named, a crash is not one."""

import json
import tracemalloc
from collections.abc import Iterator
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linara_agent.core import chain
from linara_agent.core.chain import Broken, Fault, Intact, Tail

ZEROS = "0" * 64


def make(number: int, **fields: str) -> chain.Draft:
    return chain.draft(
        time="2026-11-22T15:04:05.123456Z",
        run="r" * 12,
        event="judged",
        fields={"number": number, **fields},
    )


def records(count: int) -> Iterator[bytes]:
    tail = Tail()
    for number in range(1, count + 1):
        line = chain.seal(make(number), after=tail)
        tail = Tail(seq=number, above=chain.digest(line[:-1]))
        yield line


def journal(count: int) -> list[bytes]:
    return list(records(count))


def torn_after(lines: list[bytes], *torn: bytes) -> list[bytes]:
    """The journal with torn lines at its end, and the record that closes them."""
    region = lines[-1] + b"\n".join(torn) if lines else b"\n".join(torn)
    tail = Tail(
        seq=len(lines),
        above=chain.digest(torn[-1]),
        torn=sha256(region).hexdigest(),
        open=True,
    )
    whole = b"".join(lines) + b"\n".join(torn) + chain.seal(make(0), after=tail)
    return whole.splitlines(keepends=True)


def broken(line: int, fault: Fault, lines: list[bytes]) -> Broken:
    found = chain.verify(lines)
    assert isinstance(found, Broken), found
    assert (found.line, found.fault) == (line, fault), found
    assert str(line) in found.reason
    return found


def test_a_line_has_the_documented_members_in_order() -> None:
    """A line is the documented JSON object, chained to the bytes of the one above."""
    first, second = journal(2)
    assert list(json.loads(first)) == [
        *("schema", "seq", "time", "run", "event", "prev", "number")
    ]
    assert json.loads(first)["prev"] == ZEROS
    assert json.loads(second) == {
        "schema": 1,
        "seq": 2,
        "time": "2026-11-22T15:04:05.123456Z",
        "run": "r" * 12,
        "event": "judged",
        "prev": sha256(first.rstrip(b"\n")).hexdigest(),
        "number": 2,
    }


def test_a_line_is_ascii_without_control_characters() -> None:
    """What could move a terminal's cursor or turn its text around is escaped."""
    draft = make(1, text="\x1b[2J \u202e \u009b é \n")
    line = chain.seal(draft, after=Tail())
    assert all(0x20 <= byte < 0x7F for byte in line[:-1])
    assert json.loads(line)["text"] == "\x1b[2J \u202e \u009b é \n"


@pytest.mark.parametrize("name", sorted(chain.ENVELOPE))
def test_a_field_may_not_pretend_to_be_the_envelope(name: str) -> None:
    """A record cannot overwrite its own place in the chain."""
    with pytest.raises(ValueError, match=name):
        make(1, **{name: "x"})


def test_no_lines_are_an_intact_journal() -> None:
    """An empty journal is intact and has the hash that the first line names."""
    assert chain.verify([]) == Intact(count=0, head=ZEROS)


def test_an_untouched_journal_is_intact() -> None:
    """The count and the hash of the last line come back."""
    lines = journal(7)
    head = sha256(lines[-1].rstrip(b"\n")).hexdigest()
    assert chain.verify(lines) == Intact(count=7, head=head)


@settings(deadline=None)
@given(st.data())
def test_any_edited_byte_is_found(data: st.DataObject) -> None:
    """Whichever byte changes in a line that another follows, the chain breaks there."""
    lines = journal(6)
    index = data.draw(st.integers(0, 4))
    place = data.draw(st.integers(0, len(lines[index]) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda b: b != lines[index][place]))
    edited = bytearray(lines[index])
    edited[place] = other
    whole = b"".join((*lines[:index], bytes(edited), *lines[index + 1 :]))
    found = chain.verify(whole.splitlines(keepends=True))
    if whole.count(b"\r"):  # splitlines sees more lines than the journal has
        found = chain.verify(line + b"\n" for line in whole.split(b"\n")[:-1])
    assert isinstance(found, Broken)
    assert found.line == index + 1
    assert found.intact == index


@pytest.mark.parametrize("index", range(5))
def test_a_changed_value_is_blamed_on_its_line(index: int) -> None:
    """An edit that keeps the line well-formed is named by line and record."""
    lines = journal(6)
    lines[index] = lines[index].replace(b'"judged"', b'"forged"')
    assert broken(index + 1, Fault.ALTERED, lines).seq == index + 1


@pytest.mark.parametrize("index", range(1, 4))
def test_a_changed_link_is_blamed_on_its_own_line(index: int) -> None:
    """When the link itself was edited, the line above it is not accused."""
    lines = journal(6)
    link = json.loads(lines[index])["prev"]
    lines[index] = lines[index].replace(link.encode(), b"a" * 64)
    broken(index + 1, Fault.ALTERED, lines)


@pytest.mark.parametrize("index", range(5))
def test_a_deleted_line_is_a_gap(index: int) -> None:
    """A missing line is named by the number of the record that is due."""
    lines = journal(6)
    del lines[index]
    assert broken(index + 1, Fault.GAP, lines).seq == index + 1


@pytest.mark.parametrize("index", range(5))
def test_swapped_lines_are_found(index: int) -> None:
    """Two neighbours that changed places do not verify."""
    lines = journal(6)
    lines[index : index + 2] = lines[index + 1], lines[index]
    broken(index + 1, Fault.GAP, lines)


@pytest.mark.parametrize("index", range(1, 6))
def test_an_inserted_line_is_found(index: int) -> None:
    """A record repeated, or made up, between two others does not verify."""
    lines = journal(6)
    lines.insert(index, lines[index - 1])
    broken(index + 1, Fault.ALTERED, lines)


@pytest.mark.parametrize("stray", [b"\n", b"hello\n", b'{"schema":2}\n', b"\0\0\n"])
def test_a_line_that_is_no_record_is_found(stray: bytes) -> None:
    """Something else between the records is named, in the middle and at the end."""
    broken(3, Fault.ALTERED, [*journal(2), stray, *journal(4)[2:]])
    broken(3, Fault.ALTERED, [*journal(2), stray])


def test_lines_cut_off_at_the_end_are_not_found() -> None:
    """The file alone cannot tell that its last lines are missing: the head can."""
    lines = journal(6)
    cut = chain.verify(lines[:4])
    assert isinstance(cut, Intact)
    assert cut.count == 4
    assert cut != chain.verify(lines)


@pytest.mark.parametrize("kept", [1, 20, 150, -1])
def test_a_torn_end_is_told_from_an_alteration(kept: int) -> None:
    """A last line without its end is what a crash leaves."""
    lines = journal(3)
    lines[2] = lines[2][:kept]
    assert broken(3, Fault.TORN_END, lines).intact == (3 if kept == -1 else 2)


@pytest.mark.parametrize("before", [0, 1, 3])
@pytest.mark.parametrize("torn", [(b'{"schema":1,"se',), (b"\0\0\0",), (b"{", b'{"sc')])
def test_torn_lines_that_are_named_are_intact(
    before: int, torn: tuple[bytes, ...]
) -> None:
    """The record after a crash names the torn bytes, and the chain goes on."""
    lines = torn_after(journal(before), *torn)
    found = chain.verify(lines)
    assert found == Intact(
        count=before + 1, head=chain.digest(lines[-1][:-1]), torn=len(torn)
    )


@settings(deadline=None)
@given(st.data())
def test_torn_bytes_are_covered_too(data: st.DataObject) -> None:
    """Neither the torn bytes nor the record above them can be edited unseen."""
    lines = torn_after(journal(2), b'{"schema":1,', b'{"schema":1,"s')
    tail = Tail(seq=3, above=chain.digest(lines[-1][:-1]))
    lines.append(chain.seal(make(4), after=tail))
    assert isinstance(chain.verify(lines), Intact)
    index = data.draw(st.integers(1, 4))
    place = data.draw(st.integers(0, len(lines[index]) - 2))
    edited = bytearray(lines[index])
    edited[place] ^= data.draw(st.integers(1, 3))
    lines[index] = bytes(edited)
    assert isinstance(chain.verify(lines), Broken)


@pytest.mark.parametrize("index", [2, 3])
def test_a_deleted_torn_line_is_found(index: int) -> None:
    """What a crash left cannot be tidied away."""
    lines = torn_after(journal(2), b"{", b'{"sc')
    del lines[index]
    assert isinstance(chain.verify(lines), Broken)


def test_a_record_cannot_claim_a_crash_that_was_none() -> None:
    """`torn` without torn bytes above does not verify."""
    lines = journal(2)
    tail = Tail(seq=2, above=chain.digest(lines[1][:-1]), torn="a" * 64)
    broken(3, Fault.ALTERED, [*lines, chain.seal(make(3), after=tail)])


def test_a_line_in_pieces_is_found() -> None:
    """A line longer than the journal writes is no record of it."""
    lines = journal(2)
    broken(2, Fault.ALTERED, [lines[0], lines[1][:50], lines[1][50:]])


def test_verification_holds_on_to_one_line() -> None:
    """Memory does not grow with the journal."""
    tracemalloc.start()
    found = chain.verify(records(5000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(found, Intact)
    assert peak < 200_000


def test_what_is_too_large_is_cut_and_says_so() -> None:
    """Every record fits a line; the largest fields give way, with size and hash."""
    big = "x" * (chain.MAX_LINE + 5)
    draft = chain.draft(
        time="t", run="r", event="e", fields={"text": "small", "big": big, "n": 1}
    )
    line = chain.seal(draft, after=Tail())
    assert len(line) <= chain.MAX_LINE
    value = json.loads(line)
    assert (value["text"], value["n"]) == ("small", 1)
    assert value["big"]["cut"] == len(big) + 2
    assert value["big"]["sha256"] == sha256(f'"{big}"'.encode()).hexdigest()
    assert value["big"]["start"] == '"' + "x" * 4095


def test_too_many_fields_are_cut_as_one() -> None:
    """Where no single field is large, all of them are cut together."""
    fields = {f"{n:06}": "x" * 90 for n in range(200_000)}
    line = chain.seal(
        chain.draft(time="t", run="r", event="e", fields=fields), after=Tail()
    )
    assert len(line) <= chain.MAX_LINE
    assert set(json.loads(line)["fields"]) == {"cut", "sha256", "start"}
