"""A ground: a directory that stands for the host, and previews made by hand.

`preview` copies the directory, lets a function act on the copy as a script would in
the twin, and writes down the difference as a plan, its new contents as blobs.
"""

import codecs
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import traceback
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from linara_agent.core.change import Change, ChangeKind, FileType, PathState
from linara_agent.core.decision import Decision
from linara_agent.core.passage import Applied
from linara_agent.core.plan import Plan
from linara_agent.core.policy.verdict import Finding, Verdict
from linara_agent.core.preview import Outcome, Preview
from linara_agent.core.proposal import Origin, Proposal
from linara_agent.core.review import Approved, By, Way, approve, approve_recovery
from linara_agent.core.sandbox_plan import Caller, SandboxPlan
from linara_agent.host.apply import HostFiles
from linara_agent.host.directories import Directories
from linara_agent.host.path_state import kept_xattr, state_of
from linara_agent.host.recover import Recovered, recover

Row = tuple[object, ...]
NOBODY = 65534


def tree_copy(source: Path, target: Path) -> None:
    """Copy a tree exactly: types, holes or not, owners, modes, times, hard links."""
    links: dict[int, Path] = {}
    target.mkdir()
    for here, directories, files in os.walk(source):
        for name in [*directories, *files]:
            old = Path(here, name)
            new = target / old.relative_to(source)
            status = old.lstat()
            if stat.S_ISDIR(status.st_mode):
                new.mkdir()
                continue
            if status.st_nlink > 1 and status.st_ino in links:
                os.link(links[status.st_ino], new, follow_symlinks=False)
                continue
            links[status.st_ino] = new
            if stat.S_ISFIFO(status.st_mode):
                os.mkfifo(new)
            else:
                shutil.copyfile(old, new, follow_symlinks=False)
            _attributes(old, new)
    for here, _, _ in os.walk(source, topdown=False):
        _attributes(Path(here), target / Path(here).relative_to(source))


def _attributes(old: Path, new: Path) -> None:
    status = old.lstat()
    os.chown(new, status.st_uid, status.st_gid, follow_symlinks=False)
    shutil.copystat(old, new, follow_symlinks=False)


def rows(root: Path, *, directory_times: bool = False) -> dict[str, Row]:
    """All that a person could tell of a tree, by path."""
    found: dict[str, Row] = {}
    for here, directories, files in os.walk(root):
        for name in [*directories, *files]:
            path = Path(here, name)
            found[str(path.relative_to(root))] = row(path, times=directory_times)
    found["."] = row(root, times=directory_times)
    return found


def row(path: Path, *, times: bool) -> Row:
    status = path.lstat()
    content: object = None
    if stat.S_ISREG(status.st_mode):
        content = path.read_bytes()
    elif stat.S_ISLNK(status.st_mode):
        content = str(path.readlink())
    timed = times or not stat.S_ISDIR(status.st_mode)
    return (
        oct(status.st_mode),
        status.st_uid,
        status.st_gid,
        content,
        status.st_mtime_ns if timed else None,
        status.st_nlink if stat.S_ISREG(status.st_mode) else None,
        _xattrs(path),
    )


def _xattrs(path: Path) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, b64encode(os.getxattr(path, name, follow_symlinks=False)).decode())
        for name in sorted(os.listxattr(path, follow_symlinks=False))
        if kept_xattr(name)
    )


def inodes(root: Path) -> dict[str, int]:
    return {
        str(Path(here, name).relative_to(root)): Path(here, name).lstat().st_ino
        for here, directories, files in os.walk(root)
        for name in [*directories, *files]
    }


def state(path: Path) -> PathState | None:
    with Directories() as directories:
        try:
            return state_of(str(path), directories=directories, xattrs=True)
        except NotADirectoryError:
            return None


