"""Three calls of the Linux kernel that Python does not offer: renames that swap
or refuse to replace, and the sync of one file system.
"""

import ctypes
import errno
import os
from functools import cache

_RENAME_NOREPLACE = 1
_RENAME_EXCHANGE = 2
# What a file system answers that does not know the flags (NFS, some FUSE).
_UNSUPPORTED = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _renameat2(directory: int, source: str, target: str, flags: int) -> None:
    result = _libc().renameat2(
        directory, os.fsencode(source), directory, os.fsencode(target), flags
    )
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), source, None, target)


def move(directory: int, source: str, target: str) -> None:
    """Rename within one directory; raises FileExistsError if there is a target."""
    try:
        _renameat2(directory, source, target, _RENAME_NOREPLACE)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        _move_without_flags(directory, source, target)


def _move_without_flags(directory: int, source: str, target: str) -> None:
    try:
        os.stat(target, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        os.rename(source, target, src_dir_fd=directory, dst_dir_fd=directory)
    else:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target)


def swap(directory: int, one: str, other: str) -> bool:
    """Exchange two names of one directory in a single step.

    False, and nothing done, where the file system cannot do that.
    """
    try:
        _renameat2(directory, one, other, _RENAME_EXCHANGE)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        return False
    return True


def sync_file_system(directory: int) -> None:
    """Write everything of the file system that holds `directory` to its disk.

    `directory` may be an O_PATH descriptor.
    """
    try:
        readable = os.open(f"/proc/self/fd/{directory}", os.O_RDONLY | os.O_CLOEXEC)
    except PermissionError:
        # A directory that may be entered but not read: sync all file systems.
        os.sync()
        return
    try:
        if _libc().syncfs(readable) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    finally:
        os.close(readable)
