"""Which places no twin shows, on real directories."""

import os
from pathlib import Path

import pytest

from linara_agent.host.secret_places import hidden_places


def hidden(home: Path, *directories: Path) -> tuple[str, ...]:
    """Those of them that lie below the home or the directories."""
    given = [str(one) for one in directories]
    found = hidden_places(("~/.ssh", "**/.env"), homes=[str(home)], directories=given)
    return tuple(one for one in found if Path(one).is_relative_to(home.parent))


def test_the_secrets_of_a_home_are_hidden(tmp_path: Path):
    """Patterns are looked for below the home, and those for names in directories."""
    home, work = tmp_path / "a" / "home", tmp_path / "a" / "other"
    (home / ".ssh").mkdir(parents=True)
    work.mkdir()
    (work / ".env").write_text("A=b")
    (home / ".env").write_text("A=b")
    expected = tuple(map(str, (home / ".env", home / ".ssh", work / ".env")))
    assert hidden(home, work) == expected


def test_a_home_that_is_shut_is_hidden_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """What this process cannot look into may hold anything."""
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    home.chmod(0)
    if os.geteuid() == 0:  # to whom nothing is shut
        real = os.access
        monkeypatch.setattr(os, "access", lambda p, m: p != str(home) and real(p, m))
    try:
        assert hidden(home) == (str(home),)
    finally:
        home.chmod(0o700)
