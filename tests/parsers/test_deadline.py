"""Code that never ends is stopped, on every thread, and nothing strikes later."""

import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from linara_agent.parsers.deadline import DeadlinePassed, within

ELSEWHERE = """
def wait():
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        pass
"""


def for_ever() -> None:
    while True:
        pass


def stopped(work: Callable[[], object], seconds: float = 0.1) -> bool:
    try:
        within(seconds, work, module=__name__)
    except DeadlinePassed:
        return True
    return False


def on_another_thread(step: Callable[[], bool]) -> bool:
    found: list[bool] = []
    thread = threading.Thread(target=lambda: found.append(step()))
    thread.start()
    thread.join()
    return found == [True]


@pytest.fixture(params=["main thread", "another thread"])
def run(request) -> Callable[[Callable[[], bool]], bool]:
    if request.param == "main thread":
        return lambda step: step()
    return on_another_thread


def test_an_endless_loop_is_stopped(run):
    """Work that never ends raises DeadlinePassed."""
    assert run(lambda: stopped(for_ever))


def test_a_result_comes_back(run):
    """Work that ends in time returns its value, and nothing strikes afterwards."""
    assert run(lambda: within(5, lambda: 42, module=__name__) == 42)


def test_an_error_comes_through(run):
    """What the work raises is raised, not hidden by the deadline."""

    def fail() -> bool:
        with pytest.raises(ZeroDivisionError):
            within(5, lambda: 1 // 0, module=__name__)
        return True

    assert run(fail)


def test_code_that_swallows_exceptions_is_stopped(run):
    """`except Exception` in the work does not save it."""

    def stubborn() -> None:
        while True:
            with suppress(Exception):
                for_ever()

    assert run(lambda: stopped(stubborn))


def test_it_does_not_strike_in_other_code(run):
    """Where another module is at work, nothing is raised; its caller is stopped."""
    ended: list[bool] = []

    def work() -> None:
        elsewhere["wait"]()
        ended.append(True)
        for_ever()

    elsewhere: dict[str, Callable[[], None]] = {"__name__": "elsewhere", "time": time}  # type: ignore[dict-item]  # the globals of a module
    exec(ELSEWHERE, elsewhere)  # noqa: S102 — a module made for this test
    assert run(lambda: stopped(work, seconds=0.05))
    assert ended == [True]


def test_stopping_many_times_leaves_nothing_behind(run):
    """After many deadlines, no timer, thread or pending exception is left."""

    def often() -> bool:
        return all(stopped(for_ever, seconds=0.01) for _ in range(20))

    before = threading.active_count()
    assert run(often)
    assert threading.active_count() == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_timer_of_somebody_else_goes_on():
    """A timer that ran before runs on with what is left of it."""
    struck: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, _frame: struck.append(number))
    signal.setitimer(signal.ITIMER_REAL, 1000)
    try:
        assert stopped(for_ever)
        left, _ = signal.getitimer(signal.ITIMER_REAL)
        assert 900 < left < 1000
        signal.raise_signal(signal.SIGALRM)
        assert struck == [signal.SIGALRM]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
