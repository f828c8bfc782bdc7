"""Taking an apply back, from what the manifest says and what is on the disk.

The same code serves an apply that failed and the recovery from a crash. Nothing is
remembered from the commit: each path tells by its inode how far its step came.
"""

import os
import stat
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from linara_agent.core.change import Change, FileType, PathState
from linara_agent.host import kernel
from linara_agent.host.commit import set_aside, without_ctime
from linara_agent.host.manifest import Manifest, Touched
from linara_agent.host.metadata import open_thing, set_metadata
from linara_agent.host.path_state import differences, state_at
from linara_agent.host.scene import Scene, writable
from linara_agent.host.step import Move, Step
from linara_agent.host.tree import remove, scan

_OPENED = 0o300


def roll_back(manifest: Manifest, scene: Scene, *, crashed: bool) -> tuple[str, ...]:
    """Bring every path back, last step first; what could not be is told in words.

    `crashed` tells that it is not known which steps began.
    """
    problems: list[str] = []
    for step in reversed(manifest.steps):
        scene.instant(f"take back {step.number}")
        begun = crashed or step.number in scene.started
        try:
            words = _take_back(step, scene, begun=begun)
        except OSError as error:
            words = f"{error.strerror or error}; {_where(step, scene)}"
        if words:
            problems.append(f"{step.path}: {words}")
    for touched in sorted(manifest.touched, key=_depth, reverse=True):
        restore_directory(touched, scene, mode=touched.mode, times=not problems)
    return tuple(problems)


def _depth(touched: Touched) -> int:
    return touched.path.count("/")


def _where(step: Step, scene: Scene) -> str:
    if step.before is None or step.move is Move.SET:
        return "it was left as it is"
    return (
        f"look for the original at {step.temporary_path} or {scene.undo}/{step.number}"
    )


def _take_back(step: Step, scene: Scene, *, begun: bool) -> str | None:
    """Words for what could not be taken back; the leftovers of the rest are removed."""
    directory = scene.directories.open(step.parent)
    words = None
    if step.move is Move.SET:
        return _reset(step, directory) if begun else None
    if begun:
        here = state_at(directory, step.name)
        if step.before is None:
            words = _unplace(step, scene, here)
        elif not _is(here, step.before):
            words = _bring_home(step, scene, here)
    if words is None:
        remove(step.temporary_path, scene.directories)
        remove(f"{step.parent.rstrip('/')}/{set_aside(step)}", scene.directories)
        remove(f"{scene.undo}/{step.number}", scene.directories)
    return words


def _is(state: PathState | None, other: PathState) -> bool:
    return state is not None and state.inode == other.inode and state.type is other.type


def _is_ours(step: Step, here: PathState, scene: Scene) -> bool:
    """Whether what stands there is what the apply made."""
    return here.inode == scene.made.get(step.number)


def _unplace(step: Step, scene: Scene, here: PathState | None) -> str | None:
    """Take away a new thing, if the one that stands there is ours."""
    if here is not None and _is_ours(step, here, scene):
        words = _changed_since(step, here, scene)
        if words:
            return words
        directory = scene.directories.open(step.parent)
        with writable(directory):
            kernel.move(directory, step.name, step.temporary)
    return None


def _changed_since(step: Step, here: PathState, scene: Scene) -> str | None:
    """Words, if somebody used the new thing after it was put in its place."""
    if step.after is None or _is_link(step.change, here):
        return None
    expected = _as_made(step.after)
    words = differences(expected, here)
    if not words and step.after.type is FileType.DIRECTORY:
        found = scan(step.path, scene.directories)
        for change in step.inner:
            if change.after is not None:
                actual = found.pop(change.path, None)
                if actual is not None and _is_link(change, actual):
                    continue
                words += differences(_as_made(change.after), actual)
        words += tuple(f"{path} is new" for path in found)
    if words:
        return f"was changed by someone else since ({words[0]}); it was left"
    return None


