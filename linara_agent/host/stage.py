"""Everything new is made beside its place before the first path changes."""

import hashlib
import os
from collections import defaultdict
from collections.abc import Hashable, Iterator
from pathlib import Path

from linara_agent.core.change import Change, FileType, PathState
from linara_agent.errors import ApplyFailed, PlanProblem
from linara_agent.host import kernel
from linara_agent.host.commit import Moved, guarded
from linara_agent.host.directories import split
from linara_agent.host.scene import Scene
from linara_agent.host.step import Move, Step
from linara_agent.host.tree import Maker

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
# What a directory entry and an inode cost at most, where nothing else is known.
_ENTRY = 8192


def check_blobs(steps: tuple[Step, ...], blobs: Path) -> None:
    """See that every new content is there and is what its name says.

    Raises PlanProblem.
    """
    seen: set[str] = set()
    for change in _new_files(steps):
        state = change.after
        if state is None or state.sha256 in seen:
            continue
        if state.sha256 is None and change.origin is not None:
            continue
        problem = blob_problem(blobs, state)
        if problem:
            raise PlanProblem(
                f"The saved content of {change.path!r} {problem}.",
                not_done="Nothing was changed.",
                remedy="Make a new plan for the same command.",
            )
        if state.sha256 is not None:
            seen.add(state.sha256)


def blob_problem(blobs: Path, state: PathState) -> str | None:
    if state.sha256 is None:
        return "was not saved in the plan"
    try:
        descriptor = os.open(blobs / state.sha256, _READ)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    with os.fdopen(descriptor, "rb") as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != state.sha256:
            return "is damaged"
        if os.fstat(descriptor).st_size != state.size:
            return "has another size than the plan says"
    return None


def _new_files(steps: tuple[Step, ...]) -> Iterator[Change]:
    for step in steps:
        if step.move is Move.SET:
            continue
        for change in step.changes:
            if change.after is not None and change.after.type is FileType.FILE:
                yield change


def check_space(steps: tuple[Step, ...], scene: Scene) -> None:
    """See that each file system can take what will be written to it.

    Raises ApplyFailed. Backups count where they must be copied to another device.
    """
    needed: defaultdict[int, int] = defaultdict(int)
    where: dict[int, str] = {}
    undo = os.fstat(scene.directories.open(scene.undo)).st_dev
    where[undo] = scene.undo
    for step in steps:
        directory = scene.directories.open(step.parent)
        device = os.fstat(directory).st_dev
        where.setdefault(device, step.parent)
        if step.move is not Move.SET:
            needed[device] += sum(
                change.after.size + _ENTRY
                for change in step.changes
                if change.after is not None and change.origin is None
            )
        if step.move in (Move.REMOVE, Move.REPLACE) and device != undo:
            needed[undo] += sum(
                change.before.size + _ENTRY
                for change in step.changes
                if change.before is not None
            )
    for device, size in needed.items():
        _check_device(where[device], size, scene)


def _check_device(path: str, size: int, scene: Scene) -> None:
    status = os.fstatvfs(scene.directories.open(path))
    blocks = status.f_bfree if os.geteuid() == 0 else status.f_bavail
    # Some file systems (btrfs) count no blocks.
    if status.f_blocks and blocks * status.f_frsize < size:
        raise ApplyFailed(
            f"The file system of {path} has too little space:"
            f" {size} bytes are needed, {blocks * status.f_frsize} are free.",
            not_done="Nothing was changed.",
            remedy="Free some space there and apply the plan again.",
        )


class Staging:
    """Makes each step's new thing under its temporary name."""

    def __init__(self, steps: tuple[Step, ...], scene: Scene, *, blobs: Path) -> None:
        self._steps = steps
        self._scene = scene
        self._blobs = blobs
        self._changes: dict[str, Change] = {}
        self._set = {
            step.before.inode: step.after
            for step in steps
            if step.move is Move.SET and step.before is not None
        }
        self._maker = Maker(
            directories=scene.directories,
            content=self._content,
            identity=self._identity,
        )

    def stage(self) -> dict[int, int]:
        """Make all, and return the inode of each by step; raises OSError."""
        made: dict[int, int] = {}
        for step in self._steps:
            if step.after is None or step.move is Move.SET:
                continue
            self._scene.instant(f"stage {step.number}")
            self._changes = {
                change.path.removeprefix(step.path): change
                for change in step.changes
                if change.after is not None
            }
            states = {
                rest: change.after
                for rest, change in self._changes.items()
                if change.after is not None
            }
            for change in self._changes.values():
                self._know(change)
            made[step.number] = self._maker.make(step.temporary_path, states)
        return made

    def _know(self, change: Change) -> None:
        """Where the change is another name of a file on the host, it becomes one."""
        origin = change.origin_state
        if change.origin is None or origin is None or not self._may_link(change):
            return
        if guarded(change.origin, origin, self._scene):
            raise Moved(change.origin, ("changed while the plan was being applied",))
        self._maker.know(_origin_key(origin), change.origin)
        self._scene.touched.add(origin.inode or 0)

    def _may_link(self, change: Change) -> bool:
        """Whether the file on the host has, or is given, the attributes wanted."""
        origin, after = change.origin_state, change.after
        if origin is None or after is None or origin.type is FileType.DIRECTORY:
            return False
        given = self._set.get(origin.inode) or origin
        return _attributes(given) == _attributes(after)

    def _content(self, rest: str, state: PathState) -> int:
        change = self._changes[rest]
        if state.sha256 is not None or change.origin is None:
            return os.open(self._blobs / str(state.sha256), _READ)
        parent, name = split(change.origin)
        directory = self._scene.directories.open(parent)
        descriptor = os.open(name, _READ, dir_fd=directory)
        origin = change.origin_state
        if origin is None or os.fstat(descriptor).st_ino != origin.inode:
            os.close(descriptor)
            raise Moved(change.origin, ("was replaced by something else",))
        return descriptor

    def _identity(self, rest: str, state: PathState) -> Hashable | None:
        """Names of one inode, on the host before or in the twin after, stay one."""
        change = self._changes[rest]
        before, origin = change.before, change.origin_state
        if origin is not None and self._may_link(change):
            return _origin_key(origin)
        if change.apart and state.inode is None:
            return None
        if state.inode is not None:
            return ("after", state.inode, state.sha256)
        if before is not None and before.type is FileType.FILE:
            return ("before", before.inode, state)
        return None


def _origin_key(origin: PathState) -> Hashable:
    return ("origin", origin.inode)


def _attributes(state: PathState) -> tuple[object, ...]:
    mode = None if state.type is FileType.SYMLINK else state.mode
    return mode, state.uid, state.gid, state.mtime_ns, state.xattrs


def sync_all(steps: tuple[Step, ...], scene: Scene) -> None:
    """Write to disk every file system that a step or a backup lies on."""
    done: set[int] = set()
    for path in (scene.undo, *(step.parent for step in steps)):
        directory = scene.directories.open(path)
        device = os.fstat(directory).st_dev
        if device not in done:
            done.add(device)
            kernel.sync_file_system(directory)
