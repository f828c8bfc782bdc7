"""What an apply replaced or deleted, put away for a later undo.

A backup is the original itself, moved, where the plan lies on the same file
system; else a copy. It is `undo/NUMBER`, by the step's number in the manifest. What
was renamed is not kept: it has its new name, and no other.
"""

import errno
import os

from linara_agent.core.change import FileType, PathState
from linara_agent.host.commit import set_aside
from linara_agent.host.metadata import open_thing
from linara_agent.host.path_state import state_at
from linara_agent.host.scene import Scene, writable
from linara_agent.host.step import Move, Step
from linara_agent.host.tree import copy, remove

# What a move answers that a copy can get around.
_COPY_INSTEAD = (errno.EXDEV, errno.EACCES, errno.EPERM)


def put_away(step: Step, scene: Scene) -> None:
    """Move or copy the original of a committed step to the undo directory."""
    if step.move not in (Move.REMOVE, Move.REPLACE) or step.path in scene.given:
        return
    scene.instant(f"put away {step.number}")
    found = _waiting(step, scene)
    if found is None:
        return
    name, state = found
    try:
        _move(step, name, scene)
    except OSError as error:
        if error.errno not in _COPY_INSTEAD:
            raise
        parent = step.parent.rstrip("/")
        copy(
            f"{parent}/{name}",
            f"{scene.undo}/{step.number}",
            top=state,
            directories=scene.directories,
        )


def _waiting(step: Step, scene: Scene) -> tuple[str, PathState] | None:
    directory = scene.directories.open(step.parent)
    original = step.before.inode if step.before is not None else None
    for name in (step.temporary, set_aside(step)):
        state = state_at(directory, name, xattrs=True)
        if state is not None and state.inode == original:
            return name, state
    return None


def _move(step: Step, name: str, scene: Scene) -> None:
    # The next open may close the first directory.
    here = os.dup(scene.directories.open(step.parent))
    try:
        undo = scene.directories.open(scene.undo)
        if os.fstat(here).st_dev != os.fstat(undo).st_dev:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        thing = open_thing(here, name)
        try:
            with writable(here), writable(thing):
                os.rename(name, str(step.number), src_dir_fd=here, dst_dir_fd=undo)
        finally:
            os.close(thing)
    finally:
        os.close(here)


def clear(step: Step, scene: Scene) -> str | None:
    """Remove an original that was copied away; where that fails, its path."""
    if step.move not in (Move.REMOVE, Move.REPLACE):
        return None
    undo = scene.directories.open(scene.undo)
    if step.path not in scene.given and state_at(undo, str(step.number)) is None:
        return f"{step.parent.rstrip('/')}/{step.temporary}"
    scene.instant(f"clear {step.number}")
    parent = step.parent.rstrip("/")
    left = None
    for name in (step.temporary, set_aside(step)):
        try:
            remove(f"{parent}/{name}", scene.directories)
        except FileNotFoundError:
            # The directory itself is gone; so is what was in it.
            continue
        except OSError:
            left = f"{parent}/{name}"
    return left or _release(step, scene)


def _release(step: Step, scene: Scene) -> str | None:
    """Drop from a kept tree what was renamed out of it: one file, and not two."""
    top = f"{scene.undo}/{step.number}"
    for change in step.inner:
        if change.path in scene.given and change.before is not None:
            if change.before.type is FileType.DIRECTORY:
                continue
            path = top + change.path.removeprefix(step.path)
            try:
                remove(path, scene.directories)
            except FileNotFoundError:
                continue
            except OSError:
                return path
    return None
