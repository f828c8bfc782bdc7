"""All that a file can be, and random trees under random changes."""

import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linara_agent.errors import ApplyFailed
from linara_agent.host.apply import HostFiles
from linara_agent.host.manifest import Stage, read
from linara_agent.host.step import Move
from tests.host.ground import Ground, approved, inodes, make_plan, rows

ODD = [
    b"new\nline",
    b"\xff\xfe not utf-8",
    b"x" * 255,
    "ä €".encode(),
    b"-rf",
    b" ",
    b"$(touch x)",
    b"\x1b[31m",
    b"*",
]


def test_odd_names(ground: Ground) -> None:
    """Any name that Linux allows is created, modified and deleted."""
    for number, name in enumerate(ODD):
        path = Path(os.fsdecode(os.fsencode(ground.host) + b"/" + name))
        path.write_text("old") if number % 2 else path.mkdir()
    (ground.host / "for").mkdir()

    def act(twin: Path) -> None:
        for number, name in enumerate(ODD):
            path = Path(os.fsdecode(os.fsencode(twin) + b"/" + name))
            path.write_text("new") if number % 2 else path.rmdir()
            made = os.fsencode(twin) + b"/for/" + name
            Path(os.fsdecode(made)).write_text("made")

    ground.apply(ground.preview(act))
    assert rows(ground.host) == ground.expected
    assert ground.leftovers() == []


def test_a_deep_tree(ground: Ground) -> None:
    """Two hundred levels are made and removed, a path longer than 4096 bytes too."""
    deep = "/".join(["directory-with-a-name"] * 180)
    (ground.host / deep).mkdir(parents=True)
    (ground.host / deep / "old").write_text("old")

    def act(twin: Path) -> None:
        shutil.rmtree(twin / "directory-with-a-name")
        (twin / "other" / deep).mkdir(parents=True)
        (twin / "other" / deep / "new").write_text("new")

    ground.apply(ground.preview(act))
    assert rows(ground.host) == ground.expected


def test_holes_stay_holes(ground: Ground) -> None:
    """A sparse file of a gigabyte takes a few blocks on the host, as in the twin."""

    def act(twin: Path) -> None:
        with (twin / "sparse").open("wb") as stream:
            stream.write(b"start")
            stream.seek(64 << 20)
            stream.write(b"middle")
            stream.truncate(128 << 20)

    ground.apply(ground.preview(act))
    status = (ground.host / "sparse").stat()
    assert status.st_size == 128 << 20
    assert status.st_blocks * 512 < 1 << 20
    with (ground.host / "sparse").open("rb") as stream:
        assert stream.read(5) == b"start"
        stream.seek(64 << 20)
        assert stream.read(8) == b"middle\0\0"


def test_names_of_one_file_stay_names_of_one_file(ground: Ground) -> None:
    """When all names of a hard-linked file change alike, they stay linked."""
    for name in ("one", "two"):
        (ground.host / name).mkdir()
    (ground.host / "one/a").write_text("old")
    os.link(ground.host / "one/a", ground.host / "two/b")
    (ground.host / "mode").write_text("x")
    os.link(ground.host / "mode", ground.host / "mode2")

    def act(twin: Path) -> None:
        (twin / "one/a").write_text("new")
        (twin / "mode").chmod(0o600)

    plan = ground.preview(act)
    assert len(plan.preview.changes) == 4
    ground.apply(plan)
    assert rows(ground.host) == ground.expected
    assert (ground.host / "one/a").samefile(ground.host / "two/b")


def test_a_deleted_name_leaves_the_others(ground: Ground) -> None:
    """Deleting one of two names, and changing the mode of the other, both happen."""
    (ground.host / "a").write_text("x")
    os.link(ground.host / "a", ground.host / "b")

    def act(twin: Path) -> None:
        (twin / "a").unlink()
        (twin / "b").chmod(0o600)

    ground.apply(ground.preview(act))
    # The kept original of the deleted name is the second link.
    assert (ground.host / "b").stat().st_mode & 0o777 == 0o600
    assert not (ground.host / "a").exists()
    assert (ground.host / "b").read_text() == "x"


