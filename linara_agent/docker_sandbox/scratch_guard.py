"""Keeps a script from filling the disk.

How much the file system lost since the start is asked a few times a second, which
costs nothing; deleted files that are still open count too. Others may write to the
same disk, so the run's own tree is measured before it is blamed.
"""

import os
from dataclasses import dataclass

RESERVE = 256 << 20
"""A preview ends when the disk has less than this left, whoever filled it."""


@dataclass(slots=True)
class ScratchGuard:
    """Watches one run; `free_at_start` in bytes."""

    path: str
    limit: int
    free_at_start: int

    @classmethod
    def begin(cls, path: str, limit: int) -> "ScratchGuard":
        return cls(path=path, limit=limit, free_at_start=free(path))

    def exceeded(self) -> bool:
        """Whether the script must be ended now."""
        left = free(self.path)
        lost = self.free_at_start - left
        if left < RESERVE < self.free_at_start:
            return True
        if lost <= self.limit:
            return False
        if lost > 2 * self.limit:
            return True
        used, complete = usage(self.path)
        return used > self.limit or not complete


def free(path: str) -> int:
    state = os.statvfs(path)
    return state.f_bavail * state.f_frsize


def usage(path: str) -> tuple[int, bool]:
    """Bytes on disk below a directory, and whether all of it could be seen."""
    total, complete = 0, True
    waiting = [path]
    while waiting:
        directory = waiting.pop()
        try:
            with os.scandir(directory) as entries:
                for entry in entries:
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except OSError:
            complete = False
    return total, complete
