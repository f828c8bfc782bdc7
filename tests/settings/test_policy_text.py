"""The person's own policy file is replaced in one step, or not at all."""

import os
import stat
from pathlib import Path

import pytest

from linara_agent.errors import SettingsProblem
from linara_agent.settings.policy_text import policy_text, write_policy_text


def test_a_new_file_is_private(tmp_path: Path):
    """It and its directory are for their owner alone, and nothing else is left."""
    path = tmp_path / "a" / "policy.toml"
    assert policy_text(path) is None

    write_policy_text(path, "version = 1\n", was=None)

    assert policy_text(path) == "version = 1\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert os.listdir(path.parent) == ["policy.toml"]  # noqa: PTH208 — names only


def test_a_file_keeps_its_mode_and_its_link(tmp_path: Path):
    """A link to a file kept elsewhere still leads there."""
    real = tmp_path / "dotfiles.toml"
    real.write_text("a")
    real.chmod(0o644)
    link = tmp_path / "policy.toml"
    link.symlink_to(real)

    write_policy_text(link, "b", was="a")

    assert link.is_symlink()
    assert real.read_text() == "b"
    assert stat.S_IMODE(real.stat().st_mode) == 0o644


@pytest.mark.parametrize("was", [None, "older"])
def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path: Path, was: str | None):
    """What somebody else wrote since it was read is not lost."""
    path = tmp_path / "policy.toml"
    path.write_text("newer")

    with pytest.raises(SettingsProblem, match="meanwhile"):
        write_policy_text(path, "mine", was=was)
    assert path.read_text() == "newer"


def test_what_cannot_be_read_or_written_is_said(tmp_path: Path):
    """A directory, a file as a directory, and bytes that are no text."""
    with pytest.raises(SettingsProblem):
        policy_text(tmp_path)
    odd = tmp_path / "odd"
    odd.write_bytes(b"\xff")
    with pytest.raises(SettingsProblem, match="UTF-8"):
        policy_text(odd)
    with pytest.raises(SettingsProblem):
        write_policy_text(odd / "policy.toml", "x", was=None)
    with pytest.raises(SettingsProblem, match="UTF-8"):
        write_policy_text(tmp_path / "new", "\udc80", was=None)
    left = sorted(one.name for one in tmp_path.iterdir() if one.is_file())
    assert left == ["odd"]
