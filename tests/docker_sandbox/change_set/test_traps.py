"""What a hostile or unlucky run can leave behind, and how the reading says so."""

import os
import stat
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from linara_agent.docker_sandbox.changes import ChangeSet
from linara_agent.docker_sandbox.upper_walk import SAMPLE

DEEP = """
import os
for name in ["old"] + ["n" * 250] * 98:
    os.mkdir(name)
    os.chdir(name)
open("f", "w").write("bottom")
"""


def rules(found: ChangeSet) -> list[str]:
    return sorted(finding.rule for finding in found.findings)


def test_the_host_is_never_read_through_a_link(twin, tmp_path, via):
    """A directory that became a link on the host leads nowhere."""
    (twin.lower / "d").mkdir()
    (twin.lower / "d" / "f").write_text("old\n")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "f").write_text("private\n")
    started = time.time_ns()
    twin.do("echo new > d/f")
    time.sleep(0.02)  # the kernel's clock for files may lag by a tick
    (twin.lower / "d" / "f").unlink()
    (twin.lower / "d").rmdir()
    (twin.lower / "d").symlink_to(outside)
    found = twin.read(via, started_ns=started)
    changes = twin.named(found)
    assert (changes["d"].kind, changes["d"].unsettled) == ("type", True)
    assert (changes["d/f"].kind, changes["d/f"].before) == ("created", None)
    assert all("private" not in (change.diff or "") for change in found.changes)


def test_a_fifo_in_the_place_of_a_file_is_not_opened(twin, via):
    """Content that is a FIFO by now is said to be unreadable, without waiting."""
    (twin.lower / "f").write_text("old\n")
    twin.do("mv f g")
    (twin.lower / "f").unlink()
    os.mkfifo(twin.lower / "f")
    found = twin.read(via)
    changes = twin.named(found)
    assert changes["g"].after.sha256 is None
    assert (rules(found), found.complete) == (["unreadable"], False)
    assert all(change.unsettled for change in found.changes)


def test_what_changed_on_the_host_meanwhile_is_unsettled(twin, via):
    """A path with a later ctime on the host is marked and named in a finding."""
    for name in ("f", "g", "m", "k"):
        (twin.lower / name).write_text("old\n")
    time.sleep(0.02)  # the kernel's clock for files may lag by a tick
    started = time.time_ns()
    twin.do("echo a >> f; rm g; mv m n; echo b >> k")
    time.sleep(0.02)
    for name in ("f", "g", "m"):
        (twin.lower / name).chmod(0o600)
    found = twin.read(via, started_ns=started)
    unsettled = {name: c.unsettled for name, c in twin.named(found).items()}
    assert unsettled == {"f": True, "g": True, "m": True, "n": True, "k": False}
    assert rules(found) == ["changed-during-preview"]


def test_more_entries_than_the_limit_cannot_be_applied(twin, via):
    """The reading stops, says so, and marks all it has found."""
    twin.do("touch {1..30}")
    found = twin.read(via, entries=10)
    assert (rules(found), found.complete) == (["too-many-changes"], False)
    assert 0 < len(found.changes) <= 10
    assert all(change.unsettled for change in found.changes)


def test_more_than_a_million_entries_end_as_a_finding(twin, request):
    """Of a directory of them that was deleted a sample is listed."""
    if request.config.getoption("--hypothesis-profile") != "fuzz":
        pytest.skip("only in `make fuzz`: it makes a million files")
    (twin.lower / "d").mkdir()
    for number in range(1_000_001):
        os.mknod(twin.lower / "d" / str(number))
    os.mknod(twin.upper / "d", stat.S_IFCHR)  # a whiteout
    found = twin.read("process")
    assert (rules(found), found.complete) == (["too-many-changes"], False)
    assert len(found.changes) == SAMPLE


def test_a_deleted_tree_counts_against_the_limit(twin, via):
    """One whiteout can stand for more deletions than may be listed."""
    (twin.lower / "d").mkdir()
    for number in range(30):
        (twin.lower / "d" / str(number)).touch()
    twin.do("rm -r d")
    found = twin.read(via, entries=10)
    assert (rules(found), found.complete) == (["too-many-changes"], False)
    assert len(found.changes) == 10


