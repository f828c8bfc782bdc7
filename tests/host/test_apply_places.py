"""Applying on other file systems, as another user, and against interference."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from linara_agent.errors import ApplyFailed, StalePlan
from linara_agent.host.recover import unfinished
from linara_agent.host.step import steps_of
from tests.disks import mount, unmount
from tests.host.ground import NOBODY, Ground, die, in_child, inodes, rows
from tests.host.scripts import change_everything, everything

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="mounts or changes users")


@pytest.fixture
def two_devices() -> Iterator[Callable[[str], Ground]]:
    """A ground on a small tmpfs whose plan lies on another file system."""
    place = Path(tempfile.mkdtemp(prefix="linara-test-", dir="/tmp")).resolve()
    point = place / "mount"
    point.mkdir()

    def make(size: str) -> Ground:
        options = f"size={size},mode=755"
        assert mount("-t", "tmpfs", "-o", options, "tmpfs", point) is None
        return Ground(point, plan=place / "plan")

    yield make
    if os.path.ismount(point):
        unmount(point)
    shutil.rmtree(place)


@root_only
def test_backups_are_copied_to_another_device(
    two_devices: Callable[[str], Ground],
) -> None:
    """What was replaced or deleted is kept in the plan, attributes and all."""
    ground = two_devices("16m")
    everything(ground.host)
    tree, edit = rows(ground.host / "tree"), (ground.host / "edit").stat()
    plan = ground.preview(change_everything)
    ground.apply(plan)
    assert rows(ground.host) == ground.expected
    assert ground.leftovers() == []
    kept = {path.name: path for path in ground.undo.iterdir()}
    (copied,) = [path for path in kept.values() if path.is_dir() and any_fifo(path)]
    assert rows(copied) == tree
    olds = [path for path in kept.values() if path.is_file()]
    (old,) = [path for path in olds if path.read_bytes() == b"old\n"]
    assert old.stat().st_mtime_ns == edit.st_mtime_ns


def any_fifo(path: Path) -> bool:
    return (path / "fifo").is_fifo()


@root_only
def test_crashes_across_devices_are_recovered(
    two_devices: Callable[[str], Ground],
) -> None:
    """Killed at each instant with the plan on another device, all comes back."""
    ground = two_devices("16m")
    ends: set[bool] = set()
    for number in range(1000):
        for path in (ground.host, ground.undo):
            shutil.rmtree(path, ignore_errors=True)
        ground.host.mkdir()
        shutil.rmtree(ground.root / "twin", ignore_errors=True)
        everything(ground.host)
        plan = ground.preview(change_everything)
        before = rows(ground.host, directory_times=True), inodes(ground.host)
        seen = iter(range(number + 1))

        def burn(name: str, *, seen: Iterator[int] = seen) -> None:
            del name
            if next(seen, None) is None:
                die()

        status = in_child(partial(ground.apply, plan, instant=burn))
        if unfinished(ground.plan.parent):
            ground.recover(plan)
        after = rows(ground.host, directory_times=True), inodes(ground.host)
        done = after != before
        ends.add(done)
        if done:
            assert rows(ground.host) == ground.expected
        assert ground.leftovers() == []
        if status == 0:
            break
    assert ends == {False, True}


@root_only
def test_a_file_system_that_fills_up(two_devices: Callable[[str], Ground]) -> None:
    """Too little space is told before anything is touched; so is what races for it."""
    ground = two_devices("1m")
    (ground.host / "old").write_text("old")

    def act(twin: Path) -> None:
        for number in range(3):
            (twin / f"new{number}").write_bytes(os.urandom(150_000))
        (twin / "old").unlink()

    plan = ground.preview(act)
    shutil.rmtree(ground.root / "twin")
    before = rows(ground.host, directory_times=True), inodes(ground.host)
    filler = ground.root / "filler"
    filler.write_bytes(bytes(700_000))
    with pytest.raises(ApplyFailed, match="too little space"):
        ground.apply(plan)
    filler.unlink()

    def fill(instant: str) -> None:
        if instant == "stage 1":
            filler.write_bytes(bytes(700_000))

    with pytest.raises(ApplyFailed, match="No space left") as caught:
        ground.apply(plan, instant=fill)
    assert "taken back" in caught.value.not_done
    after = rows(ground.host, directory_times=True), inodes(ground.host)
    assert after == before
    filler.unlink()
    ground.apply(plan)
    assert rows(ground.host) == ground.expected


@root_only
@pytest.mark.parametrize("name", ["edit", "tree", "closing"])
def test_what_is_immutable_is_told_before(ground: Ground, name: str) -> None:
    """`chattr +i` on a path or its directory: nothing is touched."""
    everything(ground.host)
    path = ground.host / name
    if subprocess.run(["chattr", "+i", path], check=False).returncode:
        pytest.skip("this file system knows no immutable files")
    try:
        plan = ground.preview(change_everything)
        before = rows(ground.host, directory_times=True), inodes(ground.host)
        with pytest.raises(ApplyFailed, match=name) as caught:
            ground.apply(plan)
        assert "Nothing was changed" in caught.value.not_done
        after = rows(ground.host, directory_times=True), inodes(ground.host)
        assert after == before
    finally:
        subprocess.run(["chattr", "-R", "-i", ground.host, ground.plan], check=False)
    assert ground.leftovers() == []


@root_only
def test_a_path_that_becomes_immutable_is_taken_back(ground: Ground) -> None:
    """A rename that the kernel refuses in the middle takes everything back."""
    everything(ground.host)
    plan = ground.preview(change_everything)
    before = rows(ground.host, directory_times=True), inodes(ground.host)

    def freeze(instant: str) -> None:
        if instant == "staged":
            subprocess.run(["chattr", "+i", ground.host / "mode"], check=True)

    try:
        with pytest.raises((ApplyFailed, StalePlan)) as caught:
            ground.apply(plan, instant=freeze)
        assert "taken back" in caught.value.not_done
    finally:
        subprocess.run(["chattr", "-i", ground.host / "mode"], check=True)
    assert (rows(ground.host, directory_times=True), inodes(ground.host)) == before


@root_only
class TestAnotherUser:
    """As an ordinary user, in a process of that user."""

    @pytest.fixture
    def theirs(self, ground: Ground) -> Ground:
        for path in (ground.root, ground.host, ground.plan, ground.blobs):
            os.chown(path, NOBODY, NOBODY)
        return ground

    def test_everything(self, theirs: Ground) -> None:
        """An ordinary user's plan arrives exactly, a closed directory too."""
        outcome = in_child(partial(story, theirs), uid=NOBODY)
        assert outcome == 0

    def test_what_only_root_may(self, theirs: Ground) -> None:
        """Foreign files, directories and sticky places are refused before."""
        (theirs.host / "roots").mkdir()
        (theirs.host / "roots/file").write_text("x")
        (theirs.host / "sticky").mkdir()
        (theirs.host / "sticky").chmod(0o1777)
        (theirs.host / "sticky/file").write_text("x")
        (theirs.host / "foreign").write_text("x")
        for act, words in (
            (lambda twin: (twin / "roots/file").unlink(), "cannot be written to"),
            (lambda twin: (twin / "sticky/file").unlink(), "sticky directory"),
            (lambda twin: (twin / "foreign").chmod(0o600), "belongs to another user"),
            (lambda twin: (twin / "foreign").write_text("y"), "belong to user 0"),
            (lambda twin: os.chown(made(twin), -1, 7), "belong to group 7"),
        ):
            plan = theirs.preview(act, uid=NOBODY)
            shutil.rmtree(theirs.root / "twin")
            work = partial(refused, theirs, plan, words)
            assert in_child(work, uid=NOBODY) == 0

    def test_crashes(self, theirs: Ground) -> None:
        """An ordinary user's crash at any instant is recovered by that user."""
        assert in_child(partial(crashes, theirs), uid=NOBODY) == 0


