"""Keys in a keyring: one for each server, kept for good or not at all."""

from pathlib import Path

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring
from keyring.backends.null import Keyring as Forgetful
from pydantic import SecretStr

from linara_agent.errors import SettingsProblem
from linara_agent.settings.stored_key import (
    delete_key,
    entry,
    store_key,
    stored_key,
)

OPENROUTER = "https://openrouter.ai/api/v1"
KEY = SecretStr("sk-or-v1-of-the-test")


@pytest.mark.parametrize(
    ("base_url", "name"),
    [
        (OPENROUTER, "openrouter"),
        ("https://eu.openrouter.ai/api/v1", "openrouter"),
        (
            "https://openrouter.ai.evil.example/api/v1",
            "https://openrouter.ai.evil.example",
        ),
        ("https://notopenrouter.ai/", "https://notopenrouter.ai"),
        ("http://LocalHost:4000/v1", "http://localhost:4000"),
        ("http://[", "http://["),
    ],
)
def test_each_server_has_an_entry_of_its_own(base_url: str, name: str):
    """OpenRouter's key is for OpenRouter's hosts."""
    assert entry(base_url) == name


def test_a_key_is_kept_and_taken_out(kept_keys: Path):
    """Another server's stays."""
    store_key(OPENROUTER, KEY)
    store_key("https://other.example/v1", SecretStr("of-the-other"))
    assert stored_key(OPENROUTER) == KEY
    assert delete_key(OPENROUTER)
    assert stored_key(OPENROUTER) is None
    assert not delete_key(OPENROUTER)

    assert "of-the-other" in kept_keys.read_text()


@pytest.mark.parametrize("backend", [NoKeyring, Forgetful], ids=["none", "null"])
@pytest.mark.usefixtures("kept_keys")
def test_a_machine_without_a_keyring_says_what_to_do_instead(
    backend: type[keyring.backend.KeyringBackend],
):
    """None at all, or one that keeps nothing: the key is not lost in silence."""
    keyring.set_keyring(backend())
    with pytest.raises(SettingsProblem) as caught:
        store_key(OPENROUTER, KEY)

    assert caught.value.not_done == "Nothing was stored."
    assert "OPENROUTER_API_KEY" in caught.value.remedy
    assert "chmod 600 .env" in caught.value.remedy
    assert KEY.get_secret_value() not in str(caught.value)


def test_a_locked_keyring_says_so(kept_keys: Path):
    """Neither storing nor deleting pretends to have worked."""
    kept_keys.write_text("locked")
    with pytest.raises(SettingsProblem, match="KeyringLocked"):
        store_key(OPENROUTER, KEY)
    with pytest.raises(SettingsProblem) as caught:
        delete_key(OPENROUTER)

    assert caught.value.not_done == "Nothing was deleted."
