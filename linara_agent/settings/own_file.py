"""Files that decide something: read only if nobody else could have written them."""

import os
import stat
from pathlib import Path

_LARGEST = 1 << 20


class UnusableFile(Exception):
    """Says why a file is not read, without naming it."""


def own_bytes(
    path: Path, owners: set[int] | None, *, shared: bool = False
) -> bytes | None:
    """The content, at most 1 MiB; None where there is no file. Raises UnusableFile.

    With `owners` (user ids), what somebody else could have written is refused: the
    file's owner and mode count and, unless `shared`, its group and its directory too.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _unread(error) from error
    try:
        doubt = _doubt(path, os.fstat(descriptor), owners, shared=shared)
        raw = b"" if doubt else _all_of(descriptor)
    except OSError as error:
        raise _unread(error) from error
    finally:
        os.close(descriptor)
    if len(raw) > _LARGEST:
        doubt = f"it is larger than {_LARGEST} bytes"
    if doubt:
        raise UnusableFile(doubt)
    return raw


def _unread(error: OSError) -> UnusableFile:
    return UnusableFile(f"it cannot be read ({error.strerror})")


def _all_of(descriptor: int) -> bytes:
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        return file.read(_LARGEST + 1)


def _doubt(
    path: Path, state: os.stat_result, owners: set[int] | None, *, shared: bool
) -> str | None:
    if not stat.S_ISREG(state.st_mode):
        return "it is no regular file"
    if owners is None:
        return None
    if shared:
        if state.st_uid not in owners:
            return f"it belongs to user {state.st_uid}, not to you"
        if state.st_mode & stat.S_IWOTH:
            return f"others may write to it (`chmod o-w {path}`)"
        return None
    above = path.parent.stat()
    if state.st_uid not in owners or above.st_uid not in owners:
        return f"it, or its directory, belongs to user {state.st_uid}, not to you"
    if (state.st_mode | above.st_mode) & (stat.S_IWGRP | stat.S_IWOTH):
        return f"others may write to it (`chmod go-w {path} {path.parent}`)"
    return None
