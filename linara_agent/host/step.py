"""The few moves that carry out a plan's changes.

A created tree is built beside its place and renamed into it as a whole; a deleted
tree is renamed away as a whole; a file is exchanged with its successor. So each
step is one rename (or one change of attributes), and its reverse is one too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from linara_agent.core.change import Change, ChangeKind, FileType, PathState
from linara_agent.errors import PlanProblem
from linara_agent.host.directories import split


class Move(StrEnum):
    """`place`: absent to present; `replace`: one thing for another; `remove`:
    present to absent; `set`: the same thing with other attributes.
    """

    PLACE = "place"
    REPLACE = "replace"
    REMOVE = "remove"
    SET = "set"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One path, and the changes below it that happen with it.

    `inner` are the entries of a tree that is removed or made as a whole, parents
    first. `temporary` is the name, in the same directory, under which the new
    thing is made ready and the old one is kept.
    """

    number: int
    move: Move
    change: Change
    inner: tuple[Change, ...]
    temporary: str

    @property
    def path(self) -> str:
        return self.change.path

    @property
    def parent(self) -> str:
        return split(self.change.path)[0]

    @property
    def name(self) -> str:
        return split(self.change.path)[1]

    @property
    def before(self) -> PathState | None:
        return self.change.before

    @property
    def after(self) -> PathState | None:
        return self.change.after

    @property
    def changes(self) -> tuple[Change, ...]:
        return (self.change, *self.inner)

    @property
    def late(self) -> bool:
        """Whether it sets the attributes of a directory."""
        return self.move is Move.SET and _is_directory(self.after)

    @property
    def temporary_path(self) -> str:
        return self.parent.rstrip("/") + "/" + self.temporary


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """`paths` counts the changes that the steps carry out."""

    steps: tuple[Step, ...]
    paths: int
    skipped: int


def given_away(steps: Iterable[Step]) -> frozenset[str]:
    """The paths whose file has another name afterwards, so that nothing is lost."""
    return frozenset(
        change.origin
        for step in steps
        for change in step.changes
        if change.origin is not None and not _is_directory(change.origin_state)
    )


def steps_of(changes: Sequence[Change], *, tag: str) -> Steps:
    """Group a preview's changes into steps.

    `tag` is part of the temporary names. Incidental changes are left out, but for
    a directory that another change needs. Raises PlanProblem if the changes
    contradict each other.
    """
    ordered = sorted(changes, key=lambda change: change.path.replace("/", "\0"))
    wanted = _wanted(ordered)
    groups: list[list[Change]] = []
    last = None
    for change in ordered:
        if change.path == last:
            raise _contradiction(change)
        last = change.path
        if groups and _covers(groups[-1][0], change):
            _check_inner(groups[-1][0], change)
            if change.after is None or change.path in wanted:
                groups[-1].append(change)
        elif change.path in wanted:
            _check(change)
            groups.append([change])
    steps = tuple(
        Step(
            number=number,
            move=_move(group[0]),
            change=group[0],
            inner=tuple(group[1:]),
            temporary=f".linara-agent-{tag}-{number}",
        )
        for number, group in enumerate(groups)
    )
    paths = sum(len(group) for group in groups)
    return Steps(steps=_in_order(steps), paths=paths, skipped=len(ordered) - paths)


def _wanted(changes: Iterable[Change]) -> set[str]:
    """The paths to be changed: not incidental, or a new directory above such a one."""
    wanted: set[str] = set()
    above: set[str] = set()
    for change in changes:
        split(change.path)
        if change.incidental:
            continue
        wanted.add(change.path)
        parent = change.path.rpartition("/")[0]
        while parent and parent not in above:
            above.add(parent)
            parent = parent.rpartition("/")[0]
    return wanted | {
        change.path
        for change in changes
        if change.path in above and _makes_directory(change)
    }


def _in_order(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Attributes come after the renames: one file may be replaced under one name
    and changed under another. Those of directories come last and deepest first: one
    of them may take away the right to write there.
    """
    late = sorted(
        (step for step in steps if step.late),
        key=lambda step: step.path.count("/"),
        reverse=True,
    )
    early = sorted(
        (step for step in steps if not step.late),
        key=lambda step: step.move is Move.SET,
    )
    return (*early, *late)


def _move(change: Change) -> Move:
    if change.before is None:
        return Move.PLACE
    if change.after is None:
        return Move.REMOVE
    if change.kind is ChangeKind.METADATA or _is_directory(change.before, change.after):
        return Move.SET
    return Move.REPLACE


def _is_directory(*states: PathState | None) -> bool:
    return all(
        state is not None and state.type is FileType.DIRECTORY for state in states
    )


def _makes_directory(change: Change) -> bool:
    return _is_directory(change.after) and not _is_directory(change.before)


def _unmakes_directory(change: Change) -> bool:
    return _is_directory(change.before) and not _is_directory(change.after)


def _covers(root: Change, change: Change) -> bool:
    whole = _makes_directory(root) or _unmakes_directory(root)
    return whole and change.path.startswith(root.path + "/")


def _check(change: Change) -> None:
    """That kind, `before` and `after` tell the same story."""
    before, after = change.before, change.after
    same = before is not None and after is not None and before.type is after.type
    fits = {
        ChangeKind.CREATED: before is None and after is not None,
        ChangeKind.RENAMED: before is None and after is not None,
        ChangeKind.DELETED: before is not None and after is None,
        ChangeKind.MODIFIED: same,
        ChangeKind.METADATA: same,
        ChangeKind.TYPE: before is not None and after is not None and not same,
    }
    if not fits[change.kind]:
        raise _contradiction(change)


def _check_inner(root: Change, change: Change) -> None:
    """In a tree that is made everything is created; in one removed, deleted."""
    _check(change)
    made = (ChangeKind.CREATED, ChangeKind.RENAMED)
    if change.kind not in (made if _makes_directory(root) else (ChangeKind.DELETED,)):
        raise _contradiction(change)


def _contradiction(change: Change) -> PlanProblem:
    return PlanProblem(
        f"The plan's change of {change.path!r} contradicts itself or another change.",
        not_done="Nothing was changed.",
        remedy="Make a new plan for the same command.",
    )