class Ground:
    """`host` is the part of the machine that scripts change; `plan` the plan's own."""

    def __init__(self, root: Path, *, plan: Path | None = None) -> None:
        self.root = root
        self.host = root / "host"
        self.plan = plan or root / "plan"
        self.blobs = self.plan / "blobs"
        self.host.mkdir()
        self.blobs.mkdir(parents=True)

    @property
    def undo(self) -> Path:
        return self.plan / "undo"

    def preview(self, act: Callable[[Path], object], *, uid: int | None = None) -> Plan:
        twin = self.root / "twin"
        tree_copy(self.host, twin)
        act(twin)
        changes = self._changes(twin)
        self.expected = rows(twin)
        return make_plan(changes, uid=uid)

    def _changes(self, twin: Path) -> tuple[Change, ...]:
        paths = {str(path.relative_to(twin)) for path in twin.rglob("*")}
        paths |= {str(path.relative_to(self.host)) for path in self.host.rglob("*")}
        found = [self._change(twin, each) for each in sorted(paths | {"."})]
        return tuple(change for change in found if change is not None)

    def _change(self, twin: Path, name: str) -> Change | None:
        before = state(self.host / name)
        after = self._after(twin / name)
        kind = _kind(before, after, twin / name, self.host / name)
        if kind is None:
            return None
        return Change(path=str(self.host / name), kind=kind, before=before, after=after)

    def _after(self, path: Path) -> PathState | None:
        found = state(path)
        if found is None:
            return None
        digest = None
        if found.type is FileType.FILE:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            blob = self.blobs / digest
            subprocess.run(["cp", "--sparse=always", path, blob], check=True)
        return replace(found, ctime_ns=None, inode=None, sha256=digest)

    def apply(
        self, plan: Plan, *, instant: Callable[[str], None] | None = None
    ) -> Applied:
        files = HostFiles() if instant is None else HostFiles(instant=instant)
        return files.apply(approved(plan), plan, blobs=self.blobs)

    def recover(
        self, plan: Plan, *, instant: Callable[[str], None] | None = None
    ) -> Recovered:
        permission = approve_recovery(plan, by=By.PERSON)
        assert isinstance(permission, Approved)
        if instant is None:
            return recover(permission, plan, blobs=self.blobs)
        return recover(permission, plan, blobs=self.blobs, instant=instant)

    def leftovers(self) -> list[str]:
        return [str(path) for path in self.host.rglob("*") if "linara" in path.name]


def _kind(
    before: PathState | None, after: PathState | None, twin: Path, host: Path
) -> ChangeKind | None:
    if before is None or after is None:
        return ChangeKind.CREATED if before is None else ChangeKind.DELETED
    if before.type is not after.type:
        return ChangeKind.TYPE
    if before.link != after.link:
        return ChangeKind.MODIFIED
    if before.type is FileType.FILE and twin.read_bytes() != host.read_bytes():
        return ChangeKind.MODIFIED
    timed = before.type is not FileType.DIRECTORY
    same = (
        (before.mode, before.uid, before.gid, before.xattrs)
        == (after.mode, after.uid, after.gid, after.xattrs)
    ) and (not timed or before.mtime_ns == after.mtime_ns)
    return None if same else ChangeKind.METADATA


def make_plan(
    changes: tuple[Change, ...] = (),
    *,
    uid: int | None = None,
    text: str = "act",
    decision: Decision = Decision.REVIEW,
    id: str = "plan-0001",
    sandbox: SandboxPlan | None = None,
) -> Plan:
    proposal = Proposal(text=text, origin=Origin.PERSON)
    finding = Finding(rule="unknown", decision=decision, reason="not known")
    return Plan(
        id=id,
        created=0.0,
        intent=None,
        proposal=proposal,
        sandbox=sandbox or make_sandbox(text=text, uid=uid),
        policy="default",
        verdict=Verdict(findings=(finding,), effects=()),
        preview=Preview(
            digest=proposal.digest,
            view="twin",
            outcome=Outcome(exit=0, signal=None, stdout=b"", stderr=b""),
            changes=changes,
        ),
    ).sealed()


def make_sandbox(*, text: str, uid: int | None = None, cwd: str = "/") -> SandboxPlan:
    uid = os.geteuid() if uid is None else uid
    return SandboxPlan(
        run="run-0001",
        text=text,
        caller=Caller(uid=uid, gid=uid, groups=(uid,), name="someone", home="/"),
        cwd=cwd,
        environment=(),
        umask=0o022,
        hostname="host",
    )


def approved(plan: Plan, *, way: Way = Way.APPLY) -> Approved:
    permission = approve(plan, way=way, by=By.PERSON)
    assert isinstance(permission, Approved)
    return permission


def in_child(work: Callable[[], object], *, uid: int | None = None) -> int:
    """Run in a forked process, as another user if wanted; returns its wait status.

    0 is a normal end, 1 << 8 an exception (printed), a low byte the signal.
    """
    codecs.lookup("utf-16be")  # of digests; another user may not read where it lies
    child = os.fork()
    if child == 0:
        code = 1
        try:
            if uid is not None:
                os.setgroups([])
                os.setresgid(uid, uid, uid)
                os.setresuid(uid, uid, uid)
            work()
            code = 0
        except BaseException:  # noqa: BLE001 — the child ends here, whatever it was
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1]


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
