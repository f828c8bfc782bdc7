"""What an apply is about to do, on disk before it does it.

A file of JSON lines in the plan's `undo` directory. The first line is the
manifest: every step with the state of each path before and after. Each further
line is a stage that was reached. From that, what is on the disk and nothing else,
a crash at any instant is taken back (or, once `committed`, brought to its end).
"""

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from pydantic import TypeAdapter

from linara_agent.core.change import Change
from linara_agent.core.wire import Path as PathText
from linara_agent.errors import ApplyFailed, PlanProblem
from linara_agent.host.step import Step

MANIFEST = "manifest.jsonl"
SCHEMA = 1


class Stage(StrEnum):
    """`begun`: things may be made beside their places; `staged`: paths may be
    changed; `committed`: all of them are; `done` and `rolled back` are ends.
    """

    BEGUN = "begun"
    STAGED = "staged"
    COMMITTED = "committed"
    DONE = "done"
    ROLLED_BACK = "rolled back"


ENDED = (Stage.DONE, Stage.ROLLED_BACK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """A directory in which something changes, as it was."""

    path: PathText
    inode: int
    mode: int
    mtime_ns: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """`plan` is the plan's digest, `uid` who applies. A backup is `undo/NUMBER`
    of its step, or beside its place under the step's `temporary` name.
    """

    plan: str
    uid: int
    steps: tuple[Step, ...]
    touched: tuple[Touched, ...]
    schema: int = SCHEMA

    def without_diffs(self) -> "Manifest":
        return replace(self, steps=tuple(_bare(step) for step in self.steps))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A manifest and how far it came; `made` are the inodes of staged things."""

    manifest: Manifest
    stage: Stage
    made: Mapping[int, int]


def _bare(step: Step) -> Step:
    def bare(change: Change) -> Change:
        return replace(change, diff=None)

    return replace(
        step,
        change=bare(step.change),
        inner=tuple(bare(change) for change in step.inner),
    )


class ManifestFile:
    """An open manifest, locked for as long as it is open."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def create(cls, undo: Path, manifest: Manifest) -> "ManifestFile":
        """Write and sync a new manifest in place of one that was rolled back.

        Raises ApplyFailed if another process works on the same plan, PlanProblem
        if an earlier apply of it is unfinished or done, and OSError.
        """
        file = cls(_locked(undo / MANIFEST, create=True))
        try:
            _refuse_second(undo)
            os.ftruncate(file._descriptor, 0)
            file._write(TypeAdapter(Manifest).dump_json(manifest.without_diffs()))
            _sync_directory(undo)
            _sync_directory(undo.parent)
        except BaseException:
            file.close()
            raise
        return file

    @classmethod
    def reopen(cls, undo: Path) -> "ManifestFile":
        """Take over the manifest of a process that is gone; see `create`."""
        return cls(_locked(undo / MANIFEST, create=False))

    def reach(self, stage: Stage, *, made: Mapping[int, int] | None = None) -> None:
        """Write down, on disk when this returns, that a stage was reached."""
        line: dict[str, object] = {"stage": stage.value}
        if made is not None:
            line["made"] = {str(key): str(inode) for key, inode in made.items()}
        self._write(json.dumps(line).encode())

    def _write(self, line: bytes) -> None:
        """Append a line, whole or not at all as far as this process can tell."""
        size = os.fstat(self._descriptor).st_size
        rest = line + b"\n"
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
            os.fsync(self._descriptor)
        except OSError:
            os.ftruncate(self._descriptor, size)
            raise

    def close(self) -> None:
        os.close(self._descriptor)


def read(undo: Path) -> Reached | None:
    """The manifest in an undo directory, None if no apply got as far as that.

    A torn last line is a stage that was not reached. Raises PlanProblem if the
    manifest cannot be read.
    """
    try:
        lines = (undo / MANIFEST).read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _damaged(undo) from error
    if not lines:
        return None
    try:
        manifest = TypeAdapter(Manifest).validate_json(lines[0])
        stage, made = Stage.BEGUN, dict[int, int]()
        for line in lines[1:]:
            fields = json.loads(line)
            stage = Stage(fields["stage"])
            found = fields.get("made", {})
            made |= {int(key): int(inode) for key, inode in found.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(undo) from error
    return Reached(manifest=manifest, stage=stage, made=made)


def _damaged(undo: Path) -> PlanProblem:
    return PlanProblem(
        f"The record of an apply at {undo / MANIFEST} cannot be read.",
        not_done="Nothing was changed.",
        remedy="Look at the files beside it: they are the backups of what was changed.",
    )


def _refuse_second(undo: Path) -> None:
    reached = read(undo)
    if reached is None or reached.stage is Stage.ROLLED_BACK:
        return
    if reached.stage is Stage.DONE:
        raise PlanProblem(
            "This plan was applied already.",
            not_done="It was not applied a second time.",
            remedy="Make a new plan for the same command.",
        )
    raise PlanProblem(
        "An earlier apply of this plan was cut short.",
        not_done="It was not applied again.",
        remedy=f"Run `linara-agent recover {undo.parent.name}` first.",
    )


def _locked(path: Path, *, create: bool) -> int:
    flags = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(path, flags | (os.O_CREAT if create else 0), 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise ApplyFailed(
            "This plan is being applied by another process.",
            not_done="Nothing was changed by this one.",
            remedy="Wait for the other process to end.",
        ) from error
    return descriptor


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
