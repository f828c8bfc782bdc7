"""Reads the upper directories of overlay mounts, entry by entry, as they lie on disk.

It knows overlayfs only as far as a file's content is concerned: a file with
`trusted.overlay.metacopy` has none of its own. What whiteouts, redirects and
opaque directories mean is for `changes` to say.

The module has two users. As root, `changes` calls `walk` in its own process.
Otherwise this very source runs as root in a container (`python3 -IS -c SOURCE
MOST UPPER…`) and writes the same entries to its standard output, so it imports
nothing but the standard library and keeps to what Python 3.8 understands.

The stream: a first line `MAGIC`; a line of JSON if there is a `Crowd`; for each entry
one line of JSON (bytes of the
file system as Latin-1 text) followed by the data of its extents; a last line
`{"end": number of these lines}`, without which the stream was cut. It is not a tar:
Python's writes no holes, and a tar does not say how many entries it should have.

Nothing is followed or opened that is not a directory or a regular file: all
access is by descriptor of the parent directory and name, without links.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, BinaryIO, NamedTuple, Union

MAGIC = b"linara-upper 1\n"
METACOPY = "trusted.overlay.metacopy"
MASK = "trusted.linara-agent.masked"
"""An xattr (any value) of seeded placeholders, by which a moved one is known. The
script can neither see nor set it."""
DEPTH = 256
"""Directories below each other that are read; one descriptor is held for each."""

SAMPLE = 1000
"""Entries that are read where there are too many: enough to see what happened."""

_CHUNK = 1 << 20
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_UNSEEN = _DIRECTORY | os.O_NOATIME
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Entry(NamedTuple):
    """One name in an upper directory; a NamedTuple, as 3.8 has no slotted dataclass.

    `path` are the names below the upper (empty for the upper itself), `mode` is
    `st_mode`, times in ns. `extents` are (offset, length) of the data that comes
    with this entry; `repeats` tells that the content came with an earlier entry
    of the same layer and inode. `nameless` tells that it is a lower file with
    several names that was changed under one that is gone: only the overlay's index
    has it, and `path` is its name there.
    """

    layer: int
    path: tuple[str, ...]
    mode: int
    uid: int
    gid: int
    size: int
    atime_ns: int
    mtime_ns: int
    ctime_ns: int
    rdev: int
    nlink: int
    inode: int
    link: str | None
    xattrs: tuple[tuple[str, bytes], ...]
    extents: tuple[tuple[int, int], ...] = ()
    repeats: bool = False
    nameless: bool = False


class Problem(NamedTuple):
    """A place in an upper that was not read, and why."""

    layer: int
    path: tuple[str, ...]
    reason: str


class Crowd(NamedTuple):
    """There are more than so many names: only the first `SAMPLE` entries are read."""

    most: int


Found = Union[Entry, Problem, Crowd]  # noqa: UP007 — 3.8 does not add types


def walk(uppers: Sequence[str]) -> Iterator[tuple[Entry | Problem, int]]:
    """Each entry, directories before what is in them, names sorted.

    With it comes a descriptor that is good until the next step: of the content
    where the entry has extents, else -1. Raises OSError if an upper cannot be
    opened.
    """
    for layer, upper in enumerate(uppers):
        reader = _Layer(layer)
        yield from reader.walk(os.open(upper, _DIRECTORY))
        if upper.endswith("/upper"):
            yield from reader.nameless(upper[: -len("upper")] + "work/index")


def walk_some(uppers: Sequence[str], most: int) -> Iterator[tuple[Found, int]]:
    """Each entry, as `walk` gives it; a `Crowd` and a sample if there are too many."""
    if not crowded(uppers, most):
        yield from walk(uppers)
        return
    yield Crowd(most), -1
    yield from islice(walk(uppers), SAMPLE)


def crowded(uppers: Sequence[str], most: int) -> bool:
    """Whether they hold more than so many names; none of them is kept or looked at.

    Nor does it count as reading: the times of access tell what the script read.
    """
    count = 0
    for upper in uppers:
        held = [_listed(os.open(upper, _UNSEEN))]
        try:
            while held and count <= most:
                name = next(held[-1][1], None)
                if name is None:
                    _shut(held.pop())
                    continue
                count += 1
                if name.is_dir(follow_symlinks=False) and len(held) < DEPTH:
                    below = os.open(name.name, _UNSEEN, dir_fd=held[-1][0])
                    held.append(_listed(below))
        finally:
            while held:
                _shut(held.pop())
    return count > most


def _listed(fd: int) -> tuple[int, Any]:
    return fd, os.scandir(fd)


def _shut(held: tuple[int, Any]) -> None:
    held[1].close()
    os.close(held[0])


def pieces(fd: int, extents: Sequence[tuple[int, int]]) -> Iterator[tuple[int, bytes]]:
    """The data of a file in chunks, each with its offset.

    Raises OSError (EIO) if the file became shorter.
    """
    for offset, length in extents:
        at, end = offset, offset + length
        while at < end:
            data = os.pread(fd, min(_CHUNK, end - at), at)
            if not data:
                raise OSError(errno.EIO, "the file became shorter while it was read")
            yield at, data
            at += len(data)


def extents(fd: int, status: os.stat_result) -> tuple[tuple[int, int], ...]:
    """Where a regular file has data: (offset, length) of each run without a hole."""
    size = status.st_size
    if status.st_blocks * 512 >= size:
        return ((0, size),) if size else ()
    found: list[tuple[int, int]] = []
    at = 0
    while at < size:
        try:
            start = os.lseek(fd, at, os.SEEK_DATA)
        except OSError as problem:
            if problem.errno == errno.ENXIO:  # only a hole is left
                break
            raise
        at = min(os.lseek(fd, start, os.SEEK_HOLE), size)
        found.append((start, at - start))
    return tuple(found)


def xattrs(path: int | str) -> tuple[tuple[str, bytes], ...]:
    """All extended attributes of a descriptor, or of a path without following it."""
    follow = isinstance(path, int)
    try:
        names = os.listxattr(path, follow_symlinks=follow)
        return tuple(
            (name, os.getxattr(path, name, follow_symlinks=follow))
            for name in sorted(names)
        )
    except OSError as problem:
        if problem.errno in (errno.ENOTSUP, errno.ENODATA):
            return ()
        raise


class _Layer:
    """The walk of one upper directory, without recursion.

    `held` is a stack of open directories, each with the names still to be read.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.held: list[tuple[int, Iterator[str]]] = []
        self.path: list[str] = []
        self.sent: set[int] = set()

    def walk(self, root: int) -> Iterator[tuple[Entry | Problem, int]]:
        try:
            yield self._enter(root), -1
            while self.held:
                parent, names = self.held[-1]
                name = next(names, None)
                if name is None:
                    self._leave()
                else:
                    yield from self._read(parent, name)
        finally:
            while self.held:
                self._leave()

    def nameless(self, index: str) -> Iterator[tuple[Entry | Problem, int]]:
        try:
            parent = os.open(index, _DIRECTORY)
        except FileNotFoundError:
            return
        try:
            with os.scandir(parent) as found:
                names = sorted(one.name for one in found)
            for name in names:
                status = os.stat(name, dir_fd=parent, follow_symlinks=False)
                if stat.S_ISREG(status.st_mode) and status.st_nlink == 1:
                    for entry, fd in self._file(parent, name):
                        yield entry._replace(nameless=True), fd
        finally:
            os.close(parent)

    def _enter(self, fd: int) -> Entry:
        status = os.fstat(fd)  # first: listing changes the time of access
        self.held.append((fd, iter(sorted(os.listdir(fd)))))
        return self._entry((), status, xattrs(fd))

    def _leave(self) -> None:
        os.close(self.held.pop()[0])
        if self.path:
            self.path.pop()

    def _read(self, parent: int, name: str) -> Iterator[tuple[Entry | Problem, int]]:
        status = os.stat(name, dir_fd=parent, follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode):
            if len(self.held) >= DEPTH:
                why = f"it lies more than {DEPTH} directories deep"
                yield Problem(self.number, (*self.path, name), why), -1
                return
            self.path.append(name)
            yield self._enter(os.open(name, _DIRECTORY, dir_fd=parent)), -1
        elif stat.S_ISREG(status.st_mode):
            yield from self._file(parent, name)
        else:
            carried = xattrs(f"/proc/self/fd/{parent}/{name}")
            link = None
            if stat.S_ISLNK(status.st_mode):
                link = os.readlink(name, dir_fd=parent)
            yield self._entry((name,), status, carried)._replace(link=link), -1

    def _file(self, parent: int, name: str) -> Iterator[tuple[Entry, int]]:
        fd = os.open(name, _FILE, dir_fd=parent)
        try:
            status = os.fstat(fd)
            entry = self._entry((name,), status, xattrs(fd))
            if status.st_ino in self.sent:
                yield entry._replace(repeats=True), -1
                return
            self.sent.add(status.st_ino)
            if any(name == METACOPY for name, _ in entry.xattrs):
                yield entry, -1
            else:
                yield entry._replace(extents=extents(fd, status)), fd
        finally:
            os.close(fd)

    def _entry(
        self,
        name: tuple[str, ...],
        status: os.stat_result,
        carried: tuple[tuple[str, bytes], ...],
    ) -> Entry:
        return Entry(
            layer=self.number,
            path=(*self.path, *name),
            mode=status.st_mode,
            uid=status.st_uid,
            gid=status.st_gid,
            size=status.st_size,
            atime_ns=status.st_atime_ns,
            mtime_ns=status.st_mtime_ns,
            ctime_ns=status.st_ctime_ns,
            rdev=status.st_rdev,
            nlink=status.st_nlink,
            inode=status.st_ino,
            link=None,
            xattrs=carried,
        )


def _text(name: str) -> str:
    """The bytes of a name, one character each: exact whatever the locale is."""
    return os.fsencode(name).decode("latin-1")


def _line(found: Found) -> bytes:
    fields = found._asdict()
    if isinstance(found, Crowd):
        return json.dumps(fields).encode() + b"\n"
    fields["path"] = [_text(name) for name in found.path]
    if isinstance(found, Entry):
        fields["link"] = None if found.link is None else _text(found.link)
        fields["xattrs"] = [
            (_text(name), value.decode("latin-1")) for name, value in found.xattrs
        ]
    return json.dumps(fields).encode() + b"\n"


def write(uppers: Sequence[str], out: BinaryIO, *, most: int) -> None:
    """Write the stream that the module's docstring describes."""
    out.write(MAGIC)
    count = 0
    for found, fd in walk_some(uppers, most):
        out.write(_line(found))
        count += 1
        if isinstance(found, Entry):
            out.writelines(data for _, data in pieces(fd, found.extents))
    out.write(json.dumps({"end": count}).encode() + b"\n")
    out.flush()


if __name__ == "__main__":
    write(sys.argv[2:], sys.stdout.buffer, most=int(sys.argv[1]))