@pytest.mark.skipif(
    shutil.which("setfacl") is None, reason="needs Debian's package acl; CI installs it"
)
def test_attributes_and_acls_arrive(ground: Ground) -> None:
    """Extended attributes and ACLs are set, changed and removed as in the twin."""
    for name in ("set", "changed", "removed"):
        (ground.host / name).write_text("x")
        if name != "set":
            os.setxattr(ground.host / name, "user.colour", b"red\0\xff")
    (ground.host / "default").mkdir()
    subprocess.run(
        ["setfacl", "-d", "-m", "u:1:rwx", ground.host / "default"], check=True
    )

    def act(twin: Path) -> None:
        os.setxattr(twin / "set", "user.colour", b"blue")
        os.setxattr(twin / "changed", "user.colour", b"green")
        os.removexattr(twin / "removed", "user.colour")
        subprocess.run(["setfacl", "-m", "u:1:r", twin / "set"], check=True)
        (twin / "default/inherits").write_text("x")
        (twin / "default/plain").write_text("x")
        subprocess.run(["setfacl", "-b", twin / "default/plain"], check=True)
        (twin / "made").mkdir()
        subprocess.run(["setfacl", "-m", "g:2:rx", twin / "made"], check=True)

    plan = ground.preview(act)
    ground.apply(plan)
    assert rows(ground.host) == ground.expected


@pytest.mark.skipif(os.geteuid() != 0, reason="changes owners")
def test_owners_and_special_bits(ground: Ground) -> None:
    """Owner, group, setuid, setgid and sticky bits arrive together."""
    (ground.host / "file").write_text("x")
    (ground.host / "shared").mkdir()
    (ground.host / "link").symlink_to("file")

    def act(twin: Path) -> None:
        os.chown(twin / "file", 5, 6)
        (twin / "file").chmod(0o6755)
        os.chown(twin / "shared", 0, 7)
        (twin / "shared").chmod(0o3775)
        (twin / "shared/in").mkdir()
        (twin / "shared/in/file").write_text("x")
        os.chown(twin / "link", 8, 9, follow_symlinks=False)
        (twin / "program").write_text("x")
        os.chown(twin / "program", 5, 5)
        (twin / "program").chmod(0o4711)

    ground.apply(ground.preview(act))
    assert rows(ground.host) == ground.expected
    assert (ground.host / "shared/in").stat().st_gid == 7


def test_the_incidental_is_left_alone_and_counted(ground: Ground) -> None:
    """Caches are not applied, but a new directory that others need is made."""

    def act(twin: Path) -> None:
        (twin / "cache/sub").mkdir(parents=True)
        (twin / "cache/sub/entry").write_text("x")
        (twin / "cache/wanted").write_text("y")
        (twin / "log").write_text("z")

    plan = ground.preview(act)
    changes = tuple(
        replace(change, incidental=not change.path.endswith("wanted"))
        for change in plan.preview.changes
    )
    applied = ground.apply(make_plan(changes))
    assert set(rows(ground.host)) == {".", "cache", "cache/wanted"}
    assert (applied.paths, applied.skipped) == (2, 3)


def test_a_plan_without_changes(ground: Ground) -> None:
    """Nothing to do is done without a trace in the tree."""
    applied = ground.apply(make_plan())
    assert applied.paths == 0
    assert list(ground.host.iterdir()) == []


def test_a_second_apply_is_refused(ground: Ground) -> None:
    """What was applied cannot be applied again, and what failed can."""
    plan = ground.preview(lambda twin: (twin / "n").write_text("new"))

    def fail(instant: str) -> None:
        if instant == "staged":
            raise OSError(5, "Input/output error")

    with pytest.raises(ApplyFailed):
        ground.apply(plan, instant=fail)
    ground.apply(plan)
    (ground.host / "n").unlink()
    with pytest.raises(Exception, match="applied already"):
        ground.apply(plan)
    assert not (ground.host / "n").exists()


def test_the_manifest_has_what_an_undo_needs(ground: Ground) -> None:
    """Every replaced or deleted thing is in the undo directory, itself."""
    (ground.host / "edit").write_text("old")
    (ground.host / "tree/sub").mkdir(parents=True)
    (ground.host / "tree/sub/file").write_text("in tree")
    before = inodes(ground.host)

    def act(twin: Path) -> None:
        (twin / "edit").write_text("new")
        shutil.rmtree(twin / "tree")
        (twin / "new").mkdir()

    ground.apply(ground.preview(act))
    reached = read(ground.undo)
    assert reached is not None
    assert reached.stage is Stage.DONE
    kept = {}
    for step in reached.manifest.steps:
        name = step.path.removeprefix(str(ground.host) + "/")
        kept[name] = step.move
        backup = ground.undo / str(step.number)
        assert backup.exists() == (step.move is not Move.PLACE)
        if backup.exists():
            assert backup.stat().st_ino == before[name]
    assert kept == {"edit": Move.REPLACE, "tree": Move.REMOVE, "new": Move.PLACE}
    (tree,) = [each for each in reached.manifest.steps if each.move is Move.REMOVE]
    assert [change.path for change in tree.inner] == [
        str(ground.host / "tree/sub"),
        str(ground.host / "tree/sub/file"),
    ]
    assert (ground.undo / str(tree.number) / "sub/file").read_text() == "in tree"


