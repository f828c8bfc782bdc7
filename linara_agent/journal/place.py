"""Where the journal lies, and what is said when it cannot be used."""

import errno
import fcntl
import os
import stat
import time
from pathlib import Path

from linara_agent.errors import JournalUnavailable

DIRECTORY = "journal"
FILE = "journal.jsonl"

_PAUSE_S = 0.001

_NOT_DONE = (
    "Nothing further was run, because every step is journaled before it is taken."
)
_ELSEWHERE = "or set XDG_STATE_HOME to a directory of your own."

_CAUSES = {
    errno.EACCES: (
        "you have no permission",
        f"Give your user access to it, {_ELSEWHERE}",
    ),
    errno.EPERM: (
        "the system forbids it",
        f"Give your user access to it, {_ELSEWHERE}",
    ),
    errno.EROFS: ("it is on a read-only file system", f"Remount it, {_ELSEWHERE}"),
    errno.ENOSPC: ("the disk is full", "Free some space on that disk, then try again."),
    errno.EDQUOT: ("your disk quota is used up", "Free some space, then try again."),
    errno.EFBIG: (
        "it would exceed a file-size limit",
        "Raise the limit (`ulimit -f`).",
    ),
    errno.EEXIST: ("a file stands where its directory belongs", "Move that file away."),
    errno.EISDIR: ("a directory stands in its place", "Move that directory away."),
    errno.ELOOP: ("a symbolic link stands in its place", "Remove that link."),
    errno.ENOTDIR: ("a part of its path is no directory", "Move that file away."),
    errno.ENOLCK: (
        "its file system cannot lock files",
        f"Use a local disk, {_ELSEWHERE}",
    ),
    errno.EOPNOTSUPP: (
        "its file system cannot lock files",
        f"Use a local disk, {_ELSEWHERE}",
    ),
}


def journal_path(state: Path) -> Path:
    """The journal's file below linara-agent's state directory."""
    return state / DIRECTORY / FILE


def unavailable(error: OSError, path: Path, doing: str) -> JournalUnavailable:
    """Say in words why the journal cannot be used; `doing` is `written` or `read`."""
    number = error.errno
    if number == errno.ENOTDIR and path.parent.is_symlink():
        number = errno.ELOOP
    cause, remedy = _CAUSES.get(
        number or 0,
        (error.strerror or "of an unknown error", "Mend that, then try again."),
    )
    what = f"The journal {path} cannot be {doing}: {cause}."
    return JournalUnavailable(what, not_done=_NOT_DONE, remedy=remedy)


def refused(path: Path, because: str, remedy: str) -> JournalUnavailable:
    """Say that the journal could be used but must not be."""
    what = f"The journal {path} is not used: {because}."
    return JournalUnavailable(what, not_done=_NOT_DONE, remedy=remedy)


def broken(path: Path, because: str) -> JournalUnavailable:
    """Say that somebody else wrote to the journal, or damaged it."""
    return JournalUnavailable(
        f"The journal {path} is broken: {because}.",
        not_done=_NOT_DONE,
        remedy=(
            "Run `linara-agent audit verify` to see where, keep a copy of the file for "
            "whoever has to look into it, then move it away to begin a new journal."
        ),
    )


def require_private(status: os.stat_result, path: Path) -> None:
    """Refuse a file or directory that somebody else owns or may write."""
    if status.st_uid != os.geteuid():
        raise refused(
            path,
            f"{path.name} belongs to user {status.st_uid}, not to you",
            f"Run linara-agent as that user, {_ELSEWHERE}",
        )
    if stat.S_IMODE(status.st_mode) & (stat.S_IWGRP | stat.S_IWOTH):
        raise refused(
            path,
            f"others than its owner may write to {path.name}",
            f"Check what it says, then run `chmod go-w {path}`.",
        )


def require_file(status: os.stat_result, path: Path) -> None:
    """Refuse what is no regular file (a pipe, a device)."""
    if not stat.S_ISREG(status.st_mode):
        raise refused(path, "it is not a regular file", "Move it away.")


def make_directory(path: Path) -> None:
    """Make the journal's directory (0700) if need be, and have the disk know of it."""
    missing = [d for d in (path, *path.parents) if not d.is_dir()]
    for directory in reversed(missing):
        try:
            directory.mkdir(mode=0o700)
        except FileExistsError:
            if not directory.is_dir():
                raise
        sync_directory(directory.parent)


def sync_directory(path: Path) -> None:
    """Have the disk know which entries a directory has."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def take_lock(descriptor: int, kind: int, *, patience_s: float) -> bool:
    """Lock a file (`fcntl.LOCK_EX` or `LOCK_SH`); False if others never let go."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(_PAUSE_S)
        else:
            return True
