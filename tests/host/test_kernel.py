"""Renames that swap or refuse to replace, on real directories."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from linara_agent.host import kernel


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    (tmp_path / "file").write_text("file")
    (tmp_path / "directory").mkdir()
    descriptor = os.open(tmp_path, os.O_PATH | os.O_DIRECTORY)
    yield tmp_path, descriptor
    os.close(descriptor)


def test_two_names_are_exchanged(place: tuple[Path, int]) -> None:
    """A file and a directory change places in one step."""
    path, descriptor = place
    assert kernel.swap(descriptor, "file", "directory")
    assert (path / "file").is_dir()
    assert (path / "directory").read_text() == "file"


def test_a_move_never_replaces(place: tuple[Path, int]) -> None:
    """A rename to a name that is there fails and changes nothing."""
    path, descriptor = place
    (path / "other").write_text("other")
    for move in (kernel.move, kernel._move_without_flags):
        with pytest.raises(FileExistsError):
            move(descriptor, "file", "other")
        with pytest.raises(FileNotFoundError):
            move(descriptor, "missing", "new")
    assert (path / "file").read_text() == "file"
    assert (path / "other").read_text() == "other"
    kernel.move(descriptor, "file", "new")
    kernel._move_without_flags(descriptor, "new", "newer")
    assert (path / "newer").read_text() == "file"


def test_what_is_missing_cannot_be_exchanged(place: tuple[Path, int]) -> None:
    """An exchange with nothing is an error, not a rename."""
    _, descriptor = place
    with pytest.raises(FileNotFoundError):
        kernel.swap(descriptor, "file", "missing")


def test_a_file_system_can_be_synced(place: tuple[Path, int]) -> None:
    """A directory that was opened for its path alone will do."""
    _, descriptor = place
    kernel.sync_file_system(descriptor)
    with pytest.raises(OSError, match=r"."):
        kernel.sync_file_system(99999)
