"""What a change of a large file costs: only new content is copied."""

from pathlib import Path

import pytest

from linara_agent.core.sandbox_plan import Limits
from tests.docker_sandbox.conftest import PreviewOf

pytestmark = pytest.mark.docker
MIB = 1 << 20
SIZE = 192 * MIB
NOISE = 64 * MIB
"""Others write to the same disk meanwhile."""

COST = """
blocks() {{ stat -f -c %a .; }}
size=$(stat -f -c %S .)
before=$(blocks)
{}
echo $(( (before - $(blocks)) * size ))
"""
"""Prints the bytes that the disk under the twin lost meanwhile."""


@pytest.fixture
def large() -> Path:
    """A file of bytes that are really there, so that a copy would show."""
    path = Path.cwd() / "large"
    piece = bytes(range(256)) * (MIB // 256)
    with path.open("wb") as file:
        for _ in range(SIZE // MIB):
            file.write(piece)
    return path


@pytest.mark.usefixtures("large")
def test_new_metadata_and_new_names_copy_nothing(preview_of: PreviewOf) -> None:
    """Mode, time and name are changed without the content.

    With `-c`, or the content is copied: plain `touch` opens the file for writing.
    """
    preview = preview_of(COST.format("chmod 600 large; touch -c large; mv large moved"))
    assert preview.outcome.exit == 0, preview.outcome.stderr
    assert int(preview.outcome.stdout) < NOISE
    assert not any("copied" in note for note in preview.notes)
    kinds = {Path(one.path).name: str(one.kind) for one in preview.changes}
    assert kinds == {"large": "deleted", "moved": "renamed"}


def test_one_more_byte_copies_the_file_whole(
    preview_of: PreviewOf, large: Path, tmp_path: Path
) -> None:
    """It works with less memory than the file is large, and the host keeps its own."""
    preview = preview_of(
        COST.format("printf x >> large"), limits=Limits(memory=SIZE // 3)
    )
    assert preview.outcome.exit == 0, preview.outcome.stderr
    assert int(preview.outcome.stdout) > SIZE - NOISE
    assert any("0.2 GB" in note and "copied" in note for note in preview.notes)
    (change,) = preview.changes
    assert change.after is not None
    assert change.after.size == SIZE + 1
    assert (tmp_path / "blobs" / str(change.after.sha256)).stat().st_size == SIZE + 1
    assert large.stat().st_size == SIZE


@pytest.mark.usefixtures("large")
def test_a_file_that_was_only_opened_keeps_no_content(
    preview_of: PreviewOf, tmp_path: Path
) -> None:
    """Plain `touch` copies in the twin; the plan holds a time, and the cost is said."""
    preview = preview_of("touch large")
    assert any("copied" in note for note in preview.notes)
    (change,) = preview.changes
    assert change.after is not None
    assert (str(change.kind), change.after.sha256) == ("metadata", None)
    assert list((tmp_path / "blobs").iterdir()) == []


@pytest.mark.usefixtures("large")
def test_a_file_put_in_its_place_is_no_copy(preview_of: PreviewOf) -> None:
    """Nothing was taken from the old one."""
    preview = preview_of("echo new > other; mv other large")
    assert not any("copied" in note for note in preview.notes)
