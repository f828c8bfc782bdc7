"""After a crash in the middle of an apply: back to before, or on to the end."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from linara_agent.core.plan import Plan
from linara_agent.core.review import Approved, Way
from linara_agent.errors import ApplyFailed, PlanProblem
from linara_agent.host.apply import finish, undo_directory
from linara_agent.host.check import shown
from linara_agent.host.directories import Directories
from linara_agent.host.manifest import ENDED, ManifestFile, Reached, Stage, read
from linara_agent.host.permission import check_permission
from linara_agent.host.rollback import roll_back
from linara_agent.host.scene import Scene
from linara_agent.host.step import given_away


def _nothing(instant: str) -> None:
    del instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """`stage` is `rolled back` (the host is as before the apply), or `done` (all
    of the plan's changes are there); `paths` counts the steps this concerned.
    """

    stage: Stage
    paths: int


def unfinished(plans: Path) -> tuple[str, ...]:
    """The ids of the plans, below the plans' directory, whose apply was cut short.

    A plan that is being applied right now is among them.
    """
    found: list[str] = []
    for undo in sorted(plans.glob("*/undo")):
        try:
            reached = read(undo)
        except PlanProblem:
            found.append(undo.parent.name)
            continue
        if reached is not None and reached.stage not in ENDED:
            found.append(undo.parent.name)
    return tuple(found)


def recover(
    approved: Approved,
    plan: Plan,
    *,
    blobs: Path,
    instant: Callable[[str], None] = _nothing,
) -> Recovered:
    """Take a crashed apply back, or bring it to its end if all changes were made.

    Can be called again after a crash of its own. Raises PlanProblem if there is
    nothing to recover, ApplyFailed if paths are left that it could not bring back
    (each named) or if the apply is still running.
    """
    check_permission(approved, plan, way=Way.RECOVER)
    undo = undo_directory(blobs)
    try:
        file = ManifestFile.reopen(undo)
    except FileNotFoundError as error:
        raise _nothing_to_do() from error
    try:
        reached = read(undo)
        if reached is None or reached.stage in ENDED:
            raise _nothing_to_do()
        if reached.manifest.plan != plan.digest:
            raise PlanProblem(
                "The record of the apply is of another plan.",
                not_done="Nothing was changed.",
                remedy=f"Look at the files in {undo}.",
            )
        with Directories() as directories:
            scene = Scene(
                directories=directories,
                undo=str(undo),
                instant=instant,
                made=dict(reached.made),
                given=given_away(reached.manifest.steps),
            )
            return _recover(reached, file, scene)
    except OSError as error:
        raise ApplyFailed(
            f"The recovery failed: {error.strerror}.",
            not_done="What it had not reached is as the crash left it.",
            remedy=f"Remove the cause and recover again; the backups are in {undo}.",
        ) from error
    finally:
        file.close()


def _recover(reached: Reached, file: ManifestFile, scene: Scene) -> Recovered:
    steps = len(reached.manifest.steps)
    if reached.stage is Stage.COMMITTED:
        finish(reached.manifest, file, scene)
        return Recovered(stage=Stage.DONE, paths=steps)
    problems = roll_back(reached.manifest, scene, crashed=True)
    if problems:
        raise ApplyFailed(
            "Some paths could not be brought back:\n"
            + "\n".join(f"  {shown(line)}" for line in problems),
            not_done="All other paths are as they were before the apply.",
            remedy=f"Look at these paths, then recover again; see {scene.undo}.",
        )
    file.reach(Stage.ROLLED_BACK)
    return Recovered(stage=Stage.ROLLED_BACK, paths=steps)


def _nothing_to_do() -> PlanProblem:
    return PlanProblem(
        "No apply of this plan was cut short.",
        not_done="Nothing was changed.",
        remedy="There is nothing to recover.",
    )
