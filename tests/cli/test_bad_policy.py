"""A policy that cannot be loaded means that nothing runs, whichever way in is taken."""

from pathlib import Path

import pytest

from tests.end_to_end.program import Program

BROKEN = """version = 1
[[rule]]
id = "Mine"
decision = "forbid"
because = "No."
effect = ["read"]
"""
UNSOUND = """version = 1
[[rule]]
id = "mine"
decision = "deny"
because = "It is what this test is about."
program = ["wc"]
match = ["ls"]
"""
WAYS = [
    ("run", "--no-input", "touch x"),
    ("run", "--unattended", "ls"),
    ("do", "--no-input", "--provider", "recipes", "list files"),
    ("script", "--no-input", "x.sh"),
    ("check", "ls"),
    ("check", "--batch"),
]


@pytest.fixture
def linara(hermetic_home: Path) -> Program:
    del hermetic_home
    Path("x.sh").write_text("ls\n")
    # No engine is needed to say no.
    return Program(cwd=Path.cwd()).with_(DOCKER_HOST="unix:///nonexistent/docker.sock")


def layer(hermetic_home: Path, text: str) -> Path:
    path = hermetic_home / ".config" / "linara-agent" / "policy.toml"
    path.parent.mkdir(parents=True, mode=0o700)
    path.write_text(text)
    return path


@pytest.mark.parametrize("words", WAYS, ids=lambda words: " ".join(words[:2]))
def test_a_broken_layer_stops_every_way_in(
    linara: Program, hermetic_home: Path, words: tuple[str, ...]
):
    """Exit 2 with every problem by its line; nothing ran and nothing is journaled."""
    path = layer(hermetic_home, BROKEN)
    done = linara(*words, stdin=b'{"command": "ls"}\n')
    assert (done.code, done.out) == (2, b""), done.said
    for line in (3, 4, 5):
        assert f"{path}:{line}: " in done.said
    assert "Nothing was judged, and nothing ran." in done.said
    assert [one.name for one in linara.cwd.iterdir()] == ["x.sh"]
    assert not (hermetic_home / ".local").exists()


def test_an_example_that_does_not_hold_stops_everything(
    linara: Program, hermetic_home: Path
):
    """A rule that is not what its author thought is no rule to rely on."""
    path = layer(hermetic_home, UNSOUND)
    for _ in range(2):
        done = linara("check", "ls")
        assert (done.code, done.out) == (2, b"")
        assert f"{path}:7: match: mine does not speak of `ls`" in done.said