def test_a_cut_reading_invents_no_deletions(twin, via):
    """A directory that was read in part is not compared with the host's."""
    (twin.lower / "d").mkdir()
    for number in range(5):
        (twin.lower / "d" / str(number)).touch()
    twin.do("rm -r d; mkdir d; touch d/{0..30}")
    found = twin.read(via, entries=3)
    assert [c.path for c in found.changes if c.kind == "deleted"] == []


def test_a_hundred_directories_deep(twin, via):
    """Paths longer than the kernel takes are read, moved and deleted."""
    subprocess.run(["python3", "-c", DEEP], check=True, cwd=twin.lower)
    twin.do("mv old new")
    found = twin.read(via)
    assert len(found.changes) == 2 * 100
    made = [change for change in found.changes if change.after is not None]
    longest = max(made, key=lambda change: len(change.path))
    assert longest.path.endswith("/f")
    assert len(longest.path) > 24_000
    assert (longest.kind, longest.origin) == (
        "renamed",
        longest.path.replace("/lower/new/", "/lower/old/"),
    )
    assert longest.origin_state.size == len("bottom")
    assert found.complete


def test_deeper_than_can_be_read_is_a_finding(twin, via):
    """Where the reading gave up, nothing can be applied."""
    twin.do("for i in {1..300}; do mkdir d; cd d; done")
    found = twin.read(via)
    assert (rules(found), found.complete) == (["unreadable"], False)


def test_holes_stay_holes(twin, via):
    """A sparse file takes as little space as a blob as it did in the twin."""
    twin.do("truncate -s 200M f; echo end >> f")
    (change,) = twin.read(via).changes
    blob = (twin.blobs / change.after.sha256).stat()
    assert change.after.size == blob.st_size == (200 << 20) + 4
    assert blob.st_blocks * 512 < 1 << 20


def test_names_of_one_file_are_said_to_share_it(twin, via):
    """They have one inode in common, by which an apply makes them one file."""
    twin.do("echo a > f; ln f g")
    found = twin.read(via)
    contents = {change.after.sha256 for change in found.changes}
    assert len(found.changes) == 2
    assert len(contents) == 1
    inodes = {change.after.inode for change in found.changes}
    assert len(inodes) == 1
    assert None not in inodes
    assert rules(found) == []


def test_a_moved_and_rewritten_hard_link_changes_its_other_names(twin, via):
    """What it was copied from is told by the overlay, and so are its other names."""
    (twin.lower / "f").write_text("old\n")
    (twin.lower / "g").hardlink_to(twin.lower / "f")
    twin.do("echo a >> f; mv f h")
    found = twin.read(via)
    changes = twin.named(found)
    assert {name: str(change.kind) for name, change in changes.items()} == {
        "f": "deleted",
        "g": "modified",
        "h": "created",
    }
    assert changes["g"].after == changes["h"].after
    assert rules(found) == []


def test_a_file_changed_under_a_name_that_is_gone_is_found(twin, via):
    """Its other names show the change, though none of them is in the upper."""
    for name in ("f", "m"):
        (twin.lower / name).write_text("old\n")
        (twin.lower / f"{name}2").hardlink_to(twin.lower / name)
    truth = twin.run("echo a >> f; rm f; chmod 600 m; ln -sfn x m")
    assert twin.as_truth(twin.read(via)) == truth


def test_a_file_with_a_name_elsewhere_cannot_be_applied(twin, via, tmp_path):
    """A name outside of what the twin shows would keep the old content."""
    (twin.lower / "f").write_text("old\n")
    (tmp_path / "elsewhere").hardlink_to(twin.lower / "f")
    twin.do("echo a >> f")
    found = twin.read(via)
    assert [change.unsettled for change in found.changes] == [True]
    assert rules(found) == ["hard-links"]


def test_a_file_put_in_the_place_of_a_name_is_apart(twin, via, tmp_path):
    """The other names keep their file, wherever they are."""
    (twin.lower / "f").write_text("old\n")
    (tmp_path / "elsewhere").hardlink_to(twin.lower / "f")
    twin.do("sed -i s/old/new/ f")
    (change,) = twin.read(via).changes
    assert (change.apart, change.unsettled, change.after.inode) == (True, False, None)


def test_a_moved_file_of_any_size_is_neither_read_nor_kept(twin, via):
    """It is named with the path that it had, and no content is saved for it."""
    with (twin.lower / "big").open("wb") as file:
        file.truncate(1 << 40)
    twin.do("mv big bigger; ln bigger again")
    found = twin.read(via)
    assert {
        name: (str(change.kind), change.origin)
        for name, change in twin.named(found).items()
    } == {
        "big": ("deleted", None),
        "bigger": ("renamed", twin.path("big")),
        "again": ("renamed", twin.path("big")),
    }
    assert list(twin.blobs.iterdir()) == []


