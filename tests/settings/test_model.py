"""Which model is asked with which key: environment, `.env`, keyring."""

import os
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked
from typing_extensions import override

from linara_agent.errors import SettingsProblem
from linara_agent.settings.model import model_settings

KEY = "sk-or-v1-of-the-test"


class Locked(KeyringBackend):
    """A keyring that nobody unlocked."""

    priority = 1.0

    def __init__(self) -> None:
        """Take no properties from the environment."""

    @override
    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked

    @override
    def set_password(self, service: str, username: str, password: str) -> None:
        raise KeyringLocked

    @override
    def delete_password(self, service: str, username: str) -> None:
        raise KeyringLocked


class Holding(Locked):
    """A keyring that holds one key."""

    @override
    def get_password(self, service: str, username: str) -> str | None:
        return KEY if (service, username) == ("linara-agent", "openrouter") else None


@pytest.fixture
def keyring_of() -> Iterator[None]:
    """Put the keyring that was there back at the end."""
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


def dotenv(text: str) -> None:
    Path(".env").write_text(text)


def key() -> str | None:
    found = model_settings().key
    return None if found is None else found.get_secret_value()


def test_without_anything_there_is_no_key():
    """The defaults name OpenRouter's free models, and no key."""
    found = model_settings()

    assert (found.key, found.model) == (None, "openrouter/free")
    assert found.base_url == "https://openrouter.ai/api/v1"


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch):
    """A variable that is set counts; what only the file has counts too."""
    dotenv("OPENROUTER_API_KEY=of-the-file\nOPENROUTER_MODEL=a/b\nOTHER=x\n")
    assert key() == "of-the-file"
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)

    assert key() == KEY
    assert model_settings().model == "a/b"


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_key_is_none(monkeypatch: pytest.MonkeyPatch, blank: str):
    """An empty variable does not count as a key."""
    monkeypatch.setenv("OPENROUTER_API_KEY", blank)

    assert key() is None


@pytest.mark.usefixtures("keyring_of")
def test_the_keyring_is_the_last_to_be_asked(monkeypatch: pytest.MonkeyPatch):
    """Its key counts if there is none elsewhere."""
    keyring.set_keyring(Holding())
    assert key() == KEY
    monkeypatch.setenv("OPENROUTER_API_KEY", "of-the-environment")

    assert key() == "of-the-environment"


@pytest.mark.usefixtures("keyring_of")
def test_a_locked_keyring_is_as_good_as_none():
    """Nobody is bothered with it."""
    keyring.set_keyring(Locked())

    assert key() is None


def test_a_key_is_never_shown(monkeypatch: pytest.MonkeyPatch):
    """Neither the settings nor a complaint about them print it."""
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
    assert KEY not in repr(model_settings())
    monkeypatch.setenv("LINARA_MODEL_DEADLINE", "soon")
    with pytest.raises(SettingsProblem) as caught:
        model_settings()

    assert KEY not in caught.value.what
    assert "LINARA_MODEL_DEADLINE" in caught.value.what


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LINARA_MODEL_DEADLINE", "0"),
        ("LINARA_MODEL_DEADLINE", "601"),
        ("LINARA_DATA_COLLECTION", "perhaps"),
        ("OPENROUTER_MODEL", ""),
    ],
)
def test_a_wrong_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
):
    """What cannot be right stops the run, with the name of the setting."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsProblem, match=name):
        model_settings()


def test_a_file_cannot_send_a_key_elsewhere(monkeypatch: pytest.MonkeyPatch):
    """A `.env` that names a server must bring its own key, and it alone."""
    server = "OPENROUTER_BASE_URL=https://elsewhere.example\n"
    dotenv(server)
    with pytest.raises(SettingsProblem, match="OPENROUTER_BASE_URL"):
        model_settings()
    dotenv(server + "OPENROUTER_API_KEY=of-the-file\n")
    assert key() == "of-the-file"
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)

    with pytest.raises(SettingsProblem, match="OPENROUTER_BASE_URL"):
        model_settings()


@pytest.mark.usefixtures("keyring_of")
def test_a_file_cannot_send_the_key_of_the_keyring_elsewhere():
    """A blank key in the file brings none, so the server is refused."""
    keyring.set_keyring(Holding())
    server = "OPENROUTER_BASE_URL=https://elsewhere.example\n"
    for line in ("", "OPENROUTER_API_KEY=\n", "OPENROUTER_API_KEY=' '\n"):
        dotenv(server + line)
        with pytest.raises(SettingsProblem, match="OPENROUTER_BASE_URL"):
            model_settings()


def test_a_server_in_the_environment_is_the_persons_own_choice(
    monkeypatch: pytest.MonkeyPatch,
):
    """Whoever sets the variable may name any server."""
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
    monkeypatch.setenv("OPENROUTER_BASE_URL", "https://mine.example/v1")

    assert model_settings().base_url == "https://mine.example/v1"


def test_a_file_that_is_no_text_is_a_clear_error():
    """A `.env` in another encoding is named."""
    Path(".env").write_bytes(b"OPENROUTER_MODEL=\xff\xfe\n")
    with pytest.raises(SettingsProblem, match=r"\.env"):
        model_settings()
    assert os.environ.get("OPENROUTER_MODEL") is None
