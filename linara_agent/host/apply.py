"""The first way to the host: copy exactly the changes that were reviewed.

In three parts: check everything, make everything new beside its place, then one
rename for each step. Whatever goes wrong, all of it is taken back.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from linara_agent.core.passage import Applied
from linara_agent.core.plan import Plan
from linara_agent.core.review import Approved, Way
from linara_agent.errors import ApplyFailed, StalePlan
from linara_agent.host.backup import clear, put_away
from linara_agent.host.check import check, check_complete, shown
from linara_agent.host.commit import Moved, commit
from linara_agent.host.directories import Directories
from linara_agent.host.manifest import Manifest, ManifestFile, Stage
from linara_agent.host.permission import check_permission
from linara_agent.host.rollback import restore_directory, roll_back
from linara_agent.host.scene import Scene
from linara_agent.host.stage import Staging, check_blobs, check_space, sync_all
from linara_agent.host.step import Steps, given_away, steps_of

_TAG = 12


def _nothing(instant: str) -> None:
    del instant


class HostFiles:
    """Applies plans to the files of this machine as the calling user.

    `instant` is told the name of each moment of an apply (tests crash there).
    `exchange` False does without the kernel's exchange of two names.
    """

    def __init__(
        self, *, instant: Callable[[str], None] = _nothing, exchange: bool = True
    ) -> None:
        self._instant = instant
        self._exchange = exchange

    def apply(self, approved: Approved, plan: Plan, *, blobs: Path) -> Applied:
        """Copy the previewed changes; what they replace goes to `undo` beside `blobs`.

        Raises PlanProblem, StalePlan or ApplyFailed; the host is then as it was,
        unless ApplyFailed says exactly what is not.
        """
        check_permission(approved, plan, way=Way.APPLY)
        undo = undo_directory(blobs)
        steps = steps_of(plan.preview.changes, tag=plan.digest[:_TAG])
        with Directories() as directories:
            scene = Scene(
                directories=directories,
                undo=str(undo),
                instant=self._instant,
                exchange=self._exchange,
                given=given_away(steps.steps),
            )
            try:
                manifest = _prepare(plan, steps, scene, blobs=blobs)
                file = ManifestFile.create(undo, manifest)
            except OSError as error:
                raise _untouched(error) from error
            try:
                carry_out(manifest, file, scene, blobs=blobs)
            finally:
                file.close()
        return Applied(paths=steps.paths, skipped=steps.skipped)


def undo_directory(blobs: Path) -> Path:
    """Where a plan's backups go: beside its blobs, by a path free of symlinks."""
    return Path(os.path.realpath(blobs)).parent / "undo"


def _prepare(plan: Plan, steps: Steps, scene: Scene, *, blobs: Path) -> Manifest:
    """The check: whatever it raises, nothing was touched."""
    check_complete(plan.preview.findings, scene)
    checked = check(steps.steps, scene)
    check_blobs(steps.steps, blobs)
    Path(scene.undo).mkdir(mode=0o700, exist_ok=True)
    check_space(steps.steps, scene)
    return Manifest(
        plan=plan.digest,
        uid=os.geteuid(),
        steps=checked.steps,
        touched=checked.touched,
    )


def carry_out(
    manifest: Manifest, file: ManifestFile, scene: Scene, *, blobs: Path
) -> None:
    """Stage, change, put away; or take all of it back and raise why."""
    steps = manifest.steps
    try:
        scene.made.update(Staging(steps, scene, blobs=blobs).stage())
        scene.instant("staged")
        sync_all(steps, scene)
        file.reach(Stage.STAGED, made=scene.made)
        for step in (step for step in steps if not step.late):
            commit(step, scene)
        for step in steps:
            put_away(step, scene)
        for step in (step for step in steps if step.late):
            commit(step, scene)
        scene.instant("changed")
        sync_all(steps, scene)
        file.reach(Stage.COMMITTED)
    except BaseException as error:
        problems = roll_back(manifest, scene, crashed=False)
        if not problems:
            # Without this line a recovery looks at all paths again; no harm.
            with suppress(OSError):
                file.reach(Stage.ROLLED_BACK)
        _explain(error, problems, scene)
        raise
    try:
        finish(manifest, file, scene)
    except OSError as error:
        raise ApplyFailed(
            f"All changes were made, but not all was put away: {words_of(error)}.",
            not_done="Copies of old files may be left beside the new ones.",
            remedy=f"Run `linara-agent recover {scene.plan}` to clear up.",
        ) from error


def finish(manifest: Manifest, file: ManifestFile, scene: Scene) -> None:
    """Clear away what a committed apply no longer needs; raises ApplyFailed."""
    scene.instant("committed")
    left = [path for step in manifest.steps if (path := clear(step, scene))]
    modes = {
        step.path: step.after.mode
        for step in manifest.steps
        if step.late and step.after is not None
    }
    for touched in manifest.touched:
        mode = modes.get(touched.path, touched.mode)
        restore_directory(touched, scene, mode=mode, times=False)
    file.reach(Stage.DONE)
    scene.instant("done")
    if left:
        raise ApplyFailed(
            "All changes were made, but copies of old files could not be removed:\n"
            + "\n".join(f"  {shown(path)}" for path in left),
            not_done="These copies were left; they are also kept in the plan.",
            remedy="Remove them by hand.",
        )


def _explain(error: BaseException, problems: tuple[str, ...], scene: Scene) -> None:
    """Raise what the person is told; returns for what is not of our making."""
    if problems:
        raise ApplyFailed(
            f"The apply failed ({words_of(error)}),"
            " and could not be taken back in full:\n"
            + "\n".join(f"  {shown(line)}" for line in problems),
            not_done="All other paths are as they were before.",
            remedy=f"Run `linara-agent recover {scene.plan}` to try again."
            f" The record and the backups are in {scene.undo}.",
        ) from error
    match error:
        case Moved():
            raise StalePlan(
                f"{shown(error.path)} changed while the plan was being applied:"
                f" {', '.join(error.words)}.",
                not_done="Everything was taken back: the host is as it was before.",
                remedy="Preview the command again.",
            ) from error
        case OSError():
            raise ApplyFailed(
                f"The changes could not be made: {words_of(error)}.",
                not_done="Everything was taken back: the host is as it was before.",
                remedy="Remove the cause and apply the plan again.",
            ) from error
        case _:
            return


def words_of(error: BaseException) -> str:
    """What a foreign error says, with its path made printable."""
    if isinstance(error, OSError):
        name = f": {shown(os.fsdecode(error.filename))}" if error.filename else ""
        return f"{error.strerror}{name}"
    if isinstance(error, Moved):
        return f"{shown(error.path)}: {', '.join(error.words)}"
    return type(error).__name__


def _untouched(error: OSError) -> ApplyFailed:
    return ApplyFailed(
        f"The apply could not begin: {words_of(error)}.",
        not_done="Nothing was changed.",
        remedy="Remove the cause and apply the plan again.",
    )
