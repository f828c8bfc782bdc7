"""A keyring that keeps its keys in the file that LINARA_TEST_KEYS names.

`PYTHON_KEYRING_BACKEND=tests.settings.kept_keys.FileKeyring` lets the program use it.
"""

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError
from typing_extensions import override


class FileKeyring(KeyringBackend):
    """Real in all but its encryption; a file with the text `locked` is locked."""

    priority = 1.0

    def __init__(self) -> None:
        """Take no properties from the environment."""

    @override
    def get_password(self, service: str, username: str) -> str | None:
        found = _keys().get(f"{service}/{username}")
        return found if isinstance(found, str) else None

    @override
    def set_password(self, service: str, username: str, password: str) -> None:
        _file().write_text(json.dumps({**_keys(), f"{service}/{username}": password}))

    @override
    def delete_password(self, service: str, username: str) -> None:
        keys = _keys()
        if keys.pop(f"{service}/{username}", None) is None:
            raise PasswordDeleteError
        _file().write_text(json.dumps(keys))


def _file() -> Path:
    return Path(os.environ["LINARA_TEST_KEYS"])


def _keys() -> dict[str, object]:
    text = _file().read_text() if _file().exists() else "{}"
    if text == "locked":
        raise KeyringLocked
    found = json.loads(text)
    assert isinstance(found, dict)
    return found
