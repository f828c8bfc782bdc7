"""Reads the host's own files without following a link or opening a device.

Every access is by descriptor of the parent directory and name. Directories that
hold the way down are opened with O_PATH, which needs no right to list them.
"""

import errno
import os
import stat
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Self

from linara_agent.core.change import FileType, PathState
from linara_agent.docker_sandbox.upper_walk import DEPTH, extents, pieces, xattrs

Parts = tuple[str, ...]
"""The names below the root of a layer, decoded as by os.fsdecode."""

_WAY = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_LISTED = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_ABSENT = (FileNotFoundError, NotADirectoryError)

_TYPES = {
    stat.S_IFREG: FileType.FILE,
    stat.S_IFDIR: FileType.DIRECTORY,
    stat.S_IFLNK: FileType.SYMLINK,
    stat.S_IFIFO: FileType.FIFO,
    stat.S_IFSOCK: FileType.SOCKET,
    stat.S_IFCHR: FileType.CHARACTER_DEVICE,
    stat.S_IFBLK: FileType.BLOCK_DEVICE,
}

_CARRIED = (
    "security.capability",
    "system.posix_acl_access",
    "system.posix_acl_default",
)
"""Attributes that belong to a file's state, besides `user.*`. The `trusted.*` are
overlayfs's or unreadable to users, and other `security.*` are set by the system."""


class HostTree:
    """The files below one directory of the host.

    The directories that lead to a path are kept open for the next one.

    Raises OSError for what cannot be looked at; absence is None or empty.
    """

    def __init__(self, root: str) -> None:
        self._chain: list[int] = [_open_root(root)]
        self._names: list[str] = []
        self._device = os.fstat(self._chain[0]).st_dev

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while self._chain:
            os.close(self._chain.pop())

    def status(self, parts: Parts) -> os.stat_result | None:
        try:
            if not parts:
                return os.fstat(self._chain[0])
            parent = self._directory(parts[:-1])
            return os.stat(parts[-1], dir_fd=parent, follow_symlinks=False)
        except _ABSENT:
            return None

    def state(self, parts: Parts) -> PathState | None:
        status = self.status(parts)
        if status is None:
            return None
        try:
            parent = self._directory(parts[:-1])
            link = None
            if stat.S_ISLNK(status.st_mode):
                link = os.readlink(parts[-1], dir_fd=parent)
            name = parts[-1] if parts else "."
            carried = xattrs(f"/proc/self/fd/{parent}/{name}")
        except _ABSENT:
            return None
        return PathState(
            type=type_of(status.st_mode),
            size=size_of(status.st_mode, status.st_size),
            mode=stat.S_IMODE(status.st_mode),
            uid=status.st_uid,
            gid=status.st_gid,
            mtime_ns=status.st_mtime_ns,
            ctime_ns=status.st_ctime_ns,
            inode=status.st_ino,
            link=link,
            xattrs=own(carried),
        )

    def names(self, parts: Parts) -> Parts:
        """What is in a directory; nothing if it is something else or absent."""
        try:
            fd = os.open(".", _LISTED, dir_fd=self._directory(parts))
        except _ABSENT:
            return ()
        try:
            with os.scandir(fd) as found:
                return tuple(sorted(one.name for one in found))
        finally:
            os.close(fd)

    def listing(self, parts: Parts) -> tuple[tuple[str, int, bool], ...]:
        """Name, inode and whether it is a directory; nothing where it cannot be read.

        Directories of other file systems are not listed.
        """
        try:
            fd = os.open(".", _LISTED, dir_fd=self._directory(parts))
        except OSError:
            return ()
        try:
            if os.fstat(fd).st_dev != self._device:
                return ()
            with os.scandir(fd) as found:
                return tuple(
                    (one.name, one.inode(), one.is_dir(follow_symlinks=False))
                    for one in found
                )
        finally:
            os.close(fd)

    @contextmanager
    def content(
        self, parts: Parts
    ) -> Iterator[tuple[int, Iterable[tuple[int, bytes]]]]:
        """Size and pieces of a regular file; OSError if it is anything else."""
        way = os.open(
            parts[-1],
            os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC,
            dir_fd=self._directory(parts[:-1]),
        )
        try:
            if not stat.S_ISREG(os.fstat(way).st_mode):
                raise FileNotFoundError(*parts)
            fd = os.open(f"/proc/self/fd/{way}", os.O_RDONLY | os.O_CLOEXEC)
        finally:
            os.close(way)
        try:
            status = os.fstat(fd)
            yield status.st_size, pieces(fd, extents(fd, status))
        finally:
            os.close(fd)

    def _directory(self, parts: Parts) -> int:
        if len(parts) > DEPTH:
            raise OSError(
                errno.ENAMETOOLONG, f"it lies more than {DEPTH} directories deep"
            )
        shared = 0
        for held, wanted in zip(self._names, parts, strict=False):
            if held != wanted:
                break
            shared += 1
        while len(self._names) > shared:
            self._names.pop()
            os.close(self._chain.pop())
        for name in parts[shared:]:
            self._chain.append(os.open(name, _WAY, dir_fd=self._chain[-1]))
            self._names.append(name)
        return self._chain[-1]


def _open_root(root: str) -> int:
    fd = os.open("/", _WAY)
    for name in root.split("/"):
        if not name:
            continue
        try:
            below = os.open(name, _WAY, dir_fd=fd)
        finally:
            os.close(fd)
        fd = below
    return fd


def type_of(mode: int) -> FileType:
    return _TYPES[stat.S_IFMT(mode)]


def size_of(mode: int, size: int) -> int:
    """Bytes of a file's content or a link's target; the others have none."""
    return size if stat.S_ISREG(mode) or stat.S_ISLNK(mode) else 0


def own(carried: Iterable[tuple[str, bytes]]) -> tuple[tuple[str, str], ...]:
    """The extended attributes that belong to a file's state, values in base64."""
    return tuple(
        sorted(
            (name.encode(errors="backslashreplace").decode(), b64encode(value).decode())
            for name, value in carried
            if name.startswith("user.") or name in _CARRIED
        )
    )
