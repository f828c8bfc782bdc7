"""What lies in the upper directories, as a tree, its contents kept as blobs."""

import json
import os
import stat
import sys
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from linara_agent.core.change import PathState
from linara_agent.docker_sandbox.blobs import Blobs
from linara_agent.docker_sandbox.host_tree import own, size_of, type_of
from linara_agent.docker_sandbox.upper_walk import (
    MAGIC,
    METACOPY,
    Crowd,
    Entry,
    Found,
    Problem,
    pieces,
    walk_some,
)
from linara_agent.errors import SandboxUnavailable

_OPAQUE = "trusted.overlay.opaque"
_REDIRECT = "trusted.overlay.redirect"
_NLINK = "trusted.overlay.nlink"
_ORIGIN = "trusted.overlay.origin"
_HANDLE = 21  # bytes before what the lower's file system gives
_INODES = {
    (1, 29): slice(21, 25),  # most: inode and generation
    (1, 33): slice(25, 33),  # tmpfs: generation and inode
    (0x81, 33): slice(21, 29),  # XFS
    (0x4D, 41): slice(21, 29),  # btrfs
}
"""Where the inode stands in a file handle of this kind and of so many bytes.

Kinds: `enum fid_type` in the kernel's include/linux/exportfs.h; what is in them:
`encode_fh` of each file system. The length is what tells tmpfs from the others.
"""
_CHUNK = 1 << 20
_LONGEST_LINE = 8 << 20

_DAMAGE = (OSError, EOFError, ValueError, TypeError, AttributeError, KeyError)

