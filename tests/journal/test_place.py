"""Whose journal is used, and what is said of one that is not."""

import os
from pathlib import Path

import pytest

from linara_agent.core.record import Event
from linara_agent.journal.write import JournalFile
from tests.journal.conftest import (
    NOBODY,
    STEP,
    AsOrdinary,
    CountingClock,
    Write,
    refusal,
)


def test_a_directory_without_permission_stops_everything(
    as_ordinary_user: AsOrdinary,
) -> None:
    """Without write permission nothing runs, and the remedy says what to do."""
    with as_ordinary_user() as place:
        place.chmod(0o500)
        error = refusal(JournalFile(place, clock=CountingClock()))
        place.chmod(0o700)
    assert "no permission" in error.what
    assert "XDG_STATE_HOME" in error.remedy


def test_a_file_without_permission_stops_everything(
    as_ordinary_user: AsOrdinary,
) -> None:
    """A journal that may not be written to is not passed over."""
    with as_ordinary_user() as place:
        JournalFile(place, clock=CountingClock()).write(STEP)
        (place / "journal" / "journal.jsonl").chmod(0o400)
        error = refusal(JournalFile(place, clock=CountingClock()))
    assert "no permission" in error.what


@pytest.mark.parametrize("which", ["journal.jsonl", "."])
@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_what_others_may_write_is_refused(
    write: Write, path: Path, state: Path, which: str, mode: int
) -> None:
    """A journal that somebody else could have written proves nothing."""
    write(Event.RUN_STARTED)
    subject = path.parent / which
    subject.chmod(mode | (0o100 if which == "." else 0))
    error = refusal(JournalFile(state, clock=CountingClock()))
    assert "others than its owner may write" in error.what
    assert "chmod go-w" in error.remedy


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("which", ["journal.jsonl", "."])
def test_somebody_elses_journal_is_refused(
    write: Write, path: Path, state: Path, which: str
) -> None:
    """A journal is written by its owner alone, root included."""
    write(Event.RUN_STARTED)
    os.chown(path.parent / which, NOBODY, NOBODY)
    error = refusal(JournalFile(state, clock=CountingClock()))
    assert "belongs to user 65534" in error.what


def test_a_link_in_the_journals_place_is_refused(state: Path, path: Path) -> None:
    """A symbolic link is not followed, neither for the file nor for its directory."""
    target = state.parent / "elsewhere"
    path.parent.mkdir(parents=True)
    path.symlink_to(target)
    assert "symbolic link" in refusal(JournalFile(state, clock=CountingClock())).what
    path.unlink()
    path.parent.rmdir()
    target.mkdir(mode=0o700)
    path.parent.symlink_to(target)
    assert "symbolic link" in refusal(JournalFile(state, clock=CountingClock())).what
    assert list(target.iterdir()) == []


def test_something_else_in_the_journals_place_is_refused(
    state: Path, path: Path
) -> None:
    """A directory, a pipe or a file in the way is named, and does not hang."""
    path.mkdir(parents=True, mode=0o700)
    assert (
        "a directory stands" in refusal(JournalFile(state, clock=CountingClock())).what
    )
    path.rmdir()
    os.mkfifo(path, 0o600)
    assert "regular file" in refusal(JournalFile(state, clock=CountingClock())).what
    path.unlink()
    path.parent.rmdir()
    path.parent.write_text("")
    assert "a file stands" in refusal(JournalFile(state, clock=CountingClock())).what


def test_a_mode_that_changes_during_the_run_is_noticed(
    journal: JournalFile, path: Path
) -> None:
    """The journal is looked at before every record, not only before the first."""
    journal.write(STEP)
    path.chmod(0o666)
    assert "may write" in refusal(journal).what
