"""Absolute paths and the classes of places."""

import pytest

from linara_agent.core.effects.effect import PathClass
from linara_agent.core.effects.place import (
    Place,
    classify,
    hidden_below,
    hidden_matching,
    is_nothing,
    is_secret,
    may_run_later,
    other_regions,
    workspace_of,
)
from tests.core.gates import PLACE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x", "/home/u/project/x"),
        ("../x", "/home/u/x"),
        ("//etc//passwd", "/etc/passwd"),
        ("/etc/../etc/./passwd", "/etc/passwd"),
        ("/proc/self/root/etc/shadow", "/etc/shadow"),
        ("/proc/1/root", "/"),
        ("/proc/1/task/2/root/etc", "/etc"),
        ("/proc/self/root/proc/self/root/etc", "/etc"),
        ("/proc/self/cwd/x", "/home/u/project/x"),
        ("/proc/1/cwd/x", None),
        ("/proc/self/root/../etc", None),
        ("/dev/fd/../../self/root/etc", None),
        ("", None),
    ],
)
def test_absolute(text: str, expected: str | None) -> None:
    """Paths are normalised as texts, but for /proc's own links."""
    assert PLACE.absolute(text) == expected


def test_a_relative_path_needs_a_directory() -> None:
    """Below an unknown directory only absolute paths are known."""
    lost = PLACE.at(None)
    assert lost.absolute("x") is None
    assert lost.absolute("/x") == "/x"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/home/u/project/x", PathClass.WORKSPACE),
        ("/home/u/x", PathClass.HOME),
        ("/tmp/x", PathClass.TEMP),
        ("/var/tmp/x", PathClass.TEMP),
        ("/var/log/x", PathClass.SYSTEM),
        ("/", PathClass.SYSTEM),
        ("/srv/x", PathClass.OUTSIDE),
        ("/home/v/x", PathClass.OTHER_USER),
        ("/root/x", PathClass.OTHER_USER),
        ("/home/v/.ssh/id", PathClass.SECRETS),
        ("/home/u/.ssh/id_rsa", PathClass.SECRETS),
        ("/home/u/project/.env", PathClass.SECRETS),
        ("/etc/shadow", PathClass.SECRETS),
        ("/proc/1/environ", PathClass.SECRETS),
        ("/proc/self/fd/3", PathClass.SECRETS),
        ("/proc/cpuinfo", PathClass.PROC),
        ("/sys/class", PathClass.PROC),
        ("/dev/sda", PathClass.DEVICE),
        ("/home/u/project/.git/hooks/pre-commit", PathClass.AUTORUN),
        ("/home/u/.local/bin/x", PathClass.AUTORUN),
        ("/home/u/.ssh/authorized_keys", PathClass.AUTORUN),
        ("/home/u/.bashrc", PathClass.STARTUP),
        ("/home/u/.cache/x", PathClass.INCIDENTAL),
        ("/home/u/.local/state/linara-agent/x", PathClass.OWN),
    ],
)
def test_classes(path: str, expected: PathClass) -> None:
    """Each place has the most telling of its classes."""
    assert classify(path, PLACE) is expected


def test_a_start_up_file_may_be_a_secret_too() -> None:
    """What runs later by itself can hold keys: reading it is reading a secret."""
    assert is_secret("/home/u/.ssh/config", PLACE)
    assert not is_secret("/home/u/.bashrc", PLACE)


def test_trees_hide_secrets() -> None:
    """A tree above a secret place holds it."""
    assert "/home/u/.ssh" in set(hidden_below("/home/u", PLACE))
    assert "/etc/shadow" in set(hidden_below("/", PLACE))
    assert "/proc/*/environ" in set(hidden_below("/proc", PLACE))
    assert not set(hidden_below("/home/u/project", PLACE))


def test_globs_hide_secrets() -> None:
    """A glob that may match a secret place does; a bare `*` is no hint at a name."""
    assert set(hidden_matching("/home/u/.s*/x", PLACE)) == {
        "/home/u/.ssh/**",
        "/home/*/.ssh/**",
    }
    assert set(hidden_matching("/e*c/sh*ow", PLACE)) == {"/etc/shadow"}
    assert not set(hidden_matching("/home/u/project/*", PLACE))
    assert not set(hidden_matching("/home/u/project/main*", PLACE))
    assert set(hidden_matching("/home/u/project/*.k*", PLACE)) == {
        "**/*.key",
        "**/*.kdbx",
    }


def test_globs_may_reach_what_runs_later() -> None:
    """A glob may match a hook or a start-up file."""
    assert may_run_later("/home/u/.bash*", PLACE) is PathClass.STARTUP
    assert may_run_later("/home/u/project/.git/h*/x", PLACE) is PathClass.AUTORUN
    assert may_run_later("/home/u/project/*", PLACE) is None


def test_globs_may_reach_other_regions() -> None:
    """A wildcard high up may lead into the system or to homes."""
    assert set(other_regions("/e*c/x", PLACE)) == {PathClass.SYSTEM}
    assert set(other_regions("/h*/u/x", PLACE)) == {
        PathClass.HOME,
        PathClass.OTHER_USER,
    }
    assert not set(other_regions("/home/u/project/*", PLACE))


def test_devices_that_keep_nothing_are_nothing() -> None:
    """Writing to /dev/null is no change."""
    assert is_nothing("/dev/null")
    assert is_nothing("/dev/fd/3")
    assert not is_nothing("/dev/sda")


@pytest.mark.parametrize(
    ("cwd", "top", "expected"),
    [
        ("/home/u/p/src", "/home/u/p", "/home/u/p"),
        ("/srv/p", None, "/srv/p"),
        ("/home/u", None, None),
        ("/home", None, None),
        ("/", None, None),
        ("/home/u/p", "/home/u", None),
    ],
)
def test_workspace(cwd: str, top: str | None, expected: str | None) -> None:
    """Neither the root, nor the home, nor what is above it is a workspace."""
    assert workspace_of(cwd, "/home/u", top) == expected


def test_a_place_without_a_workspace_has_no_such_class() -> None:
    """Without a workspace the home's files are just the home's."""
    place = Place(cwd="/home/u", home="/home/u")
    assert classify("/home/u/x", place) is PathClass.HOME
