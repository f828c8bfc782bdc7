"""Sources of settings in the test's own home, and a keyring that keeps its keys."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import keyring
import pytest

from linara_agent.settings.layers import Sources
from tests.settings.kept_keys import FileKeyring

Make = Callable[..., Sources]


@pytest.fixture
def sources(hermetic_home: Path) -> Make:
    """Makes the sources of now; flags are given by name."""

    def made(**flags: object) -> Sources:
        config = hermetic_home / ".config" / "linara-agent" / "config.toml"
        return Sources(
            environment=dict(os.environ),
            directory=str(Path.cwd()),
            config=config,
            flags=flags,
        )

    return made


@pytest.fixture
def config(hermetic_home: Path) -> Callable[[str], Path]:
    """Writes the configuration file."""

    def written(text: str) -> Path:
        path = hermetic_home / ".config" / "linara-agent" / "config.toml"
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o600)
        return path

    return written


@pytest.fixture
def kept_keys(hermetic_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file of a keyring that this test alone uses; puts the other back."""
    path = hermetic_home / "keys.json"
    monkeypatch.setenv("LINARA_TEST_KEYS", str(path))
    before = keyring.get_keyring()
    keyring.set_keyring(FileKeyring())
    yield path
    keyring.set_keyring(before)
