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
    ["tar f a.tar", "tar -xcf a.tar", "tar tf host:a.tar"],
)
def test_unknown(command: str) -> None:
    """No mode, two modes and another host are unknown."""
    assert targets(command, "unknown")


def test_a_program_to_run_is_run() -> None:
    """Programs that an option names are run, whatever the mode."""
    assert targets("tar tf a --to-command=sh", "execute") == {"tar"}
    assert targets("tar cf a.tar --checkpoint-action=exec=sh x", "execute") == {"tar"}


def test_what_is_packed_may_be_removed() -> None:
    """With `--remove-files` the members are deleted where they lie."""
    found = targets("tar -cf a.tar -C /srv --remove-files x", "delete")
    assert found == {"tar", "/srv/x", f"{HERE}/x"}


def test_members_may_lie_anywhere() -> None:
    """`-P` keeps the names as they are in the archive, so nobody knows them."""
    assert decision("tar xPf a.tar", policy="automation") == "review"
    assert decision("tar xf a.tar", policy="automation") == "allow"
