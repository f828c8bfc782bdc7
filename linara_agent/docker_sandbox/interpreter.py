"""Which Python runs our supervisor in the twin: one of the host's own."""

import os
import re
import sys
from pathlib import Path

from linara_agent.docker_sandbox.endpoint import NOT_DONE
from linara_agent.errors import SandboxUnavailable

SYSTEM = "/usr/bin/python3"
_OLDEST = (3, 9)
_NEEDED = ("json", "ctypes")  # Debian's python3-minimal comes without ctypes
_VERSION = re.compile(r"python(\d+)\.(\d+)$")


def interpreter() -> str:
    """An absolute path; raises SandboxUnavailable if none will do."""
    if _complete(SYSTEM):
        return SYSTEM
    own = getattr(sys, "_base_executable", None) or sys.executable
    if own and own.startswith("/"):
        return str(own)
    raise SandboxUnavailable(
        "No Python interpreter was found that could supervise a preview.",
        not_done=NOT_DONE,
        remedy="Install the package python3 of your distribution.",
    )


def _complete(program: str) -> bool:
    """Whether it is new enough and has the modules of its standard library."""
    real = Path(program).resolve()
    match = _VERSION.search(real.name)
    if match is None or not os.access(real, os.X_OK):
        return False
    if (int(match[1]), int(match[2])) < _OLDEST:
        return False
    library = real.parents[1] / "lib" / f"python{match[1]}.{match[2]}"
    return all((library / name).is_dir() for name in _NEEDED)
