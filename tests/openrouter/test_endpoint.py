"""Which base URLs a key may go to."""

from dataclasses import replace

import pytest

from linara_agent.errors import SettingsProblem
from linara_agent.openrouter.endpoint import endpoint


@pytest.mark.parametrize(
    ("url", "official", "loopback"),
    [
        ("https://openrouter.ai/api/v1", True, False),
        ("https://eu.openrouter.ai/api/v1/", True, False),
        ("https://OpenRouter.AI./api/v1", True, False),
        ("https://notopenrouter.ai/v1", False, False),
        ("https://openrouter.ai.evil.example/v1", False, False),
        ("http://localhost:11434/v1", False, True),
        ("http://127.0.0.2:8080/v1", False, True),
        ("http://[::1]:8000/v1", False, True),
    ],
)
def test_usable_address(options, url, official, loopback):
    """Https anywhere and http on this machine; only OpenRouter's hosts are official."""
    found = endpoint(replace(options, base_url=url, openrouter=None))
    assert (found.official, found.loopback) == (official, loopback)
    assert found.url == url.rstrip("/")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://openrouter.ai/api/v1", "only https"),
        ("http://192.168.1.5:11434/v1", "only https"),
        ("http://127.0.0.1.evil.example/v1", "only https"),
        ("http://localhost@evil.example/v1", "user name"),
        ("https://me:secret@openrouter.ai/v1", "user name"),
        ("ftp://openrouter.ai", "only https"),
        ("openrouter.ai/api/v1", "names no host"),
        ("", "names no host"),
        ("https://", "names no host"),
        ("https://openrouter.ai/v1?x=1", "query"),
        ("https://openrouter.ai:99999/v1", "cannot be read"),
        ("https://[::1/v1", "cannot be read"),
    ],
)
def test_unusable_address(options, url, reason):
    """An address that would expose the key, or is none, is refused with the reason."""
    with pytest.raises(SettingsProblem, match=reason) as caught:
        endpoint(replace(options, base_url=url))
    assert "secret" not in str(caught.value)


def test_a_setting_decides_what_the_host_does_not(options):
    """A gateway in front of OpenRouter can be told to be one, and the other way."""
    for said in (True, False):
        url = "https://gateway.example/v1"
        found = endpoint(replace(options, base_url=url, openrouter=said))
        assert found.official is said
