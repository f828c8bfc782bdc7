"""Saved plans: one directory each, `<root>/<id>/{plan.json, state, blobs/<sha256>}`.

`plan.json` is sealed and written once; `state` is the only part that changes, under
a lock. `undo/` appears there when the plan is applied and is not ours.
"""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from linara_agent.core.plan import Plan, PlanState
from linara_agent.errors import PlanProblem
from linara_agent.plans.plan_file import PlanFile, open_file, write_file
from linara_agent.plans.saved import (
    LARGEST_PLAN,
    blob_problem,
    bytes_of,
    damaged,
    needed,
    not_written,
    parse,
    parse_state,
    too_large,
)

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{5,63}")
"""An id is a file name and can be typed; a unique prefix of it will do."""

SHORTEST_PREFIX = 6
_NEAR = 5
_FINAL = (PlanState.APPLIED, PlanState.DECLINED, PlanState.EXPIRED)


class PlanStore:
    """Implements the port `Plans` below `root` (made when the first plan is)."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def new(self, id: str) -> Path:
        """Make a plan's directory; returns where its blobs go.

        Raises PlanProblem if there is one or it cannot be made.
        """
        _check_id(id)
        blobs = self._root / id / "blobs"
        try:
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            blobs.parent.mkdir(mode=0o700)
            blobs.mkdir(mode=0o700)
        except OSError as error:
            raise not_written(blobs.parent, error) from error
        return blobs

    def save(self, plan: Plan) -> None:
        """Write a sealed plan; on disk when this returns, or not there at all.

        Raises PlanProblem if it is too large to be read again, or cannot be written.
        """
        _check_id(plan.id)
        directory = self._root / plan.id
        content = plan.to_json()
        if len(content) > LARGEST_PLAN:
            raise too_large(directory, len(plan.preview.changes))
        try:
            for blob in (directory / "blobs").iterdir():
                blob.chmod(0o600)
            _write(directory / "state", plan.state.encode() + b"\n")
            _write(directory / "plan.json", content)
        except OSError as error:
            raise not_written(directory, error) from error

    def discard(self, id: str) -> None:
        """Remove a plan and what belongs to it; nothing if there is none.

        Raises PlanProblem for a plan that keeps what an undo needs.
        """
        _check_id(id)
        directory = self._root / id
        undo = directory / "undo"
        if undo.is_dir() and any(undo.iterdir()):
            raise PlanProblem(
                f"Plan {id} keeps the files that its apply replaced.",
                not_done="It was not removed.",
                remedy="Keep it for as long as you may want to undo it.",
            )
        try:
            shutil.rmtree(directory)
        except FileNotFoundError:
            return
        except OSError as error:
            raise not_written(directory, error) from error

    def load(self, reference: str) -> Plan:
        """By id, unique prefix, plan file, or a plan's directory; blobs are checked.

        A plan from elsewhere is first copied into the store, so that its state is
        kept and it cannot be carried out twice.
        """
        id = self._find(reference)
        if id is None:
            id = self._import(Path(reference))
        plan = self._read(id)
        self._check_blobs(plan)
        return plan

    def blobs(self, plan: Plan) -> Path:
        return self._root / plan.id / "blobs"

    def mark(self, plan: Plan, state: PlanState) -> None:
        """Change the state, on disk when this returns.

        Raises PlanProblem if it was applied, declined or expired already.
        """
        directory = self._root / plan.id
        with self._locked(plan):
            now = self._state(plan.id)
            if now in _FINAL:
                raise PlanProblem(
                    f"Plan {plan.id} is {now} already.",
                    not_done=f"It was not marked {state}.",
                    remedy="Make a new plan for the same command.",
                )
            try:
                _write(directory / "state", state.encode() + b"\n")
            except OSError as error:
                raise not_written(directory, error) from error

    def list(self) -> Iterator[Plan]:
        """Every plan that can be read, newest first; blobs are not looked at."""
        found: list[Plan] = []
        for id in self._ids():
            try:
                found.append(self._read(id))
            except PlanProblem:
                continue
        yield from sorted(found, key=lambda plan: (-plan.created, plan.id))

    def export(self, plan: Plan, target: Path) -> None:
        """Write a plan file: a zip of the plan's directory, without its undo."""
        write_file(self._root / plan.id, target)

    @contextmanager
    def hold(self, plan: Plan) -> Iterator[Plan]:
        """Hold a plan while it is carried out; gives it as it is on disk now.

        Raises PlanProblem if another process holds it.
        """
        with self._locked(plan, name="held", wait=False):
            yield self._read(plan.id)

    def _ids(self) -> tuple[str, ...]:
        """Of all directories that hold a saved plan."""
        try:
            names = sorted(entry.name for entry in self._root.iterdir())
        except OSError:
            return ()
        return tuple(
            name
            for name in names
            if ID.fullmatch(name) and (self._root / name / "plan.json").exists()
        )

    def _find(self, reference: str) -> str | None:
        """The id that is meant, None for a path; raises PlanProblem."""
        ids = self._ids()
        if reference in ids:
            return reference
        if "/" in reference or Path(reference).is_file():
            return None
        fits = [id for id in ids if id.startswith(reference)]
        if len(reference) >= SHORTEST_PREFIX and len(fits) == 1:
            return fits[0]
        raise _unknown(reference, ids, fits)

    def _import(self, path: Path) -> str:
        with open_file(path) as file:
            return self._adopt(file)

    def _adopt(self, file: PlanFile) -> str:
        """Copy a plan from elsewhere into the store, unless it is there."""
        plan = parse(file.plan(), str(file.source))
        _check_id(plan.id)
        if (self._root / plan.id / "plan.json").exists():
            if self._read(plan.id).digest != plan.digest:
                raise PlanProblem(
                    f"{file.source} has the id of another plan, {plan.id}.",
                    not_done="Nothing was changed.",
                    remedy="One of the two was altered; make a new plan.",
                )
            return plan.id
        state = parse_state(file.state(), str(file.source))
        blobs = self.new(plan.id)
        try:
            for name in {name for _, name in needed(plan)}:
                file.copy_blob(name, blobs / name)
            self._check_blobs(plan)
            # An approval is given to the plan where it was reviewed, not to a copy.
            kept = PlanState.OPEN if state is PlanState.APPROVED else state
            self.save(replace(plan, state=kept))
        except BaseException:
            self.discard(plan.id)
            raise
        return plan.id

    def _read(self, id: str) -> Plan:
        directory = self._root / id
        plan = parse(bytes_of(directory / "plan.json"), id)
        if plan.id != id:
            raise damaged(id, "it names itself otherwise")
        return replace(plan, state=self._state(id))

    def _state(self, id: str) -> PlanState:
        return parse_state(bytes_of(self._root / id / "state"), id)

    def _check_blobs(self, plan: Plan) -> None:
        seen: set[str] = set()
        for change, name in needed(plan):
            if name not in seen:
                seen.add(name)
                problem = blob_problem(self.blobs(plan) / name, change)
                if problem:
                    raise damaged(plan.id, f"the content of {change.path!r} {problem}")

    @contextmanager
    def _locked(
        self, plan: Plan, *, name: str = "lock", wait: bool = True
    ) -> Iterator[None]:
        _check_id(plan.id)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            descriptor = os.open(self._root / plan.id / name, flags, 0o600)
        except OSError as error:
            raise not_written(self._root / plan.id, error) from error
        try:
            _lock(descriptor, plan, wait=wait)
            yield
        finally:
            os.close(descriptor)


