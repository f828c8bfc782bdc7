"""tar's modes, and the directories it works in."""

import pytest

from tests.core.gates import PLACE, decision, targets

HERE = "/home/u/project"


@pytest.mark.parametrize(
    ("command", "reads", "writes"),
    [
        ("tar tf a.tar", {f"{HERE}/a.tar"}, set()),
        ("tar xf a.tar", {f"{HERE}/a.tar"}, {HERE}),
        ("tar -xf a.tar -C /srv", {f"{HERE}/a.tar"}, {"/srv"}),
        ("tar xfC a.tar /srv", {f"{HERE}/a.tar"}, {"/srv"}),
        ("tar -xf a.tar m -C /srv n", {f"{HERE}/a.tar"}, {HERE, "/srv"}),
        ("tar cf a.tar x", {f"{HERE}/x"}, {f"{HERE}/a.tar"}),
        ("tar -cf a.tar -C /srv x", {f"{HERE}/x", "/srv/x"}, {f"{HERE}/a.tar"}),
        ("tar -xOf a.tar", {f"{HERE}/a.tar"}, set()),
        ("tar cf - x", {f"{HERE}/x"}, set()),
    ],
)
def test_modes(command: str, reads: set[str], writes: set[str]) -> None:
    """The archive lies where tar starts; members lie where `-C` leads."""
    assert targets(command, "read") == reads
    assert targets(command, "modify") == writes


def test_the_archive_is_not_found_through_c() -> None:
    """An archive in the home is not taken for one in a temporary directory."""
    place = PLACE.at("/home/u")
    command = "tar -cf .bashrc -C /tmp x"
    assert targets(command, "modify", place=place) == {"/home/u/.bashrc"}
    assert decision(command, policy="automation", place=place) == "review"


@pytest.mark.parametrize(
    "command",
    ["tar f a.tar", "tar -xcf a.tar", "tar tf host:a.tar", "tar tf a --to-command=sh"],
)
def test_unknown(command: str) -> None:
    """No mode, two modes, another host and programs to run are unknown."""
    assert targets(command, "unknown")
