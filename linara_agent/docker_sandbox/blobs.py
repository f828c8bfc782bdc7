"""New content of regular files, kept by its SHA-256."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from itertools import chain
from pathlib import Path

from linara_agent.errors import SandboxUnavailable

_ZEROS = memoryview(bytes(1 << 20))
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

Pieces = Iterable[tuple[int, bytes]]
"""A content as (offset, data) in ascending order; what lies between are holes."""


class Blobs:
    """A directory of files, each named by the SHA-256 (hex) of its content.

    Files that were there before are used and never removed.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._made: set[str] = set()
        self._partial = directory / f".partial-{os.getpid()}"

    def keep(self, size: int, pieces: Pieces) -> str:
        """Store a content of `size` bytes and return its digest.

        Raises SandboxUnavailable if the disk does not take it; an OSError of the
        pieces' own source passes through.
        """
        source = iter(pieces)
        head = list(_first(source))
        if sum(len(data) for _, data in head) == size:
            known = digest(size, head)
            if self.path(known).exists():
                return known
        name = self._store(size, chain(head, source))
        self._made.add(name)
        return name

    def path(self, name: str) -> Path:
        return self._directory / name

    def discard_all_but(self, wanted: Iterable[str]) -> None:
        """Remove what was stored through this object and turned out to be unneeded."""
        for name in self._made.difference(wanted):
            self.path(name).unlink(missing_ok=True)
        self._made.intersection_update(wanted)

    def _store(self, size: int, pieces: Pieces) -> str:
        with _told():
            fd = os.open(self._partial, _NEW, 0o600)
        try:
            name = digest(size, _written(fd, pieces))
            with _told():
                os.ftruncate(fd, size)
                if self.path(name).exists():
                    self._partial.unlink()
                else:
                    self._partial.rename(self.path(name))
        except BaseException:
            self._partial.unlink(missing_ok=True)
            raise
        finally:
            os.close(fd)
        return name


def digest(size: int, pieces: Pieces) -> str:
    """SHA-256 (hex) of a content, its holes read as zeros."""
    state = sha256()
    at = 0
    for offset, data in chain(pieces, [(size, b"")]):
        while at < offset:
            zeros = _ZEROS[: offset - at]
            state.update(zeros)
            at += len(zeros)
        state.update(data)
        at += len(data)
    return state.hexdigest()


def _first(source: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    for piece in source:
        yield piece
        return


def _written(fd: int, pieces: Pieces) -> Iterator[tuple[int, bytes]]:
    for offset, data in pieces:
        with _told():
            left = memoryview(data)
            while left:
                left = left[os.pwrite(fd, left, offset + len(data) - len(left)) :]
        yield offset, data


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise SandboxUnavailable(
            f"The new content of a file could not be stored: {problem.strerror}.",
            not_done="Nothing was changed on this machine.",
            remedy="Free some space where plans are kept, then try again.",
        ) from problem
