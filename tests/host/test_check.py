"""A host that is no longer what the preview saw, or that the caller may not change."""

import os
import shutil
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from linara_agent.core.change import Change, ChangeKind, FileType
from linara_agent.core.decision import Decision
from linara_agent.core.plan import Plan
from linara_agent.core.policy.verdict import Finding
from linara_agent.core.review import Way
from linara_agent.errors import ApplyFailed, LinaraError, PlanProblem, StalePlan
from linara_agent.host.apply import HostFiles
from tests.host.ground import (
    Ground,
    approved,
    inodes,
    make_plan,
    rows,
    state,
)
from tests.host.scripts import change_everything, everything


def refusal(ground: Ground, plan: Plan) -> LinaraError:
    """The error of an apply that must leave everything untouched."""
    before = rows(ground.host, directory_times=True), inodes(ground.host)
    with pytest.raises(LinaraError) as caught:
        ground.apply(plan)
    assert (rows(ground.host, directory_times=True), inodes(ground.host)) == before
    assert "Nothing was changed" in caught.value.not_done
    return caught.value


def append(host: Path) -> None:
    with (host / "edit").open("a") as stream:
        stream.write("more")


def same_size(host: Path) -> None:
    (host / "edit").write_text("OLD\n")


def in_secret(host: Path) -> None:
    """Write and set the time back: only the ctime tells."""
    status = (host / "edit").stat()
    (host / "edit").write_text("OLD\n")
    os.utime(host / "edit", ns=(status.st_atime_ns, status.st_mtime_ns))


def replaced(host: Path) -> None:
    status = (host / "edit").stat()
    (host / "copy").write_bytes((host / "edit").read_bytes())
    (host / "copy").rename(host / "edit")
    os.utime(host / "edit", ns=(status.st_atime_ns, status.st_mtime_ns))


def other_mode(host: Path) -> None:
    (host / "gone").chmod(0o600)


def owner(host: Path) -> None:
    os.chown(host / "gone", 1, 1)


def deleted(host: Path) -> None:
    (host / "gone").unlink()


def to_symlink(host: Path) -> None:
    (host / "gone").unlink()
    (host / "gone").symlink_to("keep")


def link_target(host: Path) -> None:
    (host / "to-real").unlink()
    (host / "to-real").symlink_to("elsewhere")


def new_in_tree(host: Path) -> None:
    (host / "tree/deep/late").write_text("precious")


def changed_in_tree(host: Path) -> None:
    (host / "tree/deep/b").write_text("precious")


def gone_from_tree(host: Path) -> None:
    (host / "tree/link").unlink()


def new_below_type(host: Path) -> None:
    (host / "to-file/sub/late").write_text("precious")


def in_the_way(host: Path) -> None:
    (host / "new").mkdir()


def link_in_the_way(host: Path) -> None:
    (host / "new").symlink_to("/nonexistent")


def closed(host: Path) -> None:
    (host / "closing").chmod(0o700)


def parent_gone(host: Path) -> None:
    shutil.rmtree(host / "closing")


def parent_to_link(host: Path) -> None:
    (host / "closing").rename(host / "moved")
    (host / "closing").symlink_to("moved")


DRIFTS = [
    (append, "edit", "size 8, was 4"),
    (same_size, "edit", "modified at 20"),
    (in_secret, "edit", "its time set back"),
    (replaced, "edit", "replaced by another file"),
    (other_mode, "gone", "mode 0600, was 0644"),
    (owner, "gone", "owner 1:1, was 0:0"),
    (deleted, "gone", "is gone, was a file"),
    (to_symlink, "gone", "is now a symlink, was a file"),
    (link_target, "to-real", "leads to 'elsewhere', was 'keep'"),
    (new_in_tree, "tree", "deep/late: is new"),
    (changed_in_tree, "tree", "deep/b: size 8, was 1"),
    (gone_from_tree, "tree", "link: is gone"),
    (new_below_type, "to-file", "sub/late: is new"),
    (in_the_way, "new", "is now a directory, was absent"),
    (link_in_the_way, "new", "is now a symlink, was absent"),
    (closed, "closing", "mode 0700, was 0755"),
    (parent_gone, "closing", "is gone, was a directory"),
    (parent_to_link, "closing", "is now a symlink, was a directory"),
]


