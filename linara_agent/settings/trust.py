"""Which project files the person has read and lets count: each path with a digest."""

import json
import os
import secrets
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from linara_agent.errors import SettingsProblem

_LARGEST = 1 << 20
_OPEN = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_FILE = TypeAdapter(dict[str, str])


class Trust(StrEnum):
    TRUSTED = "trusted"
    CHANGED = "changed"
    UNTRUSTED = "untrusted"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustStore:
    """`trust.json` in the state directory: absolute path → SHA-256 of its bytes.

    No command may change it: it lies below a place of the class `own`.
    """

    state: Path

    @property
    def path(self) -> Path:
        return self.state / "trust.json"

    def known(self, path: Path) -> bool:
        """Whether this path was ever trusted, whatever stands there now."""
        return _key(path) in self._read()

    def of(self, path: Path, digest: str) -> Trust:
        """Raises SettingsProblem where the store cannot be used."""
        trusted = self._read().get(_key(path))
        if trusted is None:
            return Trust.UNTRUSTED
        return Trust.TRUSTED if trusted == digest else Trust.CHANGED

    def trust(self, path: Path, digest: str) -> None:
        """On disk when this returns. Raises SettingsProblem."""
        self._write({**self._read(), _key(path): digest})

    def forget(self, path: Path) -> bool:
        """Whether it was known at all. Raises SettingsProblem."""
        found = dict(self._read())
        if found.pop(_key(path), None) is None:
            return False
        self._write(found)
        return True

    def _read(self) -> Mapping[str, str]:
        try:
            descriptor = os.open(self.path, _OPEN)
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except OSError as error:
            raise self._unusable(error.strerror or "it cannot be opened") from error
        try:
            state = os.fstat(descriptor)
            if not stat.S_ISREG(state.st_mode) or state.st_uid != os.geteuid():
                raise self._unusable("it is not a file of yours")
            if state.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                raise self._unusable("others than you may write to it")
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                raw = file.read(_LARGEST)
        finally:
            os.close(descriptor)
        try:
            return _FILE.validate_json(raw)
        except ValidationError as error:
            raise self._unusable("it is damaged") from error

    def _write(self, trusted: Mapping[str, str]) -> None:
        text = json.dumps(dict(sorted(trusted.items())), indent=1) + "\n"
        new = self.path.with_name(f".trust-{secrets.token_hex(8)}")
        try:
            self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            with os.fdopen(os.open(new, flags, 0o600), "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.path)
            _sync(self.state)
        except OSError as error:
            with suppress(OSError):
                new.unlink()
            raise self._unusable(error.strerror or "it cannot be written") from error

    def _unusable(self, because: str) -> SettingsProblem:
        return SettingsProblem(
            f"The list of trusted files {self.path} cannot be used: {because}.",
            not_done="Nothing was judged, and nothing ran.",
            remedy="Mend or move that file away, then trust the project's policy"
            " again with `linara-agent policy trust`.",
        )


def _key(path: Path) -> str:
    """Links in the way are followed, so that a path has one name."""
    return str(path.parent.resolve() / path.name)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
