"""Carrying out one step on the host: guard, one rename, and a look at what moved."""

import os
from dataclasses import replace

from linara_agent.core.change import FileType, PathState
from linara_agent.host import kernel
from linara_agent.host.metadata import open_thing, set_metadata
from linara_agent.host.path_state import differences, state_at, state_of
from linara_agent.host.scene import Scene, writable
from linara_agent.host.step import Move, Step
from linara_agent.host.tree import scan


class Moved(Exception):
    """The path is not what it was a moment ago; internal to an apply."""

    def __init__(self, path: str, words: tuple[str, ...]) -> None:
        super().__init__(path)
        self.path = path
        self.words = words


def without_ctime(state: PathState) -> PathState:
    """The same state, with what a rename changes left open."""
    return replace(state, ctime_ns=None)


def set_aside(step: Step) -> str:
    """Where the old thing waits on file systems that cannot exchange names."""
    return f"{step.temporary}-old"


def commit(step: Step, scene: Scene) -> None:
    """Do one step. Raises Moved if its path changed meanwhile, and OSError."""
    directory = scene.directories.open(step.parent)
    if _guard(step, directory, scene):
        return
    scene.started.add(step.number)
    scene.instant(f"commit {step.number}")
    with writable(directory):
        match step.move:
            case Move.PLACE:
                kernel.move(directory, step.temporary, step.name)
            case Move.REMOVE:
                kernel.move(directory, step.name, step.temporary)
                _look_again(step, step.temporary, directory, scene)
            case Move.REPLACE:
                _replace(step, directory, scene)
            case Move.SET:
                _set(step, directory)
    if step.before is not None and step.before.inode is not None:
        scene.touched.add(step.before.inode)
    scene.instant(f"committed {step.number}")


def _guard(step: Step, directory: int, scene: Scene) -> bool:
    """Whether the step is done already, through another name of the same file."""
    expected = step.before
    actual = state_at(directory, step.name)
    if expected is not None and actual is not None:
        if step.late:
            # Its entries are changed by the steps before; that is no drift.
            expected = replace(expected, mtime_ns=actual.mtime_ns, ctime_ns=None)
        if expected.inode in scene.touched:
            expected = without_ctime(expected)
            if _same_now(step, state_at(directory, step.name, xattrs=True)):
                return True
    words = differences(expected, actual) or _swapped(step, directory, scene)
    if words:
        raise Moved(step.path, words)
    return False


def guarded(path: str, expected: PathState, scene: Scene) -> tuple[str, ...]:
    """How a path differs from what the preview saw there; raises OSError."""
    if expected.inode in scene.touched:
        expected = without_ctime(expected)
    return differences(expected, state_of(path, directories=scene.directories))


def _swapped(step: Step, directory: int, scene: Scene) -> tuple[str, ...]:
    """Words, if what was made ready is not what bears the temporary name now."""
    if step.after is None or step.move is Move.SET:
        return ()
    ready = state_at(directory, step.temporary)
    if ready is not None and ready.inode == scene.made.get(step.number):
        return ()
    return ("its new content was taken away before it was in place",)


def _same_now(step: Step, actual: PathState | None) -> bool:
    if step.move is not Move.SET or step.before is None or step.after is None:
        return False
    if actual is None or actual.xattrs != step.after.xattrs:
        return False
    after = replace(step.after, ctime_ns=None, inode=step.before.inode)
    return not differences(after, actual)


def _replace(step: Step, directory: int, scene: Scene) -> None:
    """Exchange the new thing for the old one, which then has the temporary name."""
    if scene.exchange and kernel.swap(directory, step.temporary, step.name):
        _look_again(step, step.temporary, directory, scene)
        return
    kernel.move(directory, step.name, set_aside(step))
    scene.instant(f"set aside {step.number}")
    kernel.move(directory, step.temporary, step.name)
    _look_again(step, set_aside(step), directory, scene)


def _look_again(step: Step, name: str, directory: int, scene: Scene) -> None:
    """See that what moved away is exactly what the preview saw, or put it back.

    A tree is looked at entry by entry: whatever came into it since the check
    has moved with it.
    """
    if step.before is None:
        return
    actual = state_at(directory, name)
    words = differences(without_ctime(step.before), actual)
    if words and actual is not None and actual.inode != step.before.inode:
        _put_back(step, name, directory, scene)
    if not words and step.before.type is FileType.DIRECTORY:
        parent = step.parent.rstrip("/")
        words = tree_differences(step, f"{parent}/{name}", scene)
    if words:
        raise Moved(step.path, words)


def _put_back(step: Step, name: str, directory: int, scene: Scene) -> None:
    """Give the path back to a stranger that took it between guard and rename."""
    if step.move is Move.REMOVE:
        kernel.move(directory, name, step.name)
    elif name == set_aside(step):
        kernel.move(directory, step.name, step.temporary)
        kernel.move(directory, name, step.name)
    else:
        kernel.swap(directory, name, step.name)
    scene.started.discard(step.number)


def tree_differences(step: Step, path: str, scene: Scene) -> tuple[str, ...]:
    """How the entries below `path` differ from those that the plan deletes."""
    found = scan(path, scene.directories)
    words: list[str] = []
    for change in step.inner:
        if change.before is None:
            continue
        rest = change.path.removeprefix(step.path)
        expected: PathState = change.before
        actual = found.pop(path + rest, None)
        if expected.inode in scene.touched:
            expected = without_ctime(expected)
        words += [f"{rest[1:]}: {each}" for each in differences(expected, actual)]
    words += [
        f"{other.removeprefix(path)[1:]}: is new, the preview did not see it"
        for other in found
    ]
    return tuple(words)


def _set(step: Step, directory: int) -> None:
    """Set the attributes of the very inode that the guard saw."""
    if step.before is None or step.after is None:
        return
    thing = open_thing(directory, step.name)
    try:
        if os.fstat(thing).st_ino != step.before.inode:
            raise Moved(step.path, ("was replaced by something else",))
        set_metadata(thing, step.after, times=not step.late)
    finally:
        os.close(thing)
