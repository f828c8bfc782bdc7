"""Stop Python code that may never end, on any thread.

bashlex can loop for ever on a dozen bytes. On the main thread a timer signal
interrupts it; on another one an asynchronous exception does. Python swallows an
exception in a destructor or a callback of the garbage collector, so it is only
raised where the code itself is at work, and again until the code has ended.
"""

import ctypes
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

T = TypeVar("T")
_AGAIN = 0.05
"""Seconds between two strikes."""


class DeadlinePassed(BaseException):
    """Not an Exception: the code being stopped must not swallow it."""


def within(seconds: float, work: Callable[[], T], *, module: str) -> T:
    """What `work` returns; raises DeadlinePassed when it takes longer than this.

    It is interrupted only in the code of that module, or of one below it.
    """
    if threading.current_thread() is threading.main_thread():
        return _by_signal(seconds, work, module)
    return _by_exception(seconds, work, module)


def _is_at_work(frame: FrameType | None, module: str) -> bool:
    name = str(frame.f_globals.get("__name__")) if frame is not None else ""
    return name == module or name.startswith(f"{module}.")


def _by_signal(seconds: float, work: Callable[[], T], module: str) -> T:
    def strike(_number: int, frame: FrameType | None) -> None:
        if _is_at_work(frame, module):
            raise DeadlinePassed

    before = signal.signal(signal.SIGALRM, strike)
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    started = time.monotonic()
    try:
        return work()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if left:
            # Somebody else's timer was running: give it back what is left of it.
            rest = max(left - (time.monotonic() - started), 0.001)
            signal.setitimer(signal.ITIMER_REAL, rest, interval)


class _Watch:
    """Strikes at one thread, from another, until it is told that the work is over."""

    def __init__(self, seconds: float, module: str) -> None:
        self._seconds = seconds
        self._module = module
        self._target = threading.get_ident()
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._wait, daemon=True)
        self._thread.start()

    def _wait(self) -> None:
        pause = self._seconds
        while not self._over.wait(pause):
            with self._lock:
                frame = sys._current_frames().get(self._target)  # noqa: SLF001 — the only way to see where another thread is
                if not self._over.is_set() and _is_at_work(frame, self._module):
                    self._set(DeadlinePassed)
            pause = _AGAIN

    def _set(self, what: type[BaseException] | None) -> None:
        raised = None if what is None else ctypes.py_object(what)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._target), raised)

    def end(self) -> None:
        """After this nothing strikes, not even what was set and not yet raised."""
        with self._lock:
            self._over.set()
        self._set(None)
        self._thread.join()


def _by_exception(seconds: float, work: Callable[[], T], module: str) -> T:
    watch = _Watch(seconds, module)
    try:
        return work()
    finally:
        try:
            watch.end()
        except DeadlinePassed:
            # It struck on the way out; the next strike is far off.
            watch.end()
            raise