def test_a_socket_cannot_be_carried_over(twin, via):
    """It is listed, named in a finding, and not to be applied."""
    program = "import socket; socket.socket(socket.AF_UNIX).bind('s')"
    twin.do(f'python3 -c "{program}"')
    found = twin.read(via)
    assert [change.unsettled for change in found.changes] == [True]
    assert rules(found) == ["special-file"]


def test_what_was_seeded_is_no_change(twin, via):
    """A directory that only holds something may lack `user.*` attributes."""
    (twin.lower / "d").mkdir(mode=0o711)
    os.setxattr(twin.lower / "d", "user.note", b"mine")
    (twin.upper / "d").mkdir(mode=0o711)
    twin.do("echo a > d/f")
    found = twin.read(via, seeded=(twin.path("."), twin.path("d")))
    assert list(twin.named(found)) == ["d/f"]


def test_attributes_are_compared_and_kept(twin, via):
    """ACLs and `user.*` attributes are part of a file's state."""
    acl = bytes.fromhex(
        "02000000 01000600ffffffff 02000400d2040000 04000400ffffffff"
        "10000400ffffffff 20000000ffffffff"
    )
    (twin.lower / "f").write_text("a")
    (twin.lower / "f").chmod(0o640)
    with twin.mounted() as merged:
        os.setxattr(merged / "f", "system.posix_acl_access", acl)
        os.setxattr(merged / "f", "user.note", b"\xff=\n")
        truth = twin.truth()
    found = twin.read(via)
    assert twin.as_truth(found) == truth
    names = [name for name, _ in found.changes[0].after.xattrs]
    assert names == ["system.posix_acl_access", "user.note"]


@pytest.fixture
def caller():
    """The effective user of a caller who is not root, for as long as it is needed."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as place:
        Path(place).chmod(0o755)
        yield Path(place)


def test_what_the_caller_may_not_read_is_said(make_twin, caller):
    """Content of others that moved along cannot be kept, so nothing is applied."""
    twin = make_twin(caller)
    private = twin.lower / "d" / "private"
    private.parent.mkdir()
    private.write_text("root's own\n")
    private.chmod(0o600)
    twin.do("mv d e")
    twin.blobs.chmod(0o777)
    stream = twin.stream()
    os.seteuid(65534)
    try:
        found = twin.read_from(stream, started_ns=time.time_ns())
    finally:
        os.seteuid(0)
    changes = twin.named(found)
    assert changes["e/private"].after.sha256 is None
    assert changes["e/private"].unsettled
    assert (rules(found), found.complete) == (["unreadable"], False)


def test_a_short_text_comes_with_a_diff(twin, via):
    """Changed and new texts have one; what is not text, or deleted, has none."""
    (twin.lower / "f").write_text("one\ntwo\n")
    (twin.lower / "gone").write_text("one\n")
    twin.do("echo three >> f; echo new > g; rm gone; printf '\\xff' > binary")
    diffs = {name: change.diff for name, change in twin.named(twin.read(via)).items()}
    path = twin.lower
    assert diffs == {
        "binary": None,
        "f": f"--- a{path}/f\n+++ b{path}/f\n@@ -1,2 +1,3 @@\n one\n two\n+three\n",
        "g": f"--- /dev/null\n+++ b{path}/g\n@@ -0,0 +1 @@\n+new\n",
        "gone": None,
    }


def test_caches_are_incidental_unless_something_else_was_lost(twin, via):
    """A file moved into a cache is not left behind there by an apply."""
    (twin.lower / "notes").write_text("mine\n")
    home = str(twin.lower)
    twin.do("mkdir .cache; echo a > .cache/new; echo b > .viminfo; echo c > f")
    first = {n: c.incidental for n, c in twin.named(twin.read(via, home=home)).items()}
    twin.do("mv notes .cache/notes")
    second = {n: c.incidental for n, c in twin.named(twin.read(via, home=home)).items()}
    assert first == {
        ".cache": True,
        ".cache/new": True,
        ".viminfo": True,
        "f": False,
    }
    assert not second[".cache/notes"]
