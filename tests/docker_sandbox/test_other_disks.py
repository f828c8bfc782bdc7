"""A workspace on another file system than the twin's own files."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from linara_agent.core.change import ChangeKind
from linara_agent.core.next_step import ways_for
from linara_agent.core.review import Way
from linara_agent.core.sandbox_plan import View
from linara_agent.docker_sandbox.identity import NoTwin
from linara_agent.docker_sandbox.probe import probe
from linara_agent.docker_sandbox.sandbox import DockerSandbox, Premises
from tests.disks import LARGE_ENOUGH, disk, mount, unmount
from tests.docker_sandbox.conftest import PlanFor, PreviewOf

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


@pytest.fixture
def too_deep(tmp_path: Path) -> Iterator[Path]:
    """An overlay upon an overlay, over which the kernel makes no third one."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount")
    points: list[Path] = []
    lower = tmp_path / "lower"
    lower.mkdir()
    (lower / "file").write_text("deep\n")
    for level in ("first", "second"):
        upper, work, point = (tmp_path / level / name for name in ("u", "w", "point"))
        for path in (upper, work, point):
            path.mkdir(parents=True)
        options = f"lowerdir={lower},upperdir={upper},workdir={work}"
        if problem := mount("-t", "overlay", "overlay", "-o", options, point):
            for one in reversed(points):
                unmount(one)
            pytest.skip(f"{point} cannot be mounted: {problem}")
        points.append(point)
        lower = point
    yield lower
    for point in reversed(points):
        unmount(point)


def test_a_mount_that_cannot_be_overlaid_hinders_no_other(
    too_deep: Path, preview_of: PreviewOf
) -> None:
    """It is empty in the twin, and said; all else is there."""
    preview = preview_of(f"ls {too_deep}; cat {too_deep.parents[1]}/lower/file")
    assert (preview.outcome.stdout, preview.outcome.stderr) == (b"deep\n", b"")
    assert f"{too_deep} (overlay)" in map(str, preview.unshown)


def test_doctor_names_what_a_preview_cannot_show(
    too_deep: Path, premises: Premises, plan_for: PlanFor
) -> None:
    """A preview works, and what it lacks is said."""
    *_, overlay = probe(premises, plan_for("").caller, run="probe")
    assert overlay.ok
    assert str(too_deep) in overlay.detail


def test_who_stands_where_no_twin_can_be_made_is_told_so(
    too_deep: Path, sandbox: DockerSandbox, plan_for: PlanFor
) -> None:
    """Nothing runs; a copy of the workspace is named as the way."""
    plan = plan_for("ls", cwd=str(too_deep), view=View.TWIN)
    with pytest.raises(NoTwin, match="cannot be overlaid") as caught:
        sandbox.view(plan)
    assert str(too_deep) in caught.value.what
    assert "--view copy" in caught.value.remedy


def test_who_stands_there_previews_in_a_copy(
    too_deep: Path,
    sandbox: DockerSandbox,
    plan_for: PlanFor,
    tmp_path: Path,
    toolbox_image: str,
) -> None:
    """Where there is a toolbox, the view is chosen by itself, and named."""
    assert toolbox_image
    (blobs := tmp_path / "blobs").mkdir()
    plan = plan_for("cat file", cwd=str(too_deep))
    preview = sandbox.view(plan).run(plan, digest="", blobs=blobs)
    assert (preview.view, preview.outcome.stdout) == ("copy", b"deep\n")
    assert any("cannot be overlaid" in note for note in preview.notes)
