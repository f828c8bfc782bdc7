"""The workspace as a tar for an engine that cannot see it.

Everything goes along but what must not: masked places and files that the caller
cannot read become empty placeholders of the same owner and mode, sockets and devices
stay behind. Nothing is left out by name (a script may well ask for `.git`), so a
workspace over the limit is an error that says what in it is large.
"""

import io
import os
import stat
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from typing_extensions import override

from linara_agent.docker_sandbox.endpoint import NOT_DONE
from linara_agent.docker_sandbox.host_tree import own
from linara_agent.docker_sandbox.upper_walk import xattrs
from linara_agent.errors import SandboxUnavailable

_NAMED = 3
_MEGA = 1_000_000
_TYPES = {
    stat.S_IFREG: tarfile.REGTYPE,
    stat.S_IFDIR: tarfile.DIRTYPE,
    stat.S_IFLNK: tarfile.SYMTYPE,
    stat.S_IFIFO: tarfile.FIFOTYPE,
}
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One name below the workspace; `inner` is "" for the workspace itself."""

    inner: str
    path: str
    status: os.stat_result
    placeholder: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cargo:
    """All that is sent; `left_behind` are sockets and devices, by path."""

    items: tuple[Item, ...]
    left_behind: tuple[str, ...]

    @property
    def size(self) -> int:
        return sum(_content_size(item) for item in self.items)

    @property
    def placeholders(self) -> tuple[str, ...]:
        return tuple(item.path for item in self.items if item.placeholder)

    @property
    def linked(self) -> tuple[str, ...]:
        """Regular files of several names, some of which may lie elsewhere."""
        return tuple(
            item.inner
            for item in self.items
            if stat.S_ISREG(item.status.st_mode) and item.status.st_nlink > 1
        )


def gather(workspace: str, masks: Iterable[str], *, most: int, entries: int) -> Cargo:
    """List what is sent; raises SandboxUnavailable if it is more than may be."""
    hidden = {os.path.realpath(mask) for mask in masks}
    items: list[Item] = []
    left: list[str] = []
    for item in _walk(workspace, hidden):
        if stat.S_IFMT(item.status.st_mode) in _TYPES:
            items.append(item)
        else:
            left.append(item.path)
        if len(items) > entries:
            raise _too_large(workspace, f"it holds more than {entries} names")
    cargo = Cargo(items=tuple(items), left_behind=tuple(left))
    if cargo.size > most:
        held = f"it holds {cargo.size // _MEGA} MB, and at most {most // _MEGA} are"
        raise _too_large(workspace, f"{held} copied; large are {_largest(cargo)}")
    return cargo


def _walk(workspace: str, hidden: set[str]) -> Iterator[Item]:
    waiting = [("", workspace)]
    while waiting:
        inner, path = waiting.pop()
        try:
            status = os.lstat(path)
        except OSError as exc:
            if not inner:
                raise _unreadable(path, exc) from exc
            continue  # gone meanwhile
        masked = path in hidden or not _readable(path, status.st_mode)
        yield Item(inner=inner, path=path, status=status, placeholder=masked)
        if stat.S_ISDIR(status.st_mode) and not masked:
            with os.scandir(path) as entries:
                names = sorted((entry.name for entry in entries), reverse=True)
            base = f"{inner}/" if inner else ""
            waiting += [(f"{base}{name}", f"{path}/{name}") for name in names]


def _readable(path: str, mode: int) -> bool:
    if stat.S_ISDIR(mode):
        return os.access(path, os.R_OK | os.X_OK)
    return not stat.S_ISREG(mode) or os.access(path, os.R_OK)


def _content_size(item: Item) -> int:
    regular = stat.S_ISREG(item.status.st_mode) and not item.placeholder
    return item.status.st_size if regular else 0


def _largest(cargo: Cargo) -> str:
    """What directly in the workspace weighs most, with its size."""
    sizes: dict[str, int] = {}
    for item in cargo.items:
        top = item.inner.partition("/")[0]
        sizes[top] = sizes.get(top, 0) + _content_size(item)
    heavy = sorted(sizes.items(), key=lambda pair: -pair[1])[:_NAMED]
    return ", ".join(
        f"{os.fsencode(name).decode(errors='backslashreplace')} ({size // _MEGA} MB)"
        for name, size in heavy
        if size
    )


def pack(cargo: Cargo, place: str, out: BinaryIO) -> None:
    """Write the tar, everything below `place`; raises SandboxUnavailable."""
    names: dict[tuple[int, int], str] = {}
    with tarfile.open(
        fileobj=out, mode="w", format=tarfile.PAX_FORMAT, encoding="utf-8"
    ) as tar:
        for item in cargo.items:
            member = _member(item, place)
            status = item.status
            known = names.get((status.st_dev, status.st_ino))
            if known is not None:
                member.type, member.linkname, member.size = tarfile.LNKTYPE, known, 0
            elif stat.S_ISREG(status.st_mode) and status.st_nlink > 1:
                names[status.st_dev, status.st_ino] = member.name
            if member.isreg() and not item.placeholder:
                _add_file(tar, member, item)
            else:
                tar.addfile(member)


def add_directory(tar: tarfile.TarFile, name: str, status: os.stat_result) -> None:
    """An empty directory with the owner and mode of one of the host's."""
    member = tarfile.TarInfo(name)
    member.type = tarfile.DIRTYPE
    member.mode = stat.S_IMODE(status.st_mode)
    member.uid, member.gid = status.st_uid, status.st_gid
    tar.addfile(member)


