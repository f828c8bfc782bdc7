"""What a model may be told of the place, and what can be run there."""

from pathlib import Path

import pytest

from linara_agent.host.surroundings import installed, listing, tools


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("a.txt", "b/c.txt", "b/d/e.txt", ".git/config", ".env", "b/.hidden"):
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "tree/loop").symlink_to(tmp_path)
    return tmp_path / "tree"


def test_the_listing_is_short_and_shows_nothing_hidden(tree: Path):
    """Two levels, directories marked, links not followed."""
    assert listing(str(tree)) == ("a.txt", "b/", "b/c.txt", "b/d/", "loop")


def test_the_listing_is_bounded_with_what_is_near_first(tmp_path: Path):
    """A directory of thousands tells sixty names."""
    for number in range(200):
        below = tmp_path / "tree" / f"{number:03}"
        below.mkdir(parents=True)
        (below / "x").touch()
    names = listing(str(tmp_path / "tree"))

    assert len(names) == 60
    assert not [name for name in names if name.endswith("x")]


def test_a_directory_that_cannot_be_read_has_no_names(tmp_path: Path):
    """Asking on is better than failing for a listing."""
    assert listing(str(tmp_path / "gone")) == ()


def test_what_bash_finds_is_installed(tmp_path: Path):
    """Builtins, and files that may be run on the caller's own PATH."""
    program = tmp_path / "frob"
    program.write_text("#!/bin/sh\n")
    environment = {"PATH": str(tmp_path)}

    assert installed("cd", environment)
    assert not installed("frob", environment)
    program.chmod(0o755)
    assert installed("frob", environment)
    assert not installed("ls", environment)


def test_tools_are_those_that_are_there(tmp_path: Path):
    """Nothing is told of what is not worth knowing, or not there."""
    for name in ("jq", "frob"):
        (tmp_path / name).touch(mode=0o755)
    assert tools({"PATH": str(tmp_path)}) == ("jq",)
