"""Tells what a script changed in a copy, in the words of an overlay's upper directory.

It runs as root in a container of ours that holds the copy and no text of anybody's:
before the script starts it writes down what is there (inode and time of the last
change of every name), and when the script's container is gone it writes the stream
of `upper_walk` with only what is different, whiteouts for what is missing. So what
came of a copy is read like what came of a twin.

The copy's clock is not the host's: an entry says of its own times only "before the
script" (0) or "since" (`LATER`).

Like `upper_walk`, whose source is sent along, it runs under Python 3.9 and imports
nothing else but the standard library.
"""

from __future__ import annotations

import json
import os
import select
import stat
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

from linara_agent.docker_sandbox.upper_walk import (
    MAGIC,
    Entry,
    Problem,
    _line,
    extents,
    pieces,
    walk,
)

LATER = 1 << 62
READY, FULL, GO = b"ready\n", b"full\n", b"go\n"
NAMED_ASIDE = 20
_WATCH_S = 0.5
_OPAQUE = ("trusted.overlay.opaque", b"y")
_NLINK = ("trusted.overlay.nlink", b"U+0")
_MASK = ("trusted.linara-agent.masked", b"1")


class Known:
    """What one directory held before the script: the state of every name below."""

    def __init__(self, root: str) -> None:
        self.states: dict[tuple[str, ...], tuple[int, int, int]] = {}
        self.below: dict[tuple[str, ...], set[str]] = {}
        waiting: list[tuple[str, ...]] = [()]
        while waiting:
            inner = waiting.pop()
            path = "/".join((root, *inner))
            status = os.lstat(path)
            self.states[inner] = (
                status.st_ino,
                status.st_ctime_ns,
                status.st_atime_ns,
            )
            if stat.S_ISDIR(status.st_mode):
                self.below[inner] = set(os.listdir(path))  # noqa: PTH208 — names, not paths
                waiting += [(*inner, name) for name in self.below[inner]]

    def same(self, entry: Entry) -> bool:
        state = self.states.get(entry.path)
        return state is not None and state[:2] == (entry.inode, entry.ctime_ns)

    def dated(self, entry: Entry) -> Entry:
        state = self.states.get(entry.path)
        read = state is None or state[2] != entry.atime_ns
        return entry._replace(
            ctime_ns=0 if self.same(entry) else LATER,
            atime_ns=LATER if read else 0,
        )


class Telling:
    """One copy: which entries are told, each after the directories that hold it."""

    def __init__(
        self,
        root: str,
        known: Known,
        placeholders: set[tuple[str, ...]],
        linked: set[tuple[str, ...]],
    ) -> None:
        self.root = root
        self.known = known
        self.placeholders = placeholders
        self.masked = {
            known.states[path][0] for path in placeholders if path in known.states
        }
        self.shared = {known.states[path][0] for path in linked if path in known.states}
        self.way: list[tuple[Entry, bool]] = []
        self.sent: set[int] = set()

    def entries(self) -> Iterator[tuple[Entry | Problem, int]]:
        for found, fd in walk([self.root]):
            if isinstance(found, Problem):
                yield from self._way_to(found.path)
                yield found, -1
            elif stat.S_ISDIR(found.mode):
                yield from self._directory(found)
            elif not self.known.same(found) or found.path in self.placeholders:
                yield from self._way_to(found.path)
                yield from self._content(self._marked(found), fd)

    def _way_to(self, path: tuple[str, ...]) -> Iterator[tuple[Entry, int]]:
        """The directories above that were not told yet."""
        del self.way[max(len(path), 1) :]
        for depth, (entry, told) in enumerate(self.way):
            if not told:
                self.way[depth] = (entry, True)
                yield entry, -1

    def _directory(self, found: Entry) -> Iterator[tuple[Entry, int]]:
        del self.way[len(found.path) :]
        self.way.append((self._marked(found), False))
        before = self.known.below.get(found.path)
        here = os.listdir("/".join((self.root, *found.path)))  # noqa: PTH208 — names
        lacking = sorted((before or set()).difference(here))
        told = (
            not found.path
            or lacking
            or not self.known.same(found)
            or found.path in self.placeholders
        )
        if told:
            yield from self._way_to((*found.path, ""))
        for name in lacking:
            yield _whiteout(found, name), -1

    def _marked(self, found: Entry) -> Entry:
        extra = []
        if found.inode in self.masked:
            extra.append(_MASK)
        directory = stat.S_ISDIR(found.mode)
        if directory and found.path not in self.known.below:
            extra.append(_OPAQUE)
        if not directory and found.inode in self.shared:
            extra.append(_NLINK)
        dated = self.known.dated(found)
        return dated._replace(xattrs=(*dated.xattrs, *extra))

    def _content(self, entry: Entry, fd: int) -> Iterator[tuple[Entry, int]]:
        """The first name that is told of a file brings its content."""
        if not stat.S_ISREG(entry.mode):
            yield entry, -1
        elif entry.inode in self.sent:
            yield entry._replace(extents=(), repeats=True), -1
        else:
            self.sent.add(entry.inode)
            if not entry.repeats:
                yield entry, fd
                return
            path = "/".join((self.root, *entry.path))
            own = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                held = extents(own, os.fstat(own))
                yield entry._replace(extents=held, repeats=False), own
            finally:
                os.close(own)


