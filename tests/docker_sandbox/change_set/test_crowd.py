"""More names than may be read: a finding, a sample, and no memory for the rest."""

import gc
import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from linara_agent.docker_sandbox.blobs import Blobs
from linara_agent.docker_sandbox.upper import read_in_process
from linara_agent.docker_sandbox.upper_walk import SAMPLE, Crowd, crowded
from tests.docker_sandbox.change_set.conftest import Twin

MIB = 1 << 20
MANY = 6_000


@pytest.fixture
def crowd(twin: Twin) -> Twin:
    """One directory of empty files in the upper."""
    (twin.upper / "d").mkdir()
    for number in range(MANY):
        os.mknod(twin.upper / "d" / str(number))
    return twin


@pytest.fixture
def memory() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


def open_files() -> set[str]:
    return {one.name for one in Path("/proc/self/fd").iterdir()}


def test_the_names_are_counted_at_every_depth(twin: Twin) -> None:
    """Directories count, and a link to one is a name like any other."""
    twin.do("mkdir -p a/b/c; touch a/b/c/{1..7}; ln -s / a/out")
    uppers = [str(twin.upper), str(twin.upper)]
    assert not crowded(uppers[:1], 11)
    assert crowded(uppers[:1], 10)
    assert not crowded(uppers, 22)
    assert crowded(uppers, 21)


def test_counting_is_not_reading(twin: Twin) -> None:
    """The time of access is what tells whether the script looked into a place."""
    (twin.upper / "d").mkdir()
    os.utime(twin.upper / "d", ns=(1, 2))  # older than its change: any reading shows
    crowded([str(twin.upper)], 100)
    assert (twin.upper / "d").stat().st_atime_ns == 1


def test_a_count_that_stops_early_leaves_nothing_open(twin: Twin) -> None:
    """Every directory on the way is closed, whichever name was one too many."""
    twin.do("mkdir -p a/b/c; touch a/b/c/{1..7}")
    before = open_files()
    assert all(crowded([str(twin.upper)], most) for most in range(10))
    assert open_files() == before


@pytest.mark.usefixtures("memory")
def test_a_crowd_takes_no_memory(crowd: Twin, via: str) -> None:
    """A sample is listed, and what is kept does not grow with the names."""
    crowd.read(via, entries=1)  # what is imported at the first reading counts not
    stream = crowd.stream(most=MANY // 2) if via == "stream" else None
    gc.collect()
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    found = crowd.read_from(stream, started_ns=0, entries=MANY // 2)
    (finding,) = (one for one in found.findings if one.rule == "too-many-changes")
    assert str(MANY // 2) in finding.reason
    assert 0 < len(found.changes) <= SAMPLE
    assert not found.complete
    assert all(change.unsettled for change in found.changes)
    assert tracemalloc.get_traced_memory()[1] - before < 4 * MIB


@pytest.mark.usefixtures("memory")
def test_all_of_them_would_take_memory(crowd: Twin) -> None:
    """So the measure of the test above can tell."""
    gc.collect()
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    found = crowd.read("process", entries=MANY * 2)
    assert len(found.changes) == MANY + 1
    assert tracemalloc.get_traced_memory()[1] - before > 6 * MIB


def test_a_crowd_is_told_before_its_sample(crowd: Twin) -> None:
    """Whoever takes the entries knows from the start that they are not all."""
    read = list(read_in_process([str(crowd.upper)], Blobs(crowd.blobs), most=MANY))
    assert read[0] == (Crowd(MANY), None)
    assert len(read) == 1 + SAMPLE