@pytest.mark.parametrize(("drift", "name", "words"), DRIFTS)
def test_any_drift_is_named_and_nothing_touched(
    ground: Ground, drift: Callable[[Path], None], name: str, words: str
) -> None:
    """A path that changed since the preview stops the apply and is told with how."""
    everything(ground.host)
    plan = ground.preview(change_everything)
    drift(ground.host)
    error = refusal(ground, plan)
    assert isinstance(error, StalePlan)
    lines = [line for line in error.what.splitlines() if f"/host/{name}: " in line]
    assert len(lines) == 1
    assert words in lines[0]
    assert ground.leftovers() == []


def test_all_that_drifted_is_told_at_once(ground: Ground) -> None:
    """Every stale path is in the one message."""
    everything(ground.host)
    plan = ground.preview(change_everything)
    for drift in (append, other_mode, new_in_tree):
        drift(ground.host)
    what = refusal(ground, plan).what
    assert all(f"/host/{name}:" in what for name in ("edit", "gone", "tree"))


def test_other_entries_of_a_directory_may_change(ground: Ground) -> None:
    """New files beside what a plan changes do not make it stale."""
    everything(ground.host)
    plan = ground.preview(change_everything)
    (ground.host / "another").write_text("new")
    (ground.host / "closing/another").write_text("new")
    ground.apply(plan)
    assert (ground.host / "closing/another").read_text() == "new"
    assert (ground.host / "edit").read_text() == "new\n"


@pytest.mark.parametrize("flag", ["masked", "unsettled"])
def test_what_cannot_be_applied_is_refused(ground: Ground, flag: str) -> None:
    """A change at a hidden path, or of one that moved under the preview, stops all."""
    everything(ground.host)
    plan = ground.preview(change_everything)
    first, *rest = plan.preview.changes
    flagged = replace(first, masked=flag == "masked", unsettled=flag == "unsettled")
    error = refusal(ground, with_changes(plan, flagged, *rest))
    assert isinstance(error, StalePlan)


def with_changes(plan: Plan, *changes: Change) -> Plan:
    return replace(plan, preview=replace(plan.preview, changes=changes)).sealed()


@pytest.mark.parametrize("rule", ["too-many-changes", "unreadable"])
def test_an_incomplete_preview_is_refused(ground: Ground, rule: str) -> None:
    """A preview that says it does not list everything cannot be applied."""
    everything(ground.host)
    plan = ground.preview(change_everything)
    finding = Finding(rule=rule, decision=Decision.REVIEW, reason="not all listed")
    preview = replace(plan.preview, findings=(finding,))
    error = refusal(ground, replace(plan, preview=preview).sealed())
    assert isinstance(error, ApplyFailed)
    assert "not all listed" in error.what


@pytest.mark.parametrize(
    "path",
    [
        "relative",
        "/tmp/../etc/x",
        "/tmp//x",
        "/tmp/./x",
        "/tmp/x/",
        "/",
        "",
        "/tmp/a\0b",
    ],
)
def test_a_path_that_is_not_plain_is_refused(ground: Ground, path: str) -> None:
    """No form of a path but the plain absolute one is accepted from a plan."""
    (ground.host / "edit").write_text("old")
    plan = ground.preview(lambda twin: (twin / "edit").unlink())
    (change,) = plan.preview.changes
    error = refusal(ground, with_changes(plan, replace(change, path=path)))
    assert isinstance(error, PlanProblem)


def test_changes_that_contradict_are_refused(ground: Ground) -> None:
    """One path twice, a kind that does not fit, a creation in a deleted tree."""
    (ground.host / "d").mkdir()
    (ground.host / "d/edit").write_text("old")

    def act(twin: Path) -> None:
        (twin / "d/edit").unlink()
        (twin / "d").rmdir()
        (twin / "n").write_text("")

    deleted, inner, made = ground.preview(act).preview.changes
    for changes in (
        (deleted, inner, made, made),
        (replace(deleted, kind=ChangeKind.MODIFIED), inner),
        (replace(made, kind=ChangeKind.DELETED),),
        (deleted, inner, replace(made, path=inner.path + "x")),
        (deleted, replace(inner, kind=ChangeKind.METADATA, after=inner.before)),
    ):
        error = refusal(ground, make_plan(tuple(changes)))
        assert isinstance(error, PlanProblem)
        assert "contradicts" in error.what


