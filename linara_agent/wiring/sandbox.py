"""What `sandbox …` and `doctor --sandbox` need."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from linara_agent.core.check import Check
from linara_agent.core.next_step import Mode
from linara_agent.core.preview import Preview
from linara_agent.core.record import Event, Json, Record
from linara_agent.core.report import circumstances, preview_facts
from linara_agent.core.sandbox_plan import SandboxPlan
from linara_agent.docker_sandbox.owner import is_over
from linara_agent.host import place as host_place
from linara_agent.ports import Progress
from linara_agent.wiring.house import Choices, Front, house, premises
from linara_agent.wiring.person import Person, fresh_id, journal_of

if TYPE_CHECKING:
    from typing import Protocol

    from linara_agent.docker_sandbox.status import Holding, Status
    from linara_agent.docker_sandbox.toolbox import Built

    class _Log(Protocol):
        def __call__(
            self, event: Event, fields: dict[str, Json], *, durable: bool = True
        ) -> None: ...


def sandbox_status(who: Person) -> "Status":
    """Raises SandboxUnavailable where no engine answers."""
    from linara_agent.docker_sandbox.status import status

    return status(premises(who))


def sandbox_clean(who: Person, *, everything: bool) -> "tuple[Holding, ...]":
    """Returns what was removed. Raises SandboxUnavailable."""
    from linara_agent.docker_sandbox.status import clean

    return clean(premises(who), everything=everything)


def close_runs(who: Person) -> tuple[str, ...]:
    """Write down the end of runs whose process is gone; returns their ids.

    The whole journal is read. Raises JournalUnavailable.
    """
    from linara_agent.journal.query import RunSummary, records, runs

    state, uid = who.directories.state, who.caller.uid
    dead: list[str] = []
    for one in runs(state):
        if not isinstance(one, RunSummary) or one.ended is not None:
            continue
        first = next(iter(records(state, one.run)), None)
        name = getattr(first, "fields", {}).get("process")
        if isinstance(name, str) and is_over(name, uid):
            dead.append(one.run)
    if dead:
        journal = journal_of(who)
        for run in dead:
            fields: dict[str, Json] = {"ended": "killed", "exit": None}
            event = Event.RUN_ENDED
            journal.write(Record(run=run, event=event, fields=fields, durable=True))
    return tuple(dead)


def build_toolbox(
    who: Person, tell: Callable[[str], None], *, registry: bool
) -> "Built":
    """Make the image of the view `copy`. Raises SandboxUnavailable."""
    from linara_agent.docker_sandbox.engine import connect
    from linara_agent.docker_sandbox.toolbox import Recipe, build

    engine = connect(who.environment, timeout_s=_BUILDING_S)
    try:
        return build(engine, Recipe.ours(), tell, registry=registry)
    finally:
        engine.close()


_BUILDING_S = 900.0


def sandbox_trials(who: Person, progress: Progress) -> Iterator[Check]:
    """Attempts to break out of a twin, ok if stopped. Raises SandboxUnavailable."""
    from linara_agent.docker_sandbox.sandbox import DockerSandbox
    from linara_agent.docker_sandbox.trials import in_twin, trials

    plan = SandboxPlan(
        run=fresh_id(),
        text="",
        caller=who.caller,
        cwd="/",
        environment=(("HOME", who.caller.home), ("PATH", "/usr/bin:/bin")),
        umask=0o077,
        hostname=host_place.hostname(),
    )
    given = premises(who)
    with DockerSandbox(given) as sandbox, progress.step("trying to get out"):
        yield from trials(in_twin(sandbox, plan), given)


def sandbox_shell(who: Person, front: Front, *, policy: str, stay_s: float) -> Preview:
    """Let the person look around in a twin, with every step in the journal.

    Standard input and output must be their terminal. Raises LinaraError, and
    KeyboardInterrupt where the terminal went away.
    """
    built = house(who, Choices(policy=policy, mode=Mode.TERMINAL), front)
    plan = replace(
        built.sandbox_plan, limits=replace(built.sandbox_plan.limits, wall_s=stay_s)
    )

    def log(event: Event, fields: dict[str, Json], *, durable: bool = True) -> None:
        record = Record(run=plan.run, event=event, fields=fields, durable=durable)
        built.journal.write(record)

    started: dict[str, Json] = {"intent": "sandbox shell", **circumstances(plan)}
    started |= {"process": built.process, "policy": built.gate.policy.identity}
    log(Event.RUN_STARTED, started)
    try:
        preview = _visit(who, plan, log)
    except BaseException as error:
        what = getattr(error, "what", repr(error))
        log(Event.FAILED, {"error": type(error).__name__, "what": what}, durable=False)
        code = front.failure_of(error)
        log(Event.RUN_ENDED, {"ended": "failed", "exit": code})
        raise
    log(Event.RUN_ENDED, {"ended": "left", "exit": 0})
    return preview


def _visit(who: Person, plan: SandboxPlan, log: "_Log") -> Preview:
    from linara_agent.docker_sandbox.visit import Terminal, Visits

    terminal = Terminal(reads=sys.stdin.fileno(), writes=sys.stdout.fileno())
    with Visits(premises(who)) as sandbox, TemporaryDirectory() as blobs:
        reaped = sandbox.reap()
        if reaped:
            log(Event.REAPED, {"things": reaped}, durable=False)
        log(Event.PREVIEW_BEFORE, {"shell": True})
        preview = sandbox.visit(plan, terminal, blobs=Path(blobs))
        log(Event.PREVIEW_AFTER, preview_facts(preview))
        return preview