def made(twin: Path) -> Path:
    (twin / "made").write_text("")
    return twin / "made"


def story(ground: Ground) -> None:
    everything(ground.host)
    (ground.host / "locked/in").mkdir(parents=True)
    (ground.host / "locked/in/file").write_text("x")
    (ground.host / "locked/in").chmod(0o500)
    (ground.host / "locked").chmod(0o500)

    def act(twin: Path) -> None:
        change_everything(twin)
        # Opened, emptied and closed again: only the deletion is left to see.
        (twin / "locked").chmod(0o700)
        (twin / "locked/in").chmod(0o700)
        (twin / "locked/in/file").unlink()
        (twin / "locked/in").rmdir()
        (twin / "locked").chmod(0o500)

    plan = ground.preview(act)
    ground.apply(plan)
    assert rows(ground.host) == ground.expected
    assert ground.leftovers() == []


def refused(ground: Ground, plan: object, words: str) -> None:
    before = rows(ground.host, directory_times=True)
    with pytest.raises(ApplyFailed) as caught:
        ground.apply(plan)  # type: ignore[arg-type]  # a plan that crossed a fork
    assert words in caught.value.what, caught.value.what
    assert rows(ground.host, directory_times=True) == before


def crashes(ground: Ground) -> None:
    for number in range(1000):
        for name in ("host", "twin", "plan/undo"):
            clear(ground.root / name)
        ground.host.mkdir()
        everything(ground.host)
        plan = ground.preview(change_everything)
        before = rows(ground.host, directory_times=True), inodes(ground.host)
        seen = iter(range(number))

        def burn(name: str, *, seen: Iterator[int] = seen) -> None:
            del name
            if next(seen, None) is None:
                die()

        status = in_child(partial(ground.apply, plan, instant=burn))
        if unfinished(ground.root):
            ground.recover(plan)
        now = rows(ground.host, directory_times=True), inodes(ground.host)
        assert now == before or rows(ground.host) == ground.expected
        assert ground.leftovers() == []
        if status == 0:
            return