def _lock(descriptor: int, plan: Plan, *, wait: bool) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError as error:
        raise PlanProblem(
            f"Plan {plan.id} is being carried out by another process.",
            not_done="It was not carried out a second time.",
            remedy="Wait for the other process to end.",
        ) from error


def _check_id(id: str) -> None:
    if not ID.fullmatch(id):
        raise PlanProblem(
            f"{id!r} cannot be the id of a plan.",
            not_done="Nothing was changed.",
            remedy="Use an id from `linara-agent plan list`.",
        )


def _unknown(reference: str, ids: tuple[str, ...], fits: list[str]) -> PlanProblem:
    if len(fits) > 1 or (fits and len(reference) < SHORTEST_PREFIX):
        few = len(reference) < SHORTEST_PREFIX
        what = (
            f"{reference!r} is too short for a plan's id"
            if few
            else f"{reference!r} fits {len(fits)} plans"
        )
        near = fits
    else:
        what = f"There is no plan {reference!r}"
        near = get_close_matches(reference, ids, n=_NEAR, cutoff=0.5)
    return PlanProblem(
        f"{what}.",
        not_done="Nothing was carried out.",
        remedy=(
            f"Did you mean one of these: {', '.join(near[:_NEAR])}?"
            if near
            else "See `linara-agent plan list`."
        ),
    )


def _write(path: Path, content: bytes) -> None:
    """Replace a file in one step; on disk, with its name, when this returns."""
    temporary = path.with_name(f".{path.name}-{os.getpid()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(temporary, flags, 0o600), "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.rename(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