NAMES = st.sampled_from(["a", "b", "c"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
CONTENTS = st.sampled_from(["", "x", "longer text\n"])


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def make_file(path: Path, content: str, mode: int) -> None:
    remove(path)
    path.write_text(content)
    path.chmod(mode)


def make_link(path: Path, content: str, mode: int) -> None:
    del mode
    remove(path)
    path.symlink_to(content or "x")


def make_fifo(path: Path, content: str, mode: int) -> None:
    del content
    remove(path)
    os.mkfifo(path, mode)


def make_directory(path: Path, content: str, mode: int) -> None:
    del content, mode
    path.mkdir(parents=True)


def change_mode(path: Path, content: str, mode: int) -> None:
    del content
    if not path.is_symlink():
        path.chmod(mode)


def append(path: Path, content: str, mode: int) -> None:
    del mode
    if path.is_file() and not path.is_symlink():
        path.write_text(path.read_text() + content)


ACTIONS: dict[str, Callable[[Path, str, int], None]] = {
    "file": make_file,
    "directory": make_directory,
    "link": make_link,
    "fifo": make_fifo,
    "remove": lambda path, *_: remove(path),
    "mode": change_mode,
    "append": append,
}
ACTS = st.tuples(
    st.sampled_from(sorted(ACTIONS)),
    PATHS,
    CONTENTS,
    st.sampled_from([0o600, 0o755, 0o400, 0o2770, 0o1777]),
)


def act_on(root: Path, acts: list[tuple[str, str, str, int]]) -> None:
    """Do what can be done of a list of random acts; the rest is skipped."""
    for kind, name, content, mode in acts:
        path = root / name
        if not any(parent.is_symlink() for parent in path.parents):
            with suppress(OSError):
                ACTIONS[kind](path, content, mode)


@settings(deadline=None, max_examples=150)
@given(first=st.lists(ACTS, max_size=12), then=st.lists(ACTS, max_size=12))
def test_any_change_of_any_tree_arrives(
    make_ground: Callable[[], Ground],
    first: list[tuple[str, str, str, int]],
    then: list[tuple[str, str, str, int]],
) -> None:
    """The host becomes the twin, whatever the tree was and whatever happened."""
    ground = make_ground()
    act_on(ground.host, first)
    plan = ground.preview(lambda twin: act_on(twin, then))
    ground.apply(plan)
    assert rows(ground.host) == ground.expected
    assert ground.leftovers() == []
    shutil.rmtree(ground.root)


@settings(deadline=None, max_examples=100)
@given(
    first=st.lists(ACTS, max_size=12),
    then=st.lists(ACTS, min_size=1, max_size=12),
    at=st.integers(0, 40),
    exchange=st.booleans(),
)
def test_any_change_can_be_taken_back(
    make_ground: Callable[[], Ground],
    first: list[tuple[str, str, str, int]],
    then: list[tuple[str, str, str, int]],
    at: int,
    *,
    exchange: bool,
) -> None:
    """A failure at any instant leaves any tree exactly as it was."""
    ground = make_ground()
    act_on(ground.host, first)
    plan = ground.preview(lambda twin: act_on(twin, then))
    before = rows(ground.host, directory_times=True), inodes(ground.host)
    left = iter(range(at))

    def fail(instant: str) -> None:
        if next(left, None) is None and not instant.startswith("take back"):
            raise OSError(28, "No space left on device")

    files = HostFiles(instant=fail, exchange=exchange)
    try:
        files.apply(approved(plan), plan, blobs=ground.blobs)
    except ApplyFailed as failed:
        if "All changes were made" in failed.what:
            assert rows(ground.host) == ground.expected
        else:
            after = rows(ground.host, directory_times=True), inodes(ground.host)
            assert after == before
    else:
        assert rows(ground.host) == ground.expected
    assert ground.leftovers() == []
    shutil.rmtree(ground.root)