def _add_file(tar: tarfile.TarFile, member: tarfile.TarInfo, item: Item) -> None:
    try:
        fd = os.open(item.path, _READ)
        with os.fdopen(fd, "rb") as file:
            tar.addfile(member, _Exactly(file, member.size))
    except OSError as exc:
        raise _unreadable(item.path, exc) from exc


class _Exactly(io.RawIOBase):
    """A file's first bytes, zeros where it became shorter: a tar says sizes first.

    A file that changes meanwhile has a later ctime, and its changes are unsettled.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._left = size

    @override
    def read(self, size: int = -1, /) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        data = self._file.read(wanted).ljust(wanted, b"\0")
        self._left -= wanted
        return data


def _member(item: Item, place: str) -> tarfile.TarInfo:
    status = item.status
    member = tarfile.TarInfo(f"{place}/{item.inner}".rstrip("/"))
    member.type = _TYPES[stat.S_IFMT(status.st_mode)]
    member.mode = stat.S_IMODE(status.st_mode)
    member.uid, member.gid = status.st_uid, status.st_gid
    member.size = _content_size(item)
    if member.issym():
        member.linkname = os.readlink(item.path)  # noqa: PTH115 — a str path as the kernel gives it
    seconds, nanoseconds = divmod(status.st_mtime_ns, 10**9)
    member.mtime = seconds
    member.pax_headers = {"mtime": f"{seconds}.{nanoseconds:09d}"}
    carried = {name for name, _ in own(_xattrs(item.path))}
    for name, value in _xattrs(item.path):
        if name in carried:
            text = value.decode("utf-8", "surrogateescape")
            member.pax_headers[f"SCHILY.xattr.{name}"] = text
    return member


def _xattrs(path: str) -> tuple[tuple[str, bytes], ...]:
    try:
        return xattrs(path)
    except OSError:
        return ()


def _too_large(workspace: str, why: str) -> SandboxUnavailable:
    return SandboxUnavailable(
        f"The workspace {workspace} is too large for a copy: {why}.",
        not_done=NOT_DONE,
        remedy="Work in a smaller directory, move what is large out of it, or use an "
        "engine on this machine.",
    )


def _unreadable(path: str, exc: OSError) -> SandboxUnavailable:
    return SandboxUnavailable(
        f"{path} cannot be copied for the preview ({exc.strerror or exc}).",
        not_done=NOT_DONE,
        remedy="Try again when nothing is changing there.",
    )
