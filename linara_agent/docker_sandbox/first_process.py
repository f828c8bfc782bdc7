"""Process 1 of a container, seen from this machine: when it ended, all have ended.

The engine tells so some 40 ms later, after it has cleaned up.
"""

import os
import select
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class FirstProcess:
    """A descriptor of the process, so that its number cannot come to mean another.

    The kernel makes the descriptor readable when the process has ended, and the first
    process of a namespace ends only after all others in it are gone
    (pid_namespaces(7); `zap_pid_ns_processes` in kernel/pid_namespace.c).
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @classmethod
    def of(cls, state: Mapping[str, Any], container: str) -> Self | None:
        """By the number in the container's `State`; None where it cannot be seen.

        The engine may count processes in another namespace: the process counts only
        if its control group is named after the container (proc_pid_cgroup(5)).
        """
        number = state.get("Pid")
        if not isinstance(number, int) or number <= 0:
            return None
        try:
            found = cls(os.pidfd_open(number))
        except OSError:
            return None
        with suppress(OSError):
            groups = Path(f"/proc/{number}/cgroup").read_text()
            if container in groups and not found.ended(0):
                return found
        found.close()
        return None

    def ended(self, timeout_s: float) -> bool:
        """Wait at most so long for its end."""
        waiting = select.poll()
        waiting.register(self._descriptor, select.POLLIN)
        return bool(waiting.poll(timeout_s * 1000))

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1
