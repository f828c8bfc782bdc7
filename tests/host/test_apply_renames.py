"""A file that was renamed in the twin is renamed on the host, not copied."""

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from linara_agent.core.change import ChangeKind
from linara_agent.core.plan import Plan
from linara_agent.errors import StalePlan
from linara_agent.host.apply import HostFiles
from linara_agent.host.recover import unfinished
from tests.host.ground import Ground, approved, die, in_child, inodes, rows, state

MOVES = {"old": "new", "tree/a": "kept", "tree/b": "into/b", "over": "there"}


def fill(host: Path) -> None:
    (host / "tree").mkdir()
    (host / "into").mkdir()
    for name in (*MOVES, "tree/gone", "there"):
        (host / name).write_text(f"content of {name}\n")


def act(twin: Path) -> None:
    for old, new in MOVES.items():
        (twin / old).replace(twin / new)
    (twin / "tree/gone").unlink()
    (twin / "tree").rmdir()


def renaming(ground: Ground) -> Plan:
    """The plan of a preview, with its renames said as a twin says them."""
    fill(ground.host)
    plan = ground.preview(act)
    origins = {
        str(ground.host / new): str(ground.host / old) for old, new in MOVES.items()
    }
    changes = []
    for found in plan.preview.changes:
        change = found
        origin, after = origins.get(change.path), change.after
        if origin is not None and after is not None:
            new = change.before is None
            change = replace(
                change,
                kind=ChangeKind.RENAMED if new else change.kind,
                after=replace(after, sha256=None),
                origin=origin,
                origin_state=state(Path(origin)),
                apart=not new,
            )
        changes.append(change)
    for blob in ground.blobs.iterdir():
        blob.unlink()
    return replace(plan, preview=replace(plan.preview, changes=tuple(changes))).sealed()


def test_a_renamed_file_stays_the_same_file(ground: Ground) -> None:
    """It keeps its inode, has one name afterwards, and no content was saved for it."""
    plan = renaming(ground)
    before = inodes(ground.host)
    ground.apply(plan)
    assert rows(ground.host) == ground.expected
    after = inodes(ground.host)
    assert {new: after[new] for new in MOVES.values()} == {
        new: before[old] for old, new in MOVES.items()
    }
    assert ground.leftovers() == []


def test_a_file_written_since_is_not_renamed(ground: Ground) -> None:
    """The old name is guarded like every path of a plan."""
    plan = renaming(ground)
    (ground.host / "old").write_text("newer\n")
    before = rows(ground.host)
    with pytest.raises(StalePlan, match="old"):
        ground.apply(plan)
    assert rows(ground.host) == before


@pytest.mark.parametrize("exchange", [True, False])
def test_a_crash_at_any_instant_loses_no_renamed_file(
    make_ground: Callable[[], Ground], *, exchange: bool
) -> None:
    """Killed anywhere, the host is recovered to what it was, or to what is wanted."""
    trial = make_ground()
    names: list[str] = []
    files = HostFiles(instant=names.append, exchange=exchange)
    plan = renaming(trial)
    files.apply(approved(plan), plan, blobs=trial.blobs)
    for number in range(len(names)):
        _crash(make_ground(), number, exchange=exchange)


def _crash(ground: Ground, number: int, *, exchange: bool) -> None:
    plan = renaming(ground)
    before = (rows(ground.host), inodes(ground.host))
    left = iter(range(number))

    def burn(instant: str) -> None:
        del instant
        if next(left, None) is None:
            die()

    files = HostFiles(instant=burn, exchange=exchange)
    status = in_child(partial(files.apply, approved(plan), plan, blobs=ground.blobs))
    assert os.WIFSIGNALED(status)
    if unfinished(ground.root):
        ground.recover(plan)
    assert ground.leftovers() == []
    now = (rows(ground.host), inodes(ground.host))
    assert now == before or now[0] == ground.expected
