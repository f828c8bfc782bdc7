"""The text of the person's own policy file: read it, and replace it in one step."""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from linara_agent.errors import SettingsProblem

_PRIVATE = 0o600


def policy_text(path: Path) -> str | None:
    """What stands there; None where there is no file. Raises SettingsProblem."""
    try:
        return path.read_bytes().decode("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _problem(path, error.strerror or "it cannot be read") from error
    except UnicodeDecodeError as error:
        raise _problem(path, "it is not written in UTF-8") from error


def write_policy_text(path: Path, text: str, *, was: str | None) -> None:
    """Replace the text, on disk when this returns; a new file is for its owner alone.

    Raises SettingsProblem, also where `was` is no longer what stands there.
    """
    target = path.resolve()
    if policy_text(target) != was:
        raise _problem(path, "somebody else has changed it meanwhile")
    new = target.with_name(f".{target.name}-{secrets.token_hex(8)}")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = _PRIVATE if was is None else stat.S_IMODE(target.stat().st_mode)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with os.fdopen(os.open(new, flags, _PRIVATE), "wb") as file:
            file.write(text.encode())
            os.fchmod(file.fileno(), mode)
            file.flush()
            os.fsync(file.fileno())
        new.replace(target)
        _sync(target.parent)
    except (OSError, UnicodeEncodeError) as error:
        with suppress(OSError):
            new.unlink()
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise _problem(path, why or "it cannot be written") from error


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _problem(path: Path, because: str) -> SettingsProblem:
    return SettingsProblem(
        f"The policy file {path} cannot be changed: {because}.",
        not_done="Nothing was written; the policy is as it was.",
        remedy="Mend that, or name another file with --file.",
    )