def clear(path: Path) -> None:
    subprocess.run(
        ["chmod", "-R", "u+rwx", path], check=False, stderr=subprocess.DEVNULL
    )
    shutil.rmtree(path, ignore_errors=True)


def swap_parent(ground: Ground, target: Path, instant: str, name: str) -> None:
    """At an instant, put a symlink to another place where a directory was."""
    if instant == name:
        (ground.host / "dir").rename(ground.host / "elsewhere")
        (ground.host / "dir").symlink_to(target)


@pytest.mark.parametrize("at", ["stage 0", "staged", "commit 0", "committed 0"])
def test_a_symlink_cannot_redirect_a_write(ground: Ground, at: str) -> None:
    """A parent swapped for a symlink at any moment: nothing appears behind it."""
    trap = ground.root / "trap"
    trap.mkdir()
    (ground.host / "dir").mkdir()
    for name in ("a", "b"):
        (ground.host / "dir" / name).write_text("old")
        (trap / name).write_text("victim")
    before = rows(trap, directory_times=True)

    def act(twin: Path) -> None:
        (twin / "dir/a").write_text("new")
        (twin / "dir/b").unlink()
        (twin / "dir/c").write_text("made")

    plan = ground.preview(act)
    with pytest.raises((ApplyFailed, StalePlan)):
        ground.apply(plan, instant=partial(swap_parent, ground, trap, name=at))
    assert rows(trap, directory_times=True) == before


def test_a_write_in_the_last_moment_is_not_lost(ground: Ground) -> None:
    """A file written between check and rename: the plan is stale, the write stays."""
    everything(ground.host)
    plan = ground.preview(change_everything)
    late: list[str] = []

    def write(instant: str) -> None:
        if instant == "staged":
            (ground.host / "edit").write_text("someone's work")
            (ground.host / "tree/deep/late").write_text("someone's work")
        late.append(instant)

    with pytest.raises(StalePlan) as caught:
        ground.apply(plan, instant=write)
    assert "taken back" in caught.value.not_done
    assert (ground.host / "edit").read_text() == "someone's work"
    assert (ground.host / "tree/deep/late").read_text() == "someone's work"
    assert (ground.host / "gone").read_text() == "bye\n"
    assert ground.leftovers() == []


@pytest.mark.parametrize("name", ["edit", "gone", "tree", "to-file"])
@pytest.mark.parametrize("how", ["write", "replace"])
def test_a_write_between_guard_and_rename_is_not_lost(
    make_ground: Callable[[], Ground], name: str, how: str
) -> None:
    """Even after the last look: what moved is looked at again, and put back."""
    ground = make_ground()
    everything(ground.host)
    plan = ground.preview(change_everything)
    path = ground.host / name
    steps = steps_of(plan.preview.changes, tag="x").steps
    (number,) = [step.number for step in steps if step.path == str(path)]

    def interfere(instant: str) -> None:
        if instant != f"commit {number}":
            return
        if how == "replace":
            path.rename(ground.host / "aside")
            path.write_text("someone's work")
        elif path.is_dir():
            (path / "late").write_text("someone's work")
        else:
            path.write_text("someone's work")

    with pytest.raises(StalePlan) as caught:
        ground.apply(plan, instant=interfere)
    assert str(path) in caught.value.what
    assert "taken back" in caught.value.not_done
    late = path / "late" if path.is_dir() else path
    assert late.read_text() == "someone's work"
    assert (ground.host / "mode").stat().st_mode & 0o777 == 0o644
    assert ground.leftovers() == []