def test_an_unlisted_entry_of_a_deleted_tree_saves_it(ground: Ground) -> None:
    """A plan that deletes a directory but not all in it is stale, not obeyed."""
    (ground.host / "d").mkdir()
    (ground.host / "d/precious").write_text("old")
    plan = ground.preview(lambda twin: shutil.rmtree(twin / "d"))
    (directory, _) = plan.preview.changes
    error = refusal(ground, with_changes(plan, directory))
    assert "precious: is new" in error.what


@pytest.mark.parametrize("damage", ["missing", "altered", "link", "fifo", "unnamed"])
def test_a_damaged_content_is_refused(ground: Ground, damage: str) -> None:
    """A blob that is missing, altered or no file stops the apply before it begins."""
    plan = ground.preview(lambda twin: (twin / "n").write_text("new"))
    (blob,) = ground.blobs.iterdir()
    blob.rename(ground.plan / "real")
    if damage == "altered":
        blob.write_text("NEW")
    elif damage == "link":
        blob.symlink_to(ground.plan / "real")
    elif damage == "fifo":
        os.mkfifo(blob)
    elif damage == "unnamed":
        (change,) = plan.preview.changes
        assert change.after is not None
        after = replace(change.after, sha256=None)
        plan = with_changes(plan, replace(change, after=after))
    assert isinstance(refusal(ground, plan), PlanProblem)


def test_only_the_right_approval_will_do(ground: Ground) -> None:
    """An approval of another plan, way or text, or of an altered plan, is refused."""
    plan = ground.preview(lambda twin: (twin / "n").write_text("new"))
    files = HostFiles()
    wrong = [
        (approved(make_plan()), plan),
        (approved(plan, way=Way.RERUN), plan),
        (approved(plan), replace(plan, created=5.0)),
        (approved(plan), replace(plan, created=5.0).sealed()),
        (approved(plan), with_changes(plan)),
    ]
    for permission, other in wrong:
        with pytest.raises(PlanProblem):
            files.apply(permission, other, blobs=ground.blobs)
    assert list(ground.host.iterdir()) == []


def test_another_users_plan_is_refused(ground: Ground) -> None:
    """What was previewed for one user is not applied with the rights of another."""
    other = os.geteuid() + 1
    plan = ground.preview(lambda twin: (twin / "n").write_text("new"), uid=other)
    error = refusal(ground, plan)
    assert isinstance(error, PlanProblem)
    assert "previewed for user" in error.what


def test_a_new_device_is_refused(ground: Ground) -> None:
    """Devices are not made, whatever a plan says."""
    plan = ground.preview(lambda twin: (twin / "n").write_text("new"))
    (change,) = plan.preview.changes
    assert change.after is not None
    after = replace(change.after, type=FileType.BLOCK_DEVICE, sha256=None)
    error = refusal(ground, with_changes(plan, replace(change, after=after)))
    assert "is a new device" in error.what


def test_a_deleted_socket_is_a_deletion(ground: Ground) -> None:
    """A stale socket file can be removed like any other entry."""
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(ground.host / "socket"))
    plan = make_plan(
        (
            Change(
                path=str(ground.host / "socket"),
                kind=ChangeKind.DELETED,
                before=state(ground.host / "socket"),
                after=None,
            ),
        )
    )
    ground.apply(plan)
    assert list(ground.host.iterdir()) == []


def test_a_file_with_more_names_is_not_torn_apart(ground: Ground) -> None:
    """Modifying one of two names, when the other is not in the plan, is refused."""
    (ground.host / "one").write_text("old")
    os.link(ground.host / "one", ground.host / "two")

    def act(twin: Path) -> None:
        (twin / "one").unlink()
        (twin / "one").write_text("new")

    plan = ground.preview(act)
    changes = [each for each in plan.preview.changes if each.path.endswith("one")]
    assert "hard links" in refusal(ground, with_changes(plan, *changes)).what
