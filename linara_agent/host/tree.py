"""A whole tree on the host: its entries, its removal, its making."""

import errno
import os
import stat
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from linara_agent.core.change import FileType, PathState
from linara_agent.host.directories import Directories, split
from linara_agent.host.metadata import open_thing, set_metadata
from linara_agent.host.path_state import state_at, state_from
from linara_agent.host.scene import writable

_PIECE = 1 << 20
_LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_MAKE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

Content = Callable[[str, PathState], int]
"""Opens, for reading, the bytes of the file that is to have a path and a state."""


def _by_itself(rest: str, state: PathState) -> None:
    """No file is a hard link of another."""
    del rest, state


def scan(
    path: str, directories: Directories, *, xattrs: bool = False
) -> dict[str, PathState]:
    """Every entry below a directory with its state, parents first; not the top.

    Raises OSError (PermissionError where a directory cannot be listed).
    """
    found: dict[str, PathState] = {}
    waiting = [path]
    while waiting:
        here = waiting.pop()
        directory = directories.open(here)
        for name in sorted(names_in(directory)):
            state = state_at(directory, name, xattrs=xattrs)
            if state is None:
                continue
            found[f"{here}/{name}"] = state
            if state.type is FileType.DIRECTORY:
                waiting.append(f"{here}/{name}")
    return found


def names_in(directory: int) -> list[str]:
    """The names in a directory given by an O_PATH descriptor."""
    listing = os.open(".", _LIST, dir_fd=directory)
    try:
        with os.scandir(listing) as entries:
            return [entry.name for entry in entries]
    finally:
        os.close(listing)


def remove(path: str, directories: Directories) -> None:
    """Remove whatever bears this path, a tree too; nothing if there is nothing."""
    parent, name = split(path)
    above = directories.open(parent)
    state = state_at(above, name)
    if state is None:
        return
    if state.type is not FileType.DIRECTORY:
        with writable(above):
            os.unlink(name, dir_fd=above)
        return
    for here in reversed(_emptied(path, directories)):
        parent, name = split(here)
        above = directories.open(parent)
        with writable(above):
            os.rmdir(name, dir_fd=above)


def _emptied(path: str, directories: Directories) -> list[str]:
    """Unlink all but the directories of a tree; they are returned, parents first."""
    found = [path]
    for here in found:
        directory = directories.open(here)
        _open_up(directory)
        for name in names_in(directory):
            state = state_at(directory, name)
            if state is not None and state.type is FileType.DIRECTORY:
                found.append(f"{here}/{name}")
            elif state is not None:
                os.unlink(name, dir_fd=directory)
    return found


def _open_up(directory: int) -> None:
    """Let the owner list and change a directory that is about to go."""
    status = os.fstat(directory)
    if status.st_uid == os.geteuid() and status.st_mode & stat.S_IRWXU != stat.S_IRWXU:
        mode = stat.S_IMODE(status.st_mode) | stat.S_IRWXU
        Path(f"/proc/self/fd/{directory}").chmod(mode)


