"""`linara-agent` and `python -m linara_agent`."""

import atexit
import gc
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from linara_agent.docker_sandbox.apart import Apart

_OBJECTS = 200_000
"""A start makes some hundred thousand objects that stay: Python's own 700 would have
them looked through hundreds of times."""
_TURN_S = 0.0005
"""A thread that heard from the engine waits no longer than this for its turn."""
_PREVIEWING = (["do"], ["run"], ["script"])


def main() -> None:
    gc.set_threshold(_OBJECTS, 20, 100)
    sys.setswitchinterval(_TURN_S)
    codes: list[int] = []
    atexit.register(_leave, codes)  # the first one registered is the last to be called
    from linara_agent.cli.interruption import heeded  # noqa: PLC0415 — no work at import time

    codes.append(heeded(_run))
    sys.exit(codes[0])


def _run() -> int:
    arguments = sys.argv[1:]
    apart = _apart() if _previews(arguments) else None
    from linara_agent.cli.main import run  # noqa: PLC0415 — see `main`

    try:
        return run(arguments, apart)
    finally:
        if apart is not None:
            apart.end()


def _previews(arguments: list[str]) -> bool:
    """Seen at a glance, before a single library is loaded."""
    words = arguments[1:] if arguments[:1] == ["--debug"] else arguments
    return words[:1] in _PREVIEWING and not {"-h", "--help"} & set(words)


def _apart() -> "Apart | None":
    from linara_agent.docker_sandbox.apart import begin  # noqa: PLC0415 — see `main`
    from linara_agent.wiring.premises import premises_of_child  # noqa: PLC0415 — see `main`

    return begin(premises_of_child)


def _leave(codes: list[int]) -> None:
    """End at once: all threads have ended, and everything else registered was called.

    To take every module apart, as the interpreter does next, takes a tenth of a second.
    """
    with suppress(OSError, ValueError):  # the interpreter says what cannot be written
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        for code in codes:
            os._exit(code)


if __name__ == "__main__":
    main()