def _whiteout(parent: Entry, name: str) -> Entry:
    return parent._replace(
        path=(*parent.path, name),
        mode=stat.S_IFCHR,
        rdev=0,
        size=0,
        nlink=1,
        inode=0,
        xattrs=(),
        ctime_ns=LATER,
        atime_ns=LATER,
    )


def aside(number: int, root: str, known: Known) -> Iterator[tuple[int, str]]:
    """What was made or changed beside the workspace, by the place it lies in."""
    for found, _ in walk([root]):
        if not found.path:
            continue
        if isinstance(found, Problem) or not known.same(found):
            directory = isinstance(found, Entry) and stat.S_ISDIR(found.mode)
            if directory and found.path in known.below:
                continue  # only something in it changed, which is told itself
            yield number, "/".join(found.path)


def used(roots: list[str]) -> int:
    """Bytes on disk below these directories; what vanishes meanwhile is left out."""
    total = 0
    waiting = list(roots)
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except OSError:
            continue
    return total


def wait(roots: list[str], limit: int) -> bool:
    """Until we are told to go on; says when the disk is being filled. False at EOF."""
    free = _free(roots[0])
    told = False
    line = b""
    while not line.endswith(GO):
        if select.select([0], [], [], _WATCH_S)[0]:
            data = os.read(0, 1 << 10)
            if not data:
                return False
            line += data
        elif not told and free - _free(roots[0]) > limit and used(roots) > limit:
            told = True
            os.write(1, FULL)
    return True


def _free(path: str) -> int:
    state = os.statvfs(path)
    return state.f_bavail * state.f_frsize


def tell(copy: Telling, beside: list[tuple[int, str]], out: BinaryIO) -> None:
    named = [(number, _latin(path)) for number, path in beside[:NAMED_ASIDE]]
    head = {"aside": named, "more": max(0, len(beside) - NAMED_ASIDE)}
    out.write(json.dumps(head).encode() + b"\n" + MAGIC)
    count = 0
    for found, fd in copy.entries():
        out.write(_line(found))
        count += 1
        if isinstance(found, Entry):
            out.writelines(data for _, data in pieces(fd, found.extents))
    out.write(json.dumps({"end": count}).encode() + b"\n")
    out.flush()


def _latin(path: str) -> str:
    return os.fsencode(path).decode("latin-1")


def _paths(told: list[str]) -> set[tuple[str, ...]]:
    """Paths below the workspace, as they came over the wire; "" is itself."""
    decoded = [os.fsdecode(path.encode("latin-1")) for path in told]
    return {tuple(path.split("/")) if path else () for path in decoded}


def main(roots: list[str], boot: dict[str, Any]) -> int:
    """`roots`: the workspace's copy first, then the places beside it."""
    known = [Known(root) for root in roots]
    os.write(1, READY)
    if not wait(roots, boot["limit"]):
        return 0
    placeholders, linked = _paths(boot["placeholders"]), _paths(boot["linked"])
    copy = Telling(roots[0], known[0], placeholders, linked)
    beside = [
        found
        for number, root in enumerate(roots)
        if number
        for found in aside(number, root, known[number])
    ]
    tell(copy, beside, sys.stdout.buffer)
    return 0
