"""Remove trees that a hostile script made; also run as root inside our container.

Self-contained (standard library only): its source is sent to another interpreter.
A script can nest directories deeper than any path or stack: every directory is
moved up to the top before it is read, so depth never matters.
"""

import errno
import os
import sys
from pathlib import Path

ATTEMPTS = 10_000
"""Each that fails is one in which somebody else got on."""


def remove_tree(path: str) -> None:
    """Remove a directory and all below it; what is not there is no error.

    Links are removed, never followed. Raises OSError for what resists. Somebody else
    (another reaper, a mount that ends) may remove from it at the same time.
    """
    for _ in range(ATTEMPTS):
        try:
            empty(path)
            Path(path).rmdir()
        except OSError as exc:
            if not os.path.lexists(path):
                return
            if exc.errno not in (errno.ENOENT, errno.ENOTEMPTY):
                raise
        else:
            return
    raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), path)


def empty(path: str) -> None:
    """Remove everything below a directory."""
    top = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        _empty(top)
    finally:
        os.close(top)


def _empty(top: int) -> None:
    waiting: list[str] = []
    for name in _names(top):
        if _is_directory(top, name):
            waiting.append(name)
        else:
            os.unlink(name, dir_fd=top)
    while waiting:
        directory = waiting.pop()
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
        here = os.open(directory, flags, dir_fd=top)
        try:
            for name in _names(here):
                if not _is_directory(here, name):
                    os.unlink(name, dir_fd=here)
                    continue
                # No name twice: a removal that was cut short left such directories.
                moved = f".removed-{os.urandom(8).hex()}"
                os.rename(name, moved, src_dir_fd=here, dst_dir_fd=top)
                waiting.append(moved)
        finally:
            os.close(here)
        os.rmdir(directory, dir_fd=top)


def _names(directory: int) -> list[str]:
    with os.scandir(directory) as entries:
        return [entry.name for entry in entries]


def _is_directory(parent: int, name: str) -> bool:
    """Make a directory readable for its owner on the way."""
    flags = os.O_PATH | os.O_NOFOLLOW | os.O_DIRECTORY
    try:
        handle = os.open(name, flags, dir_fd=parent)
    except NotADirectoryError:
        return False
    try:
        Path(f"/proc/self/fd/{handle}").chmod(0o700)  # fchmod refuses O_PATH
    finally:
        os.close(handle)
    return True


def main(arguments: list[str]) -> int:
    """Empty each directory given; the directory itself stays."""
    for directory in arguments:
        empty(directory)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
