"""The list of project files that the person trusts."""

import os
from pathlib import Path

import pytest

from linara_agent.errors import SettingsProblem
from linara_agent.settings.trust import Trust, TrustStore

ONE, OTHER = "a" * 64, "b" * 64


@pytest.fixture
def store(tmp_path: Path) -> TrustStore:
    return TrustStore(state=tmp_path / "state")


def test_a_file_is_trusted_as_it_was(store: TrustStore, tmp_path: Path) -> None:
    """Only with the digest that it had, and only at its own path."""
    path = tmp_path / ".linara-agent.toml"
    assert store.of(path, ONE) is Trust.UNTRUSTED
    assert not store.known(path)

    store.trust(path, ONE)

    assert store.of(path, ONE) is Trust.TRUSTED
    assert store.of(path, OTHER) is Trust.CHANGED
    assert store.of(tmp_path / "b" / path.name, ONE) is Trust.UNTRUSTED
    assert store.known(path)
    assert store.path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in store.state.iterdir()] == ["trust.json"]


def test_trust_is_renewed_and_forgotten(store: TrustStore, tmp_path: Path) -> None:
    """The latest digest counts; a forgotten file is as unknown as before."""
    path, other = tmp_path / "x", tmp_path / "y"
    store.trust(path, ONE)
    store.trust(other, ONE)
    store.trust(path, OTHER)
    assert store.of(path, OTHER) is Trust.TRUSTED

    assert store.forget(path)
    assert not store.forget(path)
    assert store.of(path, OTHER) is Trust.UNTRUSTED
    assert store.of(other, ONE) is Trust.TRUSTED


def test_a_path_has_one_name(store: TrustStore, tmp_path: Path) -> None:
    """Through a link to its directory it is the same file."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    store.trust(tmp_path / "link" / "x", ONE)
    assert store.of(tmp_path / "real" / "x", ONE) is Trust.TRUSTED


@pytest.mark.parametrize("text", ["", "[]", "{", '{"/x": 1}', "null"])
def test_a_damaged_list_stops_everything(
    store: TrustStore, tmp_path: Path, text: str
) -> None:
    """Nothing is taken for untrusted, or overwritten, because it cannot be read."""
    store.state.mkdir()
    store.path.write_text(text)
    for act in (
        lambda: store.of(tmp_path / "x", ONE),
        lambda: store.trust(tmp_path / "x", ONE),
    ):
        with pytest.raises(SettingsProblem, match="damaged") as caught:
            act()
        assert caught.value.not_done
        assert "policy trust" in caught.value.remedy
    assert store.path.read_text() == text


def test_a_list_that_others_may_write_is_refused(
    store: TrustStore, tmp_path: Path
) -> None:
    """Or anybody could trust for the person; a link could lead to any file."""
    store.trust(tmp_path / "x", ONE)
    store.path.chmod(0o622)
    with pytest.raises(SettingsProblem, match="others than you"):
        store.known(tmp_path / "x")
    store.path.rename(tmp_path / "elsewhere")
    store.path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SettingsProblem, match="symbolic link"):
        store.known(tmp_path / "x")


def test_a_state_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """A file in the place of the directory is an error, not a trusted file."""
    (tmp_path / "state").write_text("")
    store = TrustStore(state=tmp_path / "state")
    assert not store.known(tmp_path / "x")
    with pytest.raises(SettingsProblem, match="cannot be used"):
        store.trust(tmp_path / "x", ONE)
    assert os.listdir(tmp_path).count("state") == 1  # noqa: PTH208 — names alone
