"""Small private files in the cache: whole or not there, and nobody else's."""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

_LARGEST = 16 << 20


def read_kept(path: Path) -> bytes | None:
    """The content; None where there is none that this user wrote."""
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        with os.fdopen(os.open(path, flags), "rb") as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode) or state.st_uid != os.geteuid():
                return None
            content = file.read(_LARGEST + 1)
    except OSError:
        return None
    return content if len(content) <= _LARGEST else None


def keep(path: Path, content: bytes) -> bool:
    """Replace the file in one step, mode 0600; False where it cannot be written."""
    new = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(new, flags, 0o600), "wb") as file:
            file.write(content)
        new.replace(path)
    except OSError:
        with suppress(OSError):
            new.unlink()
        return False
    return True
