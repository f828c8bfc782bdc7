"""What a path is on the host now, and how that differs from what a plan saw."""

import os
import stat
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import file_digest

from linara_agent.core.change import FileType, PathState
from linara_agent.host.directories import Directories, split

_TYPES = {
    stat.S_IFREG: FileType.FILE,
    stat.S_IFDIR: FileType.DIRECTORY,
    stat.S_IFLNK: FileType.SYMLINK,
    stat.S_IFIFO: FileType.FIFO,
    stat.S_IFSOCK: FileType.SOCKET,
    stat.S_IFCHR: FileType.CHARACTER_DEVICE,
    stat.S_IFBLK: FileType.BLOCK_DEVICE,
}
_SECOND = 1_000_000_000


def state_of(
    path: str, *, directories: Directories, xattrs: bool = False
) -> PathState | None:
    """The state of an absolute path, None if it or a directory above is absent.

    No symlink is followed: NotADirectoryError if a component above is one.
    """
    parent, name = split(path)
    try:
        directory = directories.open(parent)
    except FileNotFoundError:
        return None
    return state_at(directory, name, xattrs=xattrs)


def state_at(directory: int, name: str, *, xattrs: bool = False) -> PathState | None:
    """The state of a name in an open directory, None if there is no such name."""
    try:
        status = os.stat(name, dir_fd=directory, follow_symlinks=False)
        link = (
            os.readlink(name, dir_fd=directory)
            if stat.S_ISLNK(status.st_mode)
            else None
        )
        found = read_xattrs(directory, name) if xattrs else ()
    except FileNotFoundError:
        return None
    return state_from(status, link=link, xattrs=found)


def state_from(
    status: os.stat_result,
    *,
    link: str | None = None,
    xattrs: tuple[tuple[str, str], ...] = (),
) -> PathState:
    kind = _TYPES[stat.S_IFMT(status.st_mode)]
    return PathState(
        type=kind,
        size=0 if kind is FileType.DIRECTORY else status.st_size,
        mode=stat.S_IMODE(status.st_mode),
        uid=status.st_uid,
        gid=status.st_gid,
        mtime_ns=status.st_mtime_ns,
        ctime_ns=status.st_ctime_ns,
        inode=status.st_ino,
        link=link,
        xattrs=xattrs,
    )


def kept_xattr(name: str) -> bool:
    """Whether a plan carries an extended attribute; others (SELinux labels,
    `trusted.*`) are set by the system and left alone.
    """
    return (
        name.startswith(("user.", "system.posix_acl_")) or name == "security.capability"
    )


def read_xattrs(directory: int, name: str) -> tuple[tuple[str, str], ...]:
    """Name and base64 of the value, sorted; none where there is no support."""
    path = f"/proc/self/fd/{directory}/{name}"
    try:
        names = sorted(os.listxattr(path, follow_symlinks=False))
        return tuple(
            (each, b64encode(os.getxattr(path, each, follow_symlinks=False)).decode())
            for each in names
            if kept_xattr(each)
        )
    except FileNotFoundError:
        raise
    except OSError:
        return ()


def digest_of(path: str, *, directories: Directories) -> str:
    """SHA-256 (hex) of a regular file; no link is followed, no device is read.

    Raises OSError.
    """
    parent, name = split(path)
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with os.fdopen(os.open(name, flags, dir_fd=directories.open(parent)), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(f"{path} is no regular file")
        return file_digest(file, "sha256").hexdigest()


def differences(
    expected: PathState | None, actual: PathState | None
) -> tuple[str, ...]:
    """How a path differs from what was expected, in words; empty if it does not.

    A `ctime_ns` or `inode` of None is not compared. Extended attributes are not:
    the kernel sets a new ctime when they change.
    """
    if expected is None:
        return () if actual is None else (f"is now a {actual.type}, was absent",)
    if actual is None:
        return (f"is gone, was a {expected.type}",)
    if expected.type is not actual.type:
        return (f"is now a {actual.type}, was a {expected.type}",)
    return tuple(_compare(expected, actual)) or tuple(_replaced(expected, actual))


def _compare(expected: PathState, actual: PathState) -> Iterator[str]:
    if expected.type is FileType.FILE and expected.size != actual.size:
        yield f"size {actual.size}, was {expected.size}"
    if expected.link is not None and expected.link != actual.link:
        yield f"leads to {actual.link!r}, was {expected.link!r}"
    if expected.type is not FileType.SYMLINK and expected.mode != actual.mode:
        yield f"mode {actual.mode:04o}, was {expected.mode:04o}"
    if (expected.uid, expected.gid) != (actual.uid, actual.gid):
        yield (f"owner {actual.uid}:{actual.gid}, was {expected.uid}:{expected.gid}")
    if expected.mtime_ns != actual.mtime_ns:
        yield f"modified at {moment(actual.mtime_ns)}, was {moment(expected.mtime_ns)}"


def _replaced(expected: PathState, actual: PathState) -> Iterator[str]:
    """What is left to say when nothing that a person sees differs."""
    if expected.inode is not None and expected.inode != actual.inode:
        yield f"was replaced by another {actual.type} that looks the same"
    elif (
        expected.ctime_ns is not None
        and actual.ctime_ns is not None
        and expected.ctime_ns != actual.ctime_ns
    ):
        yield (
            f"was written or changed at {moment(actual.ctime_ns)}"
            " and its time set back, or its attributes changed"
        )


def moment(nanoseconds: int) -> str:
    """A time as people and sorters read it, in UTC, exact to the nanosecond."""
    seconds, rest = divmod(nanoseconds, _SECOND)
    try:
        day = datetime.fromtimestamp(seconds, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return f"{seconds}.{rest:09d} s after 1970"
    return f"{day:%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"
