"""In which step of a script each path was last changed.

What a script has changed lies in the upper directories, and only that: so a look at
all names there after each step costs as much as there are changes. Two looks differ
where the step between them did something. A directory is looked at without its times,
which change with every name in it.

Nothing is opened but directories, without following links, and from the host: the
script, or what it left running, cannot lead the way out of its uppers.
"""

import os
import stat
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from linara_agent.core.change import Change

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_DEEPEST = 256
_COARSE_CLOCK = (
    5  # CLOCK_REALTIME_COARSE of clock_gettime(2): what files are stamped by
)

Mark = tuple[int, ...]


class _TooMany(Exception):
    """More names than are looked at; never leaves the module."""


@dataclass(slots=True, kw_only=True)
class StepMarks:
    """`uppers` maps the path of each layer in the twin to its upper directory.

    Times in ns. At most `entries` names are looked at, each time; `lost` tells that
    there were more, and that nothing is known of any path. `ended` is the last step
    after which it was looked.
    """

    uppers: Mapping[str, str]
    entries: int
    lost: bool = False
    ended: int = 0
    _seen: dict[str, Mark] = field(default_factory=dict)
    _last: dict[str, int] = field(default_factory=dict)
    _first: dict[str, int] = field(default_factory=dict)
    _cut: dict[str, int] = field(default_factory=dict)

    def look(self, step: int) -> None:
        """What is different now was done by this step; 0 stands for no step.

        Returns when what happens next will bear another time.
        """
        self.ended = step
        if self.lost or not self.uppers:
            return
        try:
            now = self._marks()
        except _TooMany:
            self.lost = True
            return
        for path in now.keys() | self._seen.keys():
            before, after = self._seen.get(path), now.get(path)
            if before == after or step == 0:
                continue
            self._last[path] = step
            self._first.setdefault(path, step)
            if after is not None and _cuts_off(before, after):
                self._cut.setdefault(path, step)
        self._seen = now
        _await_next_tick()

    def attributed(self, changes: tuple[Change, ...]) -> tuple[Change, ...]:
        """Each with its step, where that is known."""
        if self.lost or not self.uppers:
            return changes
        return tuple(replace(one, step=self.step_of(one.path)) for one in changes)

    @property
    def notes(self) -> tuple[str, ...]:
        said = "there were too many changes to tell which step made them"
        return (said,) if self.lost else ()

    def step_of(self, path: str) -> int | None:
        """None where it is not known."""
        return self._last.get(path) or self._from_above(path)

    def _from_above(self, path: str) -> int | None:
        """Below what was deleted, replaced or renamed whole there are no names.

        Of several directories above, one that was replaced counts most, then one that
        is not on the host, and is no mere copy of a directory there.
        """
        names = path.split("/")
        above = ["/".join(names[:depth]) for depth in range(len(names) - 1, 1, -1)]
        changed = [one for one in above if one in self._first]
        cut = [self._cut[one] for one in changed if one in self._cut]
        new = [self._first[one] for one in changed if not os.path.lexists(one)]
        if cut or not new:
            found = [*cut, *(self._first[one] for one in changed)]
            return found[0] if found else None
        return min(new)

    def _marks(self) -> dict[str, Mark]:
        marks: dict[str, Mark] = {}
        for host, upper in self.uppers.items():
            with suppress(OSError):
                self._walk(os.open(upper, _DIRECTORY), host.rstrip("/"), marks)
        return marks

    def _walk(self, top: int, place: str, marks: dict[str, Mark]) -> None:
        """Closes `top`, whose path in the twin is `place`."""
        try:
            names = os.listdir(top)
            for name in names:
                with suppress(OSError):  # gone meanwhile, or shut to us
                    path = f"{place}/{name}"
                    state = os.stat(name, dir_fd=top, follow_symlinks=False)
                    marks[path] = _mark(state)
                    if len(marks) > self.entries:
                        raise _TooMany
                    if stat.S_ISDIR(state.st_mode) and path.count("/") < _DEEPEST:
                        below = os.open(name, _DIRECTORY, dir_fd=top)
                        self._walk(below, path, marks)
        finally:
            os.close(top)


def _mark(state: os.stat_result) -> Mark:
    """What tells one state of a name from the next."""
    steady = state.st_mode, state.st_ino, state.st_uid, state.st_gid, state.st_rdev
    if stat.S_ISDIR(state.st_mode):
        return steady
    return *steady, state.st_size, state.st_mtime_ns, state.st_ctime_ns


def _cuts_off(before: Mark | None, after: Mark) -> bool:
    """Whether the names below are no more those of the directory that was there.

    Of a directory that was not in the upper before, that is not known: it may be a
    mere copy.
    """
    return not stat.S_ISDIR(after[0]) or (before is not None and before[1] != after[1])


def _await_next_tick() -> None:
    stamped = time.clock_gettime_ns(_COARSE_CLOCK)
    while time.clock_gettime_ns(_COARSE_CLOCK) == stamped:
        time.sleep(0.0005)
