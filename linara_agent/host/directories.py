"""Directories opened without following any symlink, wherever it stands in the path.

A plan's paths come out of the twin and may be hostile: between the check and the
write, a parent can be swapped for a symlink. Every component is therefore opened
by itself, and names are used only relative to the directory so found.
"""

import os
from collections import OrderedDict
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from linara_agent.errors import PlanProblem

_FLAGS = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_KEPT_OPEN = 128


@dataclass(frozen=True, slots=True)
class _Held:
    descriptor: int
    identity: tuple[int, int]


def split(path: str) -> tuple[str, str]:
    """Directory and name of an absolute path in its plain form.

    Raises PlanProblem for any other path: relative, with `..`, `.`, an empty
    component or NUL, or `/` itself.
    """
    parent, _, name = path.rpartition("/")
    parts = path.split("/")[1:]
    plain = path.startswith("/") and "\0" not in path
    if not plain or any(part in ("", ".", "..") for part in parts):
        raise PlanProblem(
            f"The plan names {path!r}, which is not a plain absolute path.",
            not_done="Nothing was changed.",
            remedy="Make a new plan; this one is damaged or was not made here.",
        )
    return parent or "/", name


class Directories:
    """Opens directories and keeps the last ones open.

    A kept directory is used again only while its path still leads to it.
    """

    def __init__(self) -> None:
        self._held: OrderedDict[str, _Held] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        for held in self._held.values():
            os.close(held.descriptor)
        self._held.clear()

    def open(self, path: str) -> int:
        """An O_PATH descriptor of a directory; it stays this object's own.

        It is valid until 128 other directories were opened. Raises
        FileNotFoundError, NotADirectoryError (also for a symlink) or
        PermissionError, each with the component that failed as `filename`.
        """
        held = self._held.get(path)
        if held is not None:
            if _leads_to(path, held.identity):
                self._held.move_to_end(path)
                return held.descriptor
            self._forget(path)
        return self._walk(path)

    def _walk(self, path: str) -> int:
        """Open every component from `/` on, starting at the nearest kept one."""
        parts = path.split("/")[1:] if path != "/" else []
        start = len(parts)
        while start > 0 and not self._usable("/" + "/".join(parts[:start])):
            start -= 1
        here = "/" + "/".join(parts[:start])
        descriptor = self._root() if start == 0 else self._held[here].descriptor
        for end in range(start + 1, len(parts) + 1):
            here = "/" + "/".join(parts[:end])
            descriptor = self._step(descriptor, parts[end - 1], here)
        return descriptor

    def _usable(self, path: str) -> bool:
        held = self._held.get(path)
        if held is None:
            return False
        if _leads_to(path, held.identity):
            self._held.move_to_end(path)
            return True
        self._forget(path)
        return False

    def _root(self) -> int:
        held = self._held.get("/")
        if held is not None:
            self._held.move_to_end("/")
            return held.descriptor
        return self._keep("/", os.open("/", _FLAGS))

    def _step(self, parent: int, name: str, path: str) -> int:
        try:
            return self._keep(path, os.open(name, _FLAGS, dir_fd=parent))
        except OSError as error:
            raise type(error)(error.errno, error.strerror, path) from error

    def _keep(self, path: str, descriptor: int) -> int:
        status = os.fstat(descriptor)
        self._held[path] = _Held(descriptor, (status.st_dev, status.st_ino))
        if len(self._held) > _KEPT_OPEN:
            _, oldest = self._held.popitem(last=False)
            os.close(oldest.descriptor)
        return descriptor

    def _forget(self, path: str) -> None:
        os.close(self._held.pop(path).descriptor)


def _leads_to(path: str, identity: tuple[int, int]) -> bool:
    """Whether the path still ends at the directory that was found without symlinks.

    A symlink that now leads to that very directory cannot redirect anything.
    """
    try:
        status = os.stat(path)  # noqa: PTH116 — a Path costs more than the call
    except OSError:
        return False
    return (status.st_dev, status.st_ino) == identity
