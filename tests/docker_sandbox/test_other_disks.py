"""A workspace on another file system than the twin's own files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from linara_agent.core.change import ChangeKind
from linara_agent.core.next_step import ways_for
from linara_agent.core.review import Way
from linara_agent.core.sandbox_plan import View
from tests.disks import LARGE_ENOUGH, disk
from tests.docker_sandbox.conftest import PreviewOf

pytestmark = pytest.mark.docker


@pytest.fixture(params=[*LARGE_ENOUGH, "tmpfs"])
def workspace(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """The working directory, with a file of two names in it."""
    point = tmp_path / "disk"
    point.mkdir()
    with disk(request.param, point, LARGE_ENOUGH.get(request.param, 1 << 20)):
        (point / "one").write_text("one\n")
        (point / "two").hardlink_to(point / "one")
        (point / "three").write_text("three\n")
        for number in range(40):  # so that no two kinds of number are the same
            (point / f"{number}").touch()
        monkeypatch.chdir(point)
        yield point
        monkeypatch.undo()


def test_it_is_known_as_this_machines(workspace: Path, preview_of: PreviewOf) -> None:
    """An overlay of two file systems shows other inodes than the host; same files."""
    preview = preview_of("cat three", cwd=str(workspace), view=View.TWIN)
    assert preview.outcome.stdout == b"three\n"
    assert preview.view == "twin"


def test_the_names_of_one_file_are_known(
    workspace: Path, preview_of: PreviewOf
) -> None:
    """A change through one name is a change of both, and it can be applied."""
    text = "mv three four; echo more >> one; rm 7"
    preview = preview_of(text, cwd=str(workspace), view=View.TWIN)
    assert preview.outcome.stderr == b""
    assert {Path(one.path).name: one.kind for one in preview.changes} == {
        "one": ChangeKind.MODIFIED,
        "two": ChangeKind.MODIFIED,
        "three": ChangeKind.DELETED,
        "four": ChangeKind.RENAMED,
        "7": ChangeKind.DELETED,
    }
    assert Way.APPLY in ways_for(preview)
