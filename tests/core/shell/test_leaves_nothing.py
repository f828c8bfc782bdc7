"""Readings that end, fail or run into their deadline leave nothing in the process."""

import gc
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from linara_agent.core.shell.agree import read
from linara_agent.parsers.both import BothParsers
from tests.core.shell.oracle import HOME

ENDLESS = "echo a'${b'"
TEXTS = (
    "ls -l | wc -l",
    "for i in a b; do echo $(date) $((i + 1)); done",
    "cat <<E\n$(a)\nE",
    "echo 'a",
    "a; ;b",
    "echo `b $(c` d)",
    "[[ a =~ b ]] && case x in y) z ;; esac",
    "\0",
    "\ud800",
    "((( " * 60,
)
KIB = 1024
# A thousand readings that leaked a kilobyte each, or one tree, would be above it.
_MOST_GROWTH = 8 * KIB * KIB


@pytest.fixture(params=["main thread", "another thread"])
def run(request) -> Callable[[Callable[[], None]], None]:
    def elsewhere(step: Callable[[], None]) -> None:
        failed: list[BaseException] = []

        def caught() -> None:
            try:
                step()
            except BaseException as error:  # noqa: BLE001 — raised again below
                failed.append(error)

        thread = threading.Thread(target=caught)
        thread.start()
        thread.join()
        assert not failed

    return elsewhere if request.param == "another thread" else lambda step: step()


def resident() -> int:
    """Bytes of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def held() -> tuple[set[str], set[str], list[str]]:
    """Threads, children and open files of this process."""
    threads = {thread.name for thread in threading.enumerate()}
    tasks = Path("/proc/self/task").iterdir()
    children = {
        one for task in tasks for one in (task / "children").read_text().split()
    }
    files = []
    for entry in sorted(Path("/proc/self/fd").iterdir()):
        try:
            files.append(f"{entry.name} {entry.readlink()}")
        except FileNotFoundError:
            continue  # it was the directory itself
    return threads, children, [one for one in files if "/proc/" not in one]


def read_all(parsers: BothParsers, *, times: int) -> None:
    for number in range(times):
        text = TEXTS[number % len(TEXTS)]
        assert read(text, parsers, home=HOME).text == text


def test_a_thousand_readings_leave_nothing(run):
    """Threads, child processes and open files are the same, memory all but."""
    read_all(BothParsers(), times=100)
    gc.collect()
    before, memory = held(), resident()
    run(lambda: read_all(BothParsers(), times=1000))
    gc.collect()
    assert held() == before
    assert resident() - memory < _MOST_GROWTH


def test_readings_that_are_cut_short_leave_nothing(run):
    """Neither an endless loop nor a parser killed at its deadline stays behind."""
    read_all(BothParsers(), times=20)
    gc.collect()
    before, memory = held(), resident()

    def cut_short() -> None:
        for _ in range(20):
            assert read(ENDLESS, BothParsers(seconds=0.05), home=HOME).opaque
            # No process can be started and answer in a microsecond.
            assert read("ls", BothParsers(seconds=1e-6), home=HOME).opaque

    run(cut_short)
    gc.collect()
    assert held() == before
    assert resident() - memory < _MOST_GROWTH


def test_an_endless_loop_is_stopped_and_its_memory_freed(run):
    """bashlex takes more and more memory until its deadline; then it is given back."""
    read_all(BothParsers(), times=20)
    gc.collect()
    memory = resident()
    reasons: list[str] = []

    def endless() -> None:
        script = read(ENDLESS, BothParsers(), home=HOME)
        reasons.extend(one.reason for one in script.opaque)

    run(endless)
    gc.collect()
    assert reasons == ["for bashlex it took too long to parse"]
    assert resident() - memory < _MOST_GROWTH
