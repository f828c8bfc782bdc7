"""Where the program keeps its own things."""

from pathlib import Path

from linara_agent.settings.directories import Directories


def test_the_xdg_variables_say_where():
    """State and configuration lie below the base directories that are set."""
    variables = {
        "XDG_STATE_HOME": "/s",
        "XDG_CONFIG_HOME": "/c",
        "XDG_CACHE_HOME": "/k",
    }
    found = Directories.of(variables, "/home/a")

    assert found == Directories(
        state=Path("/s/linara-agent"),
        config=Path("/c/linara-agent"),
        cache=Path("/k/linara-agent"),
    )


def test_the_home_is_the_default():
    """Without the variables, or with empty ones, they lie in the home."""
    expected = Directories(
        state=Path("/home/a/.local/state/linara-agent"),
        config=Path("/home/a/.config/linara-agent"),
        cache=Path("/home/a/.cache/linara-agent"),
    )
    assert expected.own == (
        "/home/a/.local/state/linara-agent",
        "/home/a/.config/linara-agent",
        "/home/a/.cache/linara-agent",
        "/etc/linara-agent",
    )

    assert Directories.of({}, "/home/a") == expected
    assert Directories.of({"XDG_STATE_HOME": ""}, "/home/a") == expected


def test_a_relative_value_is_ignored():
    """As the specification asks: it would mean another place in every directory."""
    assert Directories.of({"XDG_STATE_HOME": "s"}, "/h") == Directories.of({}, "/h")
