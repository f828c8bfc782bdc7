"""Appending: what a line says, who may write, and what happens when it cannot."""

import fcntl
import json
import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from linara_agent.core.chain import Broken, Fault, Intact
from linara_agent.core.record import Event, Json, Record
from linara_agent.errors import JournalUnavailable
from linara_agent.journal.verify import verify
from linara_agent.journal.write import JournalFile
from linara_agent.ports import Journal
from tests.disks import disk
from tests.journal.conftest import STEP, CountingClock, Write, refusal

TOKEN = "ghp_" + "a1B2" * 9


def values(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_record_is_one_line_with_time_and_chain(write: Write, path: Path) -> None:
    """The record's fields follow the envelope; the time is the clock's, in UTC."""
    write(Event.RUN_STARTED, intent="clean temp files")
    write(Event.JUDGED, decision="review", durable=True)
    first, second = values(path)
    assert first == {
        "schema": 1,
        "seq": 1,
        "time": "2026-11-22T15:04:05.123456Z",
        "run": "abcdef0123",
        "event": "run started",
        "prev": "0" * 64,
        "intent": "clean temp files",
    }
    assert (second["seq"], second["time"]) == (2, "2026-11-22T15:04:06.123456Z")


def test_the_journal_is_private(write: Write, path: Path) -> None:
    """Only its owner may read the file or enter its directory, whatever the umask."""
    before = os.umask(0)
    try:
        write(Event.RUN_STARTED)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o7777 == 0o600
    assert path.parent.stat().st_mode & 0o7777 == 0o700


def test_another_process_goes_on_where_the_last_ended(state: Path) -> None:
    """The chain continues from the file, not from memory."""
    for _ in range(3):
        JournalFile(state, clock=CountingClock()).write(STEP)
    found = verify(state)
    assert isinstance(found, Intact)
    assert found.count == 3


def test_two_journals_take_turns(state: Path) -> None:
    """A writer notices the lines that others put after its own."""
    one, two = (JournalFile(state, clock=CountingClock()) for _ in range(2))
    for journal in (one, two, two, one, two, one, one):
        journal.write(STEP)
    found = verify(state)
    assert isinstance(found, Intact)
    assert found.count == 7


def test_secrets_are_gone_from_every_field(write: Write, path: Path) -> None:
    """Whatever the field and however deep, no secret reaches the disk."""
    write(
        Event.PREVIEW_AFTER,
        intent=f"use {TOKEN}",
        nested={TOKEN: [{"deep": ("x", TOKEN)}]},
        words=["--password", "correct horse"],
        output={"b64": "/3Bhc3N3b3JkPWh1bnRlcjI="},
        raw="\udcffpassword=hunter2",
    )
    text = path.read_text()
    for secret in (TOKEN, "correct horse", "hunter2", "/3Bhc3N3b3JkPWh1bnRlcjI"):
        assert secret not in text
    assert text.count("[redacted:github:") == 3
    assert isinstance(verify(path.parent.parent), Intact)


def test_known_secrets_are_gone_too(state: Path, path: Path) -> None:
    """The configured key does not reach the disk, even where nothing names it."""
    journal = JournalFile(state, clock=CountingClock(), known=("swordfish",))
    journal.write(Record(run="r", event=Event.READ, fields={"x": "a swordfish b"}))
    assert "swordfish" not in path.read_text()


def test_values_that_json_readers_lose_are_written_safely(
    write: Write, path: Path
) -> None:
    """Large integers are text, what is not UTF-8 is base64, odd floats are text."""
    write(
        Event.MEASURED,
        big=2**53 + 1,
        small=-(2**53),
        flag=True,
        path="/tmp/\udcff",
        infinite=float("inf"),
        lone="a\ud800b",
        words=("x", "é"),
    )
    (value,) = values(path)
    assert {name: value[name] for name in list(value)[6:]} == {
        "big": str(2**53 + 1),
        "small": -(2**53),
        "flag": True,
        "path": {"b64": "L3RtcC//"},
        "infinite": "inf",
        "lone": "a\ufffdb",
        "words": ["x", "é"],
    }


def test_a_torn_line_is_kept_closed_and_named(
    write: Write, path: Path, state: Path
) -> None:
    """The next record after a crash names what the crash left."""
    write(Event.RUN_STARTED)
    torn = b'{"schema":1,"seq":2,"ti'
    with path.open("ab") as file:
        file.write(torn)
    assert isinstance(found := verify(state), Broken)
    assert found.fault is Fault.TORN_END
    JournalFile(state, clock=CountingClock()).write(STEP)
    lines = path.read_bytes().splitlines()
    assert lines[1] == torn
    assert "torn" in json.loads(lines[2])
    assert isinstance(whole := verify(state), Intact)
    assert (whole.count, whole.torn) == (2, 1)


def test_a_whole_line_without_its_newline_is_a_record(
    write: Write, path: Path, state: Path
) -> None:
    """When only the newline is missing nothing was lost, and nothing is called torn."""
    write(Event.RUN_STARTED)
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    JournalFile(state, clock=CountingClock()).write(STEP)
    assert isinstance(found := verify(state), Intact)
    assert (found.count, found.torn) == (2, 0)


@pytest.mark.parametrize("last", [b"hello\n", b"\n", b'{"schema":2,"seq":5}\n'])
def test_a_last_line_that_is_no_record_stops_everything(
    write: Write, path: Path, state: Path, last: bytes
) -> None:
    """Nothing is chained to a line that somebody else wrote."""
    write(Event.RUN_STARTED)
    with path.open("ab") as file:
        file.write(last)
    before = path.read_bytes()
    error = refusal(JournalFile(state, clock=CountingClock()))
    assert "not a record" in error.what
    assert "audit verify" in error.remedy
    assert path.read_bytes() == before


@pytest.mark.parametrize("deed", ["edit", "cut", "empty", "remove", "replace"])
def test_what_is_done_to_the_journal_during_a_run_is_noticed(
    journal: JournalFile, path: Path, deed: str
) -> None:
    """A script that tampers with this run's last record ends the run."""
    for _ in range(3):
        journal.write(STEP)
    whole = path.read_bytes()
    if deed == "edit":
        path.write_bytes(whole.replace(b'"seq":3', b'"seq":4'))
    elif deed == "cut":
        os.truncate(path, len(whole) - 200)
    elif deed == "empty":
        os.truncate(path, 0)
    elif deed == "remove":
        path.unlink()
    else:
        path.with_name("copy").write_bytes(whole)
        path.with_name("copy").rename(path)
    assert "broken" in refusal(journal).what
    assert deed == "remove" or len(path.read_bytes()) <= len(whole)


def test_processes_and_threads_share_the_journal(state: Path) -> None:
    """Eight processes of two threads, forked with the journal open, lose nothing."""
    journal = JournalFile(state, clock=CountingClock())
    journal.write(STEP)
    workers = [_fork(_write_in_threads, journal, number) for number in range(8)]
    assert [os.waitpid(worker, 0)[1] for worker in workers] == [0] * 8
    assert isinstance(found := verify(state), Intact)
    assert found == Intact(count=1601, head=found.head, torn=0)
    written = {
        (value["run"], value["n"])
        for value in values(state / "journal" / "journal.jsonl")[1:]
    }
    assert written == {
        (f"run-{p}-{t}", n) for p in range(8) for t in range(2) for n in range(100)
    }


def _write_in_threads(journal: JournalFile, number: int) -> None:
    def some(thread: int) -> None:
        for n in range(100):
            fields: dict[str, Json] = {"n": n, "text": "x" * (n * 7 % 300)}
            run = f"run-{number}-{thread}"
            journal.write(
                Record(run=run, event=Event.READ, fields=fields, durable=n % 20 == 0)
            )

    threads = [Thread(target=some, args=(thread,)) for thread in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _fork(work, *arguments) -> int:
    child = os.fork()
    if child:
        return child
    try:
        work(*arguments)
        os._exit(0)
    finally:
        os._exit(1)


def test_kill_9_in_the_middle_of_writing_loses_no_record(state: Path) -> None:
    """Killed writers leave a torn end at most, and every finished write is there."""
    finished = set()
    for number in range(15):
        reader, writer = os.pipe()
        child = _fork(_write_for_ever, state, number, writer)
        os.close(writer)
        seen = b""
        while seen.count(b"\n") < number % 5 + 1:
            seen += os.read(reader, 4096)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while more := os.read(reader, 4096):
            seen += more
        os.close(reader)
        finished |= {(number, int(n)) for n in seen.split()}
        found = verify(state)
        assert isinstance(found, Intact) or found.fault is Fault.TORN_END, found
    JournalFile(state, clock=CountingClock()).write(STEP)
    assert isinstance(verify(state), Intact)
    there = set()
    for line in (state / "journal" / "journal.jsonl").read_bytes().splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if value["run"] != STEP.run:
            there.add((int(value["run"]), value["n"]))
    assert finished <= there


def _write_for_ever(state: Path, number: int, finished: int) -> None:
    journal = JournalFile(state, clock=CountingClock())
    n = 0
    while True:
        fields: dict[str, Json] = {"n": n, "text": "x" * 200_000}
        journal.write(Record(run=str(number), event=Event.READ, fields=fields))
        os.write(finished, f"{n}\n".encode())
        n += 1


def test_a_lock_that_is_never_let_go_is_an_error(
    state: Path, path: Path, write: Write
) -> None:
    """A stuck process does not hang others for ever."""
    write(Event.RUN_STARTED)
    with path.open() as stuck:
        fcntl.flock(stuck, fcntl.LOCK_EX)
        journal = JournalFile(state, clock=CountingClock(), patience_s=0.05)
        assert "locked" in refusal(journal).what
    journal.write(STEP)
    assert isinstance(verify(state), Intact)


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "tiny"
    place.mkdir()
    with disk("tmpfs", place, 256 << 10):
        yield place


def test_a_full_disk_stops_everything_and_leaves_no_half_line(tiny_disk: Path) -> None:
    """When the disk is full that is said; the journal stays whole and goes on later."""
    filler = tiny_disk / "filler"
    filler.write_bytes(b"x" * 100_000)
    journal = JournalFile(tiny_disk, clock=CountingClock())
    big = Record(run="r", event=Event.READ, fields={"text": "x" * 9_000})
    written, error = 0, None
    while error is None:
        try:
            journal.write(big)
            written += 1
        except JournalUnavailable as full:
            error = full
    assert "the disk is full" in error.what
    assert "Free some space" in error.remedy
    assert isinstance(found := verify(tiny_disk), Intact)
    assert (found.count, found.torn) == (written, 0)
    filler.unlink()
    journal.write(big)
    assert isinstance(found := verify(tiny_disk), Intact)
    assert found.count == written + 1
    journal.close()


def test_a_file_size_limit_leaves_no_half_line(state: Path) -> None:
    """A write that is cut short by a limit is taken back."""
    child = _fork(_write_up_to_limit, state)
    assert os.waitpid(child, 0)[1] == 0
    assert isinstance(found := verify(state), Intact)
    assert found.count > 1


def _write_up_to_limit(state: Path) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_001, 50_001))
    journal = JournalFile(state, clock=CountingClock())
    try:
        while True:
            journal.write(Record(run="r", event=Event.READ, fields={"t": "x" * 7_000}))
    except JournalUnavailable:
        return


def test_many_runs_in_one_process(journal: JournalFile, state: Path) -> None:
    """A process may journal any number of runs."""
    port: Journal = journal
    for number in range(40):
        port.write(Record(run=f"run-{number}", event=Event.READ))
    assert isinstance(found := verify(state), Intact)
    assert found.count == 40


def test_a_closed_journal_opens_again(journal: JournalFile, state: Path) -> None:
    """Closing lets go of the file, no more."""
    journal.write(STEP)
    journal.close()
    journal.close()
    journal.write(STEP)
    assert isinstance(found := verify(state), Intact)
    assert found.count == 2
