"""The mounts of this process, as /proc/self/mountinfo lists them (proc(5))."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_ESCAPE = re.compile(rb"\\([0-7]{3})")
_FIXED_FIELDS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """One line; `point` is an absolute path as `os.fsdecode` gives it."""

    id: int
    parent: int
    point: str
    options: tuple[str, ...]
    filesystem: str

    @property
    def read_only(self) -> bool:
        return "ro" in self.options


def parse(text: bytes) -> tuple[Mount, ...]:
    """Read all lines; a line of another form raises ValueError."""
    return tuple(_line(line) for line in text.splitlines() if line.strip())


def _line(line: bytes) -> Mount:
    fields = line.split(b" ")
    separator = fields.index(b"-", _FIXED_FIELDS)
    return Mount(
        id=int(fields[0]),
        parent=int(fields[1]),
        point=os.fsdecode(_ESCAPE.sub(_unescape, fields[4])),
        options=tuple(os.fsdecode(fields[5]).split(",")),
        filesystem=os.fsdecode(fields[separator + 1]),
    )


def _unescape(match: re.Match[bytes]) -> bytes:
    return bytes([int(match[1], 8)])


def visible(mounts: Iterable[Mount]) -> tuple[Mount, ...]:
    """Those that a path leads to: not covered by a later one, parents first."""
    children: dict[int, list[Mount]] = {}
    known: set[int] = set()
    for mount in mounts:
        children.setdefault(mount.parent, []).append(mount)
        known.add(mount.id)
    roots = [
        mount
        for parent, group in children.items()
        if parent not in known
        for mount in group
    ]
    return tuple(found for root in roots for found in _walk(root, children))


def _walk(mount: Mount, children: dict[int, list[Mount]]) -> Iterator[Mount]:
    top = mount
    while True:  # a mount upon a mount hides it
        upon = [m for m in children.get(top.id, ()) if m.point == top.point]
        if not upon or upon[-1] is top:
            break
        top = upon[-1]
    yield top
    below = [m for m in children.get(top.id, ()) if m.point != top.point]
    for child in below:
        if not any(is_below(child.point, other.point) for other in below):
            yield from _walk(child, children)


def is_below(path: str, directory: str) -> bool:
    """Whether the path lies in the directory at any depth; not the directory itself."""
    return path != directory and path.startswith(directory.rstrip("/") + "/")


def covering(mounts: Iterable[Mount], path: str) -> Mount | None:
    """The visible mount that a path lies on."""
    found = None
    for mount in visible(mounts):
        within = mount.point == path or is_below(path, mount.point)
        if within and (found is None or len(mount.point) >= len(found.point)):
            found = mount
    return found
