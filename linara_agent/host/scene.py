"""What every step of an apply or a recovery works with."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from linara_agent.host.directories import Directories

_WRITE_AND_ENTER = stat.S_IWUSR | stat.S_IXUSR


def _nothing(instant: str) -> None:
    """The instant passes."""
    del instant


@dataclass(slots=True, kw_only=True)
class Scene:
    """`undo` is the directory that keeps the manifest and the backups.

    `instant` is told the name of every moment at which a crash would find
    something else on the disk. `exchange` False does without the kernel's
    exchange of two names, as on file systems that lack it. `made` are the inodes
    of staged things by step, `started` the steps whose commit began, `touched` the
    inodes whose ctime we changed, `given` the paths whose file gets another name.
    """

    directories: Directories
    undo: str
    instant: Callable[[str], None] = _nothing
    exchange: bool = True
    made: dict[int, int] = field(default_factory=dict)
    started: set[int] = field(default_factory=set)
    touched: set[int] = field(default_factory=set)
    given: frozenset[str] = frozenset()

    @property
    def plan(self) -> str:
        """The plan's id: the name of the directory that `undo` lies in."""
        return PurePath(self.undo).parent.name


@contextmanager
def writable(directory: int) -> Iterator[None]:
    """Give the owner the right to change a directory of theirs for a moment.

    A script may open a directory, delete in it and close it again; all that is
    left to see of it are the deletions. Moving a directory elsewhere needs the
    right too. Whatever is not a directory is left alone.
    """
    status = os.fstat(directory)
    mode = stat.S_IMODE(status.st_mode)
    closed = mode & _WRITE_AND_ENTER != _WRITE_AND_ENTER
    caller = os.geteuid()
    ours = caller != 0 and caller == status.st_uid
    if not (closed and ours and stat.S_ISDIR(status.st_mode)):
        yield
        return
    path = Path(f"/proc/self/fd/{directory}")
    path.chmod(mode | _WRITE_AND_ENTER)
    try:
        yield
    finally:
        path.chmod(mode)
