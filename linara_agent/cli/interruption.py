"""Being asked to end means the same from the program's first line to its last.

Ctrl-C, SIGTERM and SIGHUP stop what is going on; it is taken down and journaled, and
the exit code says so. Once more while the rest is taken down, and the program leaves at
once: what stays is removed by the next start or by `sandbox clean`. Only before the
interpreter reaches us, when nothing of ours has begun, does a signal do what it does
to Python: exit 1, or death by that signal.
"""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

INTERRUPTED = 130
_heard: list[int] = []
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def heeded(body: Callable[[], int]) -> int:
    """Call the program; returns its exit code when all its threads have ended."""
    try:
        _listen()
        code = body()
        _settle()
    except KeyboardInterrupt:
        _ignore()
        _say(
            "\nInterrupted. What may be left of it is removed by the next start, or by"
            " `linara-agent sandbox clean`.\n"
        )
        os._exit(INTERRUPTED)  # the interpreter would wait for the threads
    _ignore()
    return code


def _listen() -> None:
    """What the caller had us ignore (nohup does) stays ignored."""
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    _heard.append(number)
    raise KeyboardInterrupt


def heard() -> bool:
    """Whether we were asked to end, though some library made its own error of it.

    As pydantic does while it builds a model: a SchemaError that names the other.
    """
    return bool(_heard)


def _settle() -> None:
    """Here, where it can be interrupted, and not while the interpreter ends."""
    threading = sys.modules.get("threading")
    if threading is not None:
        this = threading.current_thread()
        while others := [
            one for one in threading.enumerate() if one is not this and not one.daemon
        ]:
            others[0].join()
    with suppress(OSError, ValueError):  # the interpreter says what it cannot write
        sys.stdout.flush()


def _ignore() -> None:
    """The exit code stands."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _say(words: str) -> None:
    with suppress(OSError, ValueError, AttributeError):  # it may be closed, or None
        sys.stderr.write(words)
        sys.stderr.flush()
