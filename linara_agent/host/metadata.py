"""Owner, mode, times and extended attributes of one thing, by its descriptor."""

import os
from base64 import b64decode
from pathlib import Path

from linara_agent.core.change import FileType, PathState
from linara_agent.host.path_state import kept_xattr


def open_thing(directory: int, name: str) -> int:
    """An O_PATH descriptor of whatever bears the name; opens no FIFO or device."""
    return os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)


def set_metadata(descriptor: int, state: PathState, *, times: bool = True) -> None:
    """Make owner, mode, attributes and (with `times`) the mtime those of `state`.

    `descriptor` may be O_PATH. The owner comes first, since a change of owner
    drops setuid bits and capabilities; the times last, since nothing may follow.
    """
    path = f"/proc/self/fd/{descriptor}"
    status = os.fstat(descriptor)
    if (status.st_uid, status.st_gid) != (state.uid, state.gid):
        os.chown(path, state.uid, state.gid)
    if state.type is not FileType.SYMLINK:
        _set_xattrs(path, state)
        # After an owner's change or an ACL the mode read above is not the mode now.
        Path(path).chmod(state.mode)
    if times:
        os.utime(path, ns=(status.st_atime_ns, state.mtime_ns))


def _set_xattrs(path: str, state: PathState) -> None:
    try:
        present = {
            name: os.getxattr(path, name)
            for name in os.listxattr(path)
            if kept_xattr(name)
        }
    except OSError:
        # No support here; setting one below then fails, and that is reported.
        present = {}
    wanted = {name: b64decode(value) for name, value in state.xattrs}
    for name in present:
        if name not in wanted:
            os.removexattr(path, name)
    for name, value in wanted.items():
        if kept_xattr(name) and present.get(name) != value:
            os.setxattr(path, name, value)
