"""The check before an apply: every path as the preview saw it, every right there.

Nothing is touched here. All problems are collected before one is raised, so that
the person sees the whole of it.
"""

import os
import stat
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from linara_agent.core.change import Change, FileType
from linara_agent.core.policy.verdict import Finding
from linara_agent.errors import ApplyFailed, StalePlan
from linara_agent.host.commit import guarded, tree_differences
from linara_agent.host.manifest import Touched
from linara_agent.host.path_state import differences, read_xattrs, state_at
from linara_agent.host.scene import Scene
from linara_agent.host.step import Move, Step

_SHOWN = 50
# Findings of a preview that does not list all there is to change.
_INCOMPLETE = ("too-many-changes", "unreadable")
_DEVICES = (FileType.CHARACTER_DEVICE, FileType.BLOCK_DEVICE)


def shown(path: str) -> str:
    """A path for a message: control and undecodable characters made visible."""
    return path if path.isprintable() else ascii(path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The steps with the states measured now, and the directories they change."""

    steps: tuple[Step, ...]
    touched: tuple[Touched, ...]


@dataclass(slots=True, kw_only=True)
class _Problems:
    stale: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def out_of_date(self, path: str, words: Iterable[str]) -> None:
        joined = ", ".join(words)
        if joined:
            self.stale.append(f"{shown(path)}: {joined}")

    def refuse(self, path: str, words: str) -> None:
        self.refused.append(f"{shown(path)}: {words}")

    def raise_any(self, scene: Scene) -> None:
        if self.stale:
            raise StalePlan(
                "The host is no longer what the preview saw:\n" + _listed(self.stale),
                not_done="Nothing was changed.",
                remedy="Preview the command again; it then works on what is there now.",
            )
        if self.refused:
            raise ApplyFailed(
                "The changes cannot be copied to the host:\n" + _listed(self.refused),
                not_done="Nothing was changed.",
                remedy="Run the command on the host instead:"
                f" `linara-agent rerun {scene.plan}`.",
            )


def _listed(lines: list[str]) -> str:
    more = len(lines) - _SHOWN
    tail = [f"  and {more} more"] if more > 0 else []
    return "\n".join([f"  {line}" for line in lines[:_SHOWN]] + tail)


def check_complete(findings: tuple[Finding, ...], scene: Scene) -> None:
    """Raises ApplyFailed if the preview says that it does not list every change."""
    reasons = [each.reason for each in findings if each.rule in _INCOMPLETE]
    if reasons:
        raise ApplyFailed(
            "The preview does not list all that the command changes:\n"
            + _listed(reasons),
            not_done="Nothing was changed.",
            remedy="Run the command on the host instead:"
            f" `linara-agent rerun {scene.plan}`.",
        )


def check(steps: tuple[Step, ...], scene: Scene) -> Checked:
    """Compare the host with what the preview saw.

    Raises StalePlan with every path that differs and how, or ApplyFailed with
    every path that the caller has no right to change so. Nothing was touched.
    """
    problems = _Problems()
    names = Counter(
        change.before.inode
        for step in steps
        for change in step.changes
        if change.before is not None
    )
    measured: list[Step] = []
    touched: dict[str, Touched] = {}
    for step in steps:
        _flags(step, problems)
        directory = _parent(step, scene, problems)
        if directory is None:
            continue
        if step.parent not in touched:
            touched[step.parent] = _touched(step.parent, directory)
        measured.append(_measure(step, directory, scene, problems))
        _origins(step, scene, problems)
        _rights(step, directory, problems, names=names)
    problems.raise_any(scene)
    return Checked(steps=tuple(measured), touched=tuple(touched.values()))


def _flags(step: Step, problems: _Problems) -> None:
    for change in step.changes:
        if change.masked:
            problems.out_of_date(
                change.path,
                ("was hidden from the preview as a secret place, and written to",),
            )
        if change.unsettled:
            problems.out_of_date(change.path, ("changed during the preview",))


def _parent(step: Step, scene: Scene, problems: _Problems) -> int | None:
    try:
        return scene.directories.open(step.parent)
    except FileNotFoundError as error:
        words = f"its directory {shown(str(error.filename))} is gone"
    except NotADirectoryError as error:
        words = f"{shown(str(error.filename))} above it is no real directory"
    except OSError as error:
        problems.refuse(step.path, f"cannot be reached: {error.strerror}")
        return None
    problems.out_of_date(step.path, (words,))
    return None


def _touched(path: str, directory: int) -> Touched:
    status = os.fstat(directory)
    return Touched(
        path=path,
        inode=status.st_ino,
        mode=stat.S_IMODE(status.st_mode),
        mtime_ns=str(status.st_mtime_ns),
    )


def _measure(step: Step, directory: int, scene: Scene, problems: _Problems) -> Step:
    """The step with the host's own state as `before`; differences are problems."""
    actual = state_at(directory, step.name)
    expected = step.before
    if step.late and expected is not None and actual is not None:
        # Entries may come and go in a directory of which only the mode changes.
        expected = replace(expected, mtime_ns=actual.mtime_ns, ctime_ns=None)
    words = differences(expected, actual)
    whole = step.move in (Move.REMOVE, Move.REPLACE)
    if whole and actual is not None and actual.type is FileType.DIRECTORY:
        # What changed in a tree says more than that its top was modified.
        words = _tree(step, scene, problems) or words
    problems.out_of_date(step.path, words)
    if words or actual is None:
        return step
    if step.move is Move.SET:
        actual = replace(actual, xattrs=read_xattrs(directory, step.name))
    return replace(step, change=replace(step.change, before=actual))


def _origins(step: Step, scene: Scene, problems: _Problems) -> None:
    """The files that get another name are still what the preview saw."""
    for change in step.changes:
        origin = change.origin_state
        if change.origin is None or origin is None:
            continue
        if origin.type is FileType.DIRECTORY:
            continue  # it is made anew, and its entries are looked at themselves
        try:
            words = guarded(change.origin, origin, scene)
        except OSError as error:
            problems.refuse(change.origin, f"cannot be reached: {error.strerror}")
            continue
        problems.out_of_date(change.origin, words)


def _tree(step: Step, scene: Scene, problems: _Problems) -> tuple[str, ...]:
    try:
        return tree_differences(step, step.path, scene)
    except OSError as error:
        path = str(error.filename or step.path)
        problems.refuse(path, f"cannot be looked into: {error.strerror}")
        return ()


def _rights(
    step: Step, directory: int, problems: _Problems, *, names: Counter[int | None]
) -> None:
    caller = os.geteuid()
    above = os.fstat(directory)
    try:
        there = os.stat(step.name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        there = None
    if step.move is not Move.SET:
        _may_change(step, directory, above, problems)
    if there is not None:
        _may_take(step, directory, there, problems)
        others = there.st_nlink - names[there.st_ino]
        several = stat.S_ISREG(there.st_mode) and others > 0
        if step.move is Move.REPLACE and several and not step.change.apart:
            problems.refuse(
                step.path,
                f"has {others} more names (hard links), and whether they change"
                " with it is not known",
            )
    for change in step.changes:
        if change.after is not None:
            _may_give(step, change, above, problems)
    if step.move is Move.SET and there is not None and caller not in (0, there.st_uid):
        problems.refuse(step.path, "belongs to another user")


def _may_change(
    step: Step, directory: int, above: os.stat_result, problems: _Problems
) -> None:
    """A closed directory of the caller's own is opened for the moment."""
    path = f"/proc/self/fd/{directory}"
    if os.access(path, os.W_OK | os.X_OK, effective_ids=True):
        return
    status = os.fstatvfs(directory)
    own = above.st_uid == os.geteuid() != 0
    if not own or status.f_flag & os.ST_RDONLY:
        problems.refuse(step.path, f"{shown(step.parent)} cannot be written to")


def _may_take(
    step: Step, directory: int, there: os.stat_result, problems: _Problems
) -> None:
    above = os.fstat(directory)
    caller = os.geteuid()
    if above.st_dev != there.st_dev and step.move is not Move.SET:
        problems.refuse(step.path, "another file system is mounted there")
    sticky = above.st_mode & stat.S_ISVTX and step.move is not Move.SET
    if sticky and caller not in (0, above.st_uid, there.st_uid):
        problems.refuse(step.path, "belongs to another user, in a sticky directory")
    if caller == 0 and not stat.S_ISLNK(there.st_mode):
        # Nothing else keeps root from writing; others find out when they try.
        path = f"/proc/self/fd/{directory}/{step.name}"
        if not os.access(path, os.W_OK, effective_ids=True):
            problems.refuse(step.path, "is immutable (see lsattr) or read-only")


def _may_give(
    step: Step, change: Change, above: os.stat_result, problems: _Problems
) -> None:
    """What only root can make: others' files, devices, some attributes."""
    path, before, after = change.path, change.before, change.after
    if after is None:
        return
    if after.type in _DEVICES and step.move is not Move.SET:
        problems.refuse(path, "is a new device")
    if os.geteuid() == 0:
        return
    if after.uid != os.geteuid():
        problems.refuse(path, f"would belong to user {after.uid}")
    kept = before is not None and before.gid == after.gid and step.move is Move.SET
    # A setgid directory hands its group down, whoever makes the entry.
    given = above.st_mode & stat.S_ISGID and above.st_gid == after.gid
    mine = after.gid in (os.getegid(), *os.getgroups())
    if not mine and (after.mode & stat.S_ISGID or not (kept or given)):
        problems.refuse(path, f"would belong to group {after.gid}")
    had = before.xattrs if before is not None else ()
    for pair in after.xattrs:
        if pair[0].startswith(("trusted.", "security.")) and pair not in had:
            problems.refuse(path, f"would have the attribute {pair[0]}")