@dataclass(slots=True, kw_only=True)
class Maker:
    """Makes things under new names.

    `content` opens the bytes of a file for reading. Files with the same `identity`
    become hard links of one another; None is a file by itself.
    """

    directories: Directories
    content: Content
    identity: Callable[[str, PathState], Hashable | None] = _by_itself
    _made: dict[Hashable, str] = field(default_factory=dict)

    def know(self, identity: Hashable, path: str) -> None:
        """Files with this identity are to be links of one that is there."""
        self._made.setdefault(identity, path)

    def make(self, path: str, states: Mapping[str, PathState]) -> int:
        """Make a thing or a tree, and return its inode.

        `states` maps what stands behind `path` ("" for the top, "/name" for an
        entry) to its state, parents first. Directories get their attributes last.
        """
        for rest, state in states.items():
            key = self.identity(rest, state)
            if key is not None and self._linked(path + rest, key):
                continue
            if state.type is FileType.FILE:
                self._file(path, rest, state)
            else:
                self._special(path + rest, state)
            if key is not None and state.type is not FileType.DIRECTORY:
                self._made[key] = path + rest
        for rest, state in reversed(tuple(states.items())):
            if state.type is FileType.DIRECTORY:
                set_metadata(self.directories.open(path + rest), state)
        parent, name = split(path)
        directory = self.directories.open(parent)
        return os.stat(name, dir_fd=directory, follow_symlinks=False).st_ino

    def _file(self, path: str, rest: str, state: PathState) -> None:
        source = self.content(rest, state)
        try:
            parent, name = split(path + rest)
            directory = self.directories.open(parent)
            with writable(directory):
                target = os.open(name, _MAKE, 0o600, dir_fd=directory)
            try:
                copy_content(source, target)
                set_metadata(target, state)
            finally:
                os.close(target)
        finally:
            os.close(source)

    def _linked(self, path: str, key: Hashable) -> bool:
        """Make a second name of a file already made; False where that cannot be."""
        twin = self._made.get(key)
        if twin is None:
            return False
        parent, name = split(twin)
        # The next open may close the directory of the first.
        there = os.dup(self.directories.open(parent))
        try:
            parent, other = split(path)
            here = self.directories.open(parent)
            with writable(here):
                os.link(
                    name,
                    other,
                    src_dir_fd=there,
                    dst_dir_fd=here,
                    follow_symlinks=False,
                )
        except OSError as error:
            if error.errno in (errno.EXDEV, errno.EMLINK, errno.EPERM):
                return False
            raise
        finally:
            os.close(there)
        return True

    def _special(self, path: str, state: PathState) -> None:
        parent, name = split(path)
        directory = self.directories.open(parent)
        with writable(directory):
            _make_special(directory, name, state)
        if state.type is FileType.DIRECTORY:
            return
        thing = open_thing(directory, name)
        try:
            if state_from(os.fstat(thing)).type is not state.type:
                raise OSError(errno.ESTALE, "something else took its name", name)
            set_metadata(thing, state)
        finally:
            os.close(thing)


def _make_special(directory: int, name: str, state: PathState) -> None:
    match state.type:
        case FileType.DIRECTORY:
            os.mkdir(name, 0o700, dir_fd=directory)
        case FileType.SYMLINK:
            os.symlink(state.link or "", name, dir_fd=directory)
        case FileType.FIFO:
            os.mkfifo(name, 0o600, dir_fd=directory)
        case FileType.SOCKET:
            os.mknod(name, stat.S_IFSOCK | 0o600, dir_fd=directory)
        case FileType.CHARACTER_DEVICE | FileType.BLOCK_DEVICE | FileType.FILE:
            raise OSError(errno.EPERM, f"a {state.type} is not made here", name)


def copy_content(source: int, target: int) -> None:
    """Copy a file's bytes into an empty one; its holes stay holes."""
    status = os.fstat(source)
    # Blocks of 512 bytes, whatever the file system's own are (stat(2)).
    if status.st_blocks * 512 >= status.st_size:
        _copy_range(source, target, 0, status.st_size)
        return
    start = 0
    while start < status.st_size:
        try:
            start = os.lseek(source, start, os.SEEK_DATA)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            break  # nothing but a hole is left
        end = os.lseek(source, start, os.SEEK_HOLE)
        _copy_range(source, target, start, end)
        start = end
    os.ftruncate(target, status.st_size)


def _copy_range(source: int, target: int, start: int, end: int) -> None:
    while start < end:
        piece = os.pread(source, min(_PIECE, end - start), start)
        if not piece:
            raise OSError(errno.EIO, "the file became shorter while it was read")
        done = 0
        while done < len(piece):
            done += os.pwrite(target, piece[done:], start + done)
        start += len(piece)


def copy(source: str, target: str, *, top: PathState, directories: Directories) -> None:
    """Copy a tree, attributes and all, to a new name that may be on another device.

    What the caller may not give away (another's ownership) becomes the caller's.
    """
    states = {"": top} | {
        path.removeprefix(source): state
        for path, state in (
            scan(source, directories, xattrs=True).items()
            if top.type is FileType.DIRECTORY
            else ()
        )
    }

    def content(rest: str, state: PathState) -> int:
        del state
        parent, name = split(source + rest)
        return os.open(
            name,
            os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC,
            dir_fd=directories.open(parent),
        )

    owned = {rest: _ownable(state) for rest, state in states.items()}
    Maker(directories=directories, content=content).make(target, owned)


def _ownable(state: PathState) -> PathState:
    if os.geteuid() == 0:
        return state
    group = state.gid if state.gid in (os.getegid(), *os.getgroups()) else os.getegid()
    xattrs = tuple(
        pair for pair in state.xattrs if pair[0].startswith(("user.", "system."))
    )
    return replace(state, uid=os.geteuid(), gid=group, xattrs=xattrs)
