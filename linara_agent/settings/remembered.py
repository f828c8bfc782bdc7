"""Which policy files had their examples checked, so that it is done once."""

import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_MOST = 64
_NAME = "examples.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """The latest keys, in the cache directory: losing them costs a check."""

    cache: Path

    def holds(self, key: str) -> bool:
        return key in self._keys()

    def remember(self, key: str) -> None:
        """Where it cannot be written, the next time checks once more."""
        keys = [*(one for one in self._keys() if one != key), key][-_MOST:]
        new = self.cache / f".examples-{secrets.token_hex(8)}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            self.cache.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(new, flags, 0o600), "w", encoding="utf-8") as file:
                json.dump(keys, file)
            new.replace(self.cache / _NAME)
        except OSError:
            with suppress(OSError):
                new.unlink()

    def _keys(self) -> list[str]:
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        try:
            descriptor = os.open(self.cache / _NAME, flags)
            try:
                if os.fstat(descriptor).st_uid != os.geteuid():
                    return []
                found = json.loads(os.read(descriptor, 1 << 16))
            finally:
                os.close(descriptor)
        except (OSError, ValueError):
            return []
        return [str(one) for one in found] if isinstance(found, list) else []