def _is_link(change: Change, here: PathState) -> bool:
    """It is another name of a file that was there: taking it away loses nothing."""
    origin = change.origin_state
    return origin is not None and origin.inode == here.inode


def _as_made(state: PathState) -> PathState:
    return replace(state, inode=None, ctime_ns=None)


def _bring_home(step: Step, scene: Scene, here: PathState | None) -> str | None:
    """Put the original back where it was; what took its place is moved aside."""
    if not _find_original(step, scene, here):
        if here is not None and not _is_ours(step, here, scene):
            # We moved nothing here: somebody else put this in the original's place.
            return None
        return f"the original was not found; {_where(step, scene)}"
    directory = scene.directories.open(step.parent)
    here = state_at(directory, step.name)
    if here is None:
        with writable(directory):
            kernel.move(directory, step.temporary, step.name)
        return None
    if step.before is not None and _is(here, step.before):
        return None
    words = (
        _changed_since(step, here, scene)
        if _is_ours(step, here, scene)
        else "something else stands there now; it was left"
    )
    if words:
        return f"{words}, the original is at {step.temporary_path}"
    with writable(directory):
        if not (scene.exchange and kernel.swap(directory, step.temporary, step.name)):
            kernel.move(directory, step.name, set_aside(step))
            kernel.move(directory, step.temporary, step.name)
    return None


def _find_original(step: Step, scene: Scene, here: PathState | None) -> bool:
    """Bring the original from wherever it waits to its temporary or real name."""
    if step.before is None:
        return False
    directory = scene.directories.open(step.parent)
    if _is(state_at(directory, step.temporary), step.before):
        return True
    aside = set_aside(step)
    if _is(state_at(directory, aside), step.before):
        if here is None:
            kernel.move(directory, aside, step.name)
        else:
            kernel.move(directory, aside, step.temporary)
        return True
    return _from_undo(step, scene, directory)


def _from_undo(step: Step, scene: Scene, directory: int) -> bool:
    undo = scene.directories.open(scene.undo)
    kept = state_at(undo, str(step.number))
    same_device = os.fstat(undo).st_dev == os.fstat(directory).st_dev
    if step.before is None or not same_device or not _is(kept, step.before):
        return False
    if state_at(directory, step.temporary) is not None:
        return False
    thing = open_thing(undo, str(step.number))
    try:
        with writable(directory), writable(thing):
            os.rename(
                str(step.number),
                step.temporary,
                src_dir_fd=undo,
                dst_dir_fd=directory,
            )
    finally:
        os.close(thing)
    return True


def _reset(step: Step, directory: int) -> str | None:
    """Give back the attributes, unless somebody else changed them or the content."""
    here = state_at(directory, step.name, xattrs=True)
    before, after = step.before, step.after
    if before is None or after is None or not _is(here, before) or here is None:
        return "it was replaced by something else since; it was left"
    if not differences(without_ctime(before), here) and here.xattrs == before.xattrs:
        return None
    if not step.late and (
        here.size != before.size
        or here.mtime_ns not in (before.mtime_ns, after.mtime_ns)
    ):
        return "it was written by someone else since; it was left"
    thing = open_thing(directory, step.name)
    try:
        set_metadata(thing, before, times=not step.late)
    finally:
        os.close(thing)
    return None


def restore_directory(
    touched: Touched, scene: Scene, *, mode: int, times: bool
) -> None:
    """Close a directory that a crash left open; with `times`, reset its mtime.

    What cannot be restored here is only a time or a right of the owner's own.
    """
    with suppress(OSError):
        directory = scene.directories.open(touched.path)
        status = os.fstat(directory)
        if status.st_ino != touched.inode:
            return
        path = f"/proc/self/fd/{directory}"
        now = stat.S_IMODE(status.st_mode)
        if now != mode and now == mode | _OPENED:
            Path(path).chmod(mode)
        if times:
            os.utime(path, ns=(status.st_atime_ns, int(touched.mtime_ns)))