Read = Generator[tuple[Found, str | None], None, None]
"""Entries, each with the digest of the content that the upper holds for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One name in an upper; `sha256` of its content unless that is the lower's."""

    entry: Entry
    sha256: str | None
    children: dict[str, "Node"] = field(default_factory=dict)

    @property
    def whiteout(self) -> bool:
        """It hides the lower's name: overlayfs's character device 0:0."""
        return stat.S_ISCHR(self.entry.mode) and self.entry.rdev == 0

    @property
    def directory(self) -> bool:
        return stat.S_ISDIR(self.entry.mode)

    @property
    def regular(self) -> bool:
        return stat.S_ISREG(self.entry.mode)

    @property
    def opaque(self) -> bool:
        """Nothing of the lower's directory shines through."""
        return self.xattr(_OPAQUE) == b"y"

    @property
    def metacopy(self) -> bool:
        """Its content is still the lower's."""
        return self.xattr(METACOPY) is not None

    @property
    def redirect(self) -> str | None:
        """Where the lower part lies: a name beside it, or a path from the root."""
        target = self.xattr(_REDIRECT)
        return None if target is None else os.fsdecode(target)

    @property
    def lower_inode(self) -> int | None:
        """The inode of the lower file that it was copied from, where that is told.

        The kernel's `struct ovl_fb` (fs/overlayfs/overlayfs.h): five bytes, the last
        of them the kind of handle, a UUID, and what the lower's file system gives.
        """
        handle = self.xattr(_ORIGIN)
        if handle is None or len(handle) < _HANDLE:
            return None
        place = _INODES.get((handle[4], len(handle)))
        if place is None:
            return None
        return int.from_bytes(handle[place], sys.byteorder)

    @property
    def linked(self) -> bool:
        """The lower file has several names, and all of them lead here now."""
        return self.xattr(_NLINK) is not None

    def xattr(self, name: str) -> bytes | None:
        return next((value for n, value in self.entry.xattrs if n == name), None)

    def state(self) -> PathState:
        entry = self.entry
        return PathState(
            type=type_of(entry.mode),
            size=size_of(entry.mode, entry.size),
            mode=stat.S_IMODE(entry.mode),
            uid=entry.uid,
            gid=entry.gid,
            mtime_ns=entry.mtime_ns,
            inode=entry.inode if entry.nlink > 1 and not self.directory else None,
            link=entry.link,
            sha256=self.sha256,
            xattrs=own(entry.xattrs),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Uppers:
    """The roots and the nameless files by layer; `cut` if there were more entries
    than wanted: then these are a sample.
    """

    roots: Mapping[int, Node]
    nameless: Mapping[int, Sequence[Node]]
    problems: tuple[Problem, ...]
    cut: bool


def build(read: Read, *, layers: int, entries: int) -> Uppers:
    """Put at most so many entries together; raises SandboxUnavailable if some lack."""
    roots: dict[int, Node] = {}
    nameless: defaultdict[int, list[Node]] = defaultdict(list)
    problems: list[Problem] = []
    cut = False
    for count, (found, sha256) in enumerate(read):
        if count >= entries + int(cut):
            cut = True
            break
        if isinstance(found, Crowd):
            cut = True
        elif isinstance(found, Problem):
            problems.append(found)
        elif found.nameless:
            nameless[found.layer].append(Node(entry=found, sha256=sha256))
        else:
            _place(roots, Node(entry=found, sha256=sha256))
    if not roots.keys() <= set(range(layers)) or not (cut or len(roots) == layers):
        raise _unreadable("its layers are not those of the preview")
    return Uppers(roots=roots, nameless=nameless, problems=tuple(problems), cut=cut)


def _place(roots: dict[int, Node], node: Node) -> None:
    path = node.entry.path
    if not path:
        roots[node.entry.layer] = node
        return
    try:
        parent = roots[node.entry.layer]
        for name in path[:-1]:
            parent = parent.children[name]
    except KeyError as problem:
        raise _unreadable("an entry came before its directory") from problem
    parent.children[path[-1]] = node


def read_in_process(uppers: Sequence[str], blobs: Blobs, *, most: int) -> Read:
    """Walk uppers that this process may read, which takes root."""
    contents: dict[tuple[int, int], str] = {}
    try:
        for found, fd in walk_some(uppers, most):
            yield found, _kept(found, blobs, contents, _from_file(found, fd))
    except OSError as problem:
        raise _unreadable(problem.strerror or str(problem)) from problem


def read_stream(stream: BinaryIO, blobs: Blobs) -> Read:
    """Take the entries from a stream that `upper_walk` wrote elsewhere."""
    contents: dict[tuple[int, int], str] = {}
    count = 0
    try:
        if stream.read(len(MAGIC)) != MAGIC:
            raise _unreadable("the reader's output does not begin as it should")
        while (line := json.loads(stream.readline(_LONGEST_LINE))).keys() != {"end"}:
            found = _found(line)
            yield found, _kept(found, blobs, contents, _from_stream(found, stream))
            count += 1
    except _DAMAGE as problem:
        raise _unreadable("the reader's output was cut or damaged") from problem
    if line["end"] != count:
        raise _unreadable("the reader's output is not complete")


def _kept(
    found: Found,
    blobs: Blobs,
    contents: dict[tuple[int, int], str],
    data: Iterable[tuple[int, bytes]],
) -> str | None:
    if not isinstance(found, Entry) or not stat.S_ISREG(found.mode):
        return None
    key = (found.layer, found.inode)
    if not found.repeats and all(name != METACOPY for name, _ in found.xattrs):
        contents[key] = blobs.keep(found.size, data)
    return contents.get(key)


def _from_file(found: Found, fd: int) -> Iterator[tuple[int, bytes]]:
    if isinstance(found, Entry):
        yield from pieces(fd, found.extents)


def _from_stream(found: Found, stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    for offset, length in found.extents if isinstance(found, Entry) else ():
        at, end = offset, offset + length
        while at < end:
            data = stream.read(min(_CHUNK, end - at))
            if not data:
                raise EOFError
            yield at, data
            at += len(data)


def _found(line: dict[str, Any]) -> Found:
    """Raises ValueError, TypeError or KeyError if the line is no entry."""
    if line.keys() == {"most"}:
        return Crowd(int(line["most"]))
    path = tuple(_name(name) for name in line["path"])
    if "reason" in line:
        return Problem(int(line["layer"]), path, str(line["reason"]))
    carried = tuple(
        (_text(name), value.encode("latin-1")) for name, value in line["xattrs"]
    )
    spans = tuple((int(offset), int(length)) for offset, length in line["extents"])
    link = None if line["link"] is None else _text(line["link"])
    found = Entry(**{**line, "path": path, "link": link})
    return found._replace(xattrs=carried, extents=spans)


def _name(text: str) -> str:
    name = _text(text)
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise ValueError("an entry's path is not below its upper")
    return name


def _text(text: str) -> str:
    return os.fsdecode(text.encode("latin-1"))


def _unreadable(why: str) -> SandboxUnavailable:
    return SandboxUnavailable(
        f"What the script changed in the twin could not be read: {why}.",
        not_done="Nothing was changed on this machine.",
        remedy="Try again; `linara-agent doctor` checks the sandbox.",
    )
