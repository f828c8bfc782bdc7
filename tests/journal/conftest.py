"""A state directory, a clock that counts, and another user to be for a while."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path
from typing import Protocol

import pytest

from linara_agent.core.record import Event, Json, Record
from linara_agent.errors import JournalUnavailable
from linara_agent.journal.place import journal_path
from linara_agent.journal.write import JournalFile
from linara_agent.ports import Journal

NOBODY = 65534
START = 1_795_359_845.123456  # 2026-11-22T15:04:05.123456Z


STEP = Record(run="abcdef0123", event=Event.JUDGED)


class CountingClock:
    """A second passes with every look at it."""

    def __init__(self) -> None:
        self._seconds = count()

    def now(self) -> float:
        return START + next(self._seconds)


class Write(Protocol):
    def __call__(
        self, event: Event, run: str = ..., *, durable: bool = ..., **fields: Json
    ) -> None: ...


def refusal(journal: Journal) -> JournalUnavailable:
    with pytest.raises(JournalUnavailable) as caught:
        journal.write(STEP)
    error = caught.value
    assert all(text.endswith((".", ").")) for text in (error.what, error.not_done))
    assert error.remedy
    return error


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state" / "linara-agent"


@pytest.fixture
def path(state: Path) -> Path:
    return journal_path(state)


@pytest.fixture
def journal(state: Path) -> JournalFile:
    return JournalFile(state, clock=CountingClock())


@pytest.fixture
def write(journal: JournalFile) -> Write:
    """Write one record of run `abcdef0123` to the journal."""

    def append(
        event: Event, run: str = "abcdef0123", *, durable: bool = False, **fields: Json
    ) -> None:
        journal.write(Record(run=run, event=event, fields=fields, durable=durable))

    return append


class AsOrdinary(Protocol):
    def __call__(self) -> AbstractContextManager[Path]: ...


@pytest.fixture
def as_ordinary_user() -> Iterator[AsOrdinary]:
    """Be a user whom permissions stop, with a directory of one's own."""
    place = Path(tempfile.mkdtemp(prefix="linara-journal-"))
    me = os.geteuid()
    if me == 0:
        os.chown(place, NOBODY, NOBODY)

    @contextmanager
    def being() -> Iterator[Path]:
        if me == 0:
            os.seteuid(NOBODY)
        try:
            yield place
        finally:
            os.seteuid(me)

    yield being
    shutil.rmtree(place)
