"""Puts the adapters of a run in."""

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from linara_agent.core.change import PathState
from linara_agent.core.effects.place import SECRET_PLACES, Place
from linara_agent.core.next_step import Mode
from linara_agent.core.passage import Applied, Passage
from linara_agent.core.plan import Plan, get_ready
from linara_agent.core.policy.match import Policy
from linara_agent.core.preview import Outcome
from linara_agent.core.review import Approved
from linara_agent.core.sandbox_plan import (
    Limits,
    SandboxPlan,
    View,
    twin_environment,
)
from linara_agent.docker_sandbox.apart import Apart, ApartSandbox
from linara_agent.docker_sandbox.owner import process_name
from linara_agent.docker_sandbox.standby import StandbySandbox
from linara_agent.errors import LinaraError
from linara_agent.host import place as host_place
from linara_agent.host import surroundings
from linara_agent.host.secret_places import hidden_places
from linara_agent.house import House
from linara_agent.ports import Progress, Reviewer
from linara_agent.wiring.person import (
    Person,
    SystemClock,
    fresh_id,
    journal_of,
    load_gate,
    place_here,
    plan_store,
)
from linara_agent.wiring.premises import premises_of

if TYPE_CHECKING:
    from linara_agent.docker_sandbox.sandbox import Premises


class HostChanges:
    """Implements ports.Applier; what carries out is loaded when it is wanted."""

    def apply(self, approved: Approved, plan: Plan, *, blobs: Path) -> Applied:
        from linara_agent.host.apply import HostFiles

        return HostFiles().apply(approved, plan, blobs=blobs)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRun:
    """Implements ports.Rerunner; `settle` waits until its preview is gone."""

    environment: Mapping[str, str]
    settle: Callable[[], None]

    def rerun(self, approved: Approved, plan: Plan) -> Outcome:
        from linara_agent.host.rerun import HostShell, Streams

        with suppress(LinaraError):  # what is left of it is no reason not to
            self.settle()
        streams = Streams(stdout=sys.stdout.buffer, stderr=sys.stderr.buffer)
        shell = HostShell(environment=self.environment, streams=streams)
        return shell.rerun(approved, plan)


class HostRecovery:
    """Implements ports.Recoverer."""

    def recover(
        self, approved: Approved, plan: Plan, *, blobs: Path
    ) -> tuple[str, int]:
        from linara_agent.host.recover import recover

        done = recover(approved, plan, blobs=blobs)
        return str(done.stage), done.paths


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the command line says about a run."""

    policy: str
    mode: Mode
    timeout_s: float | None = None
    script_file: str | None = None
    view: str | None = None
    network: bool = False
    trace: bool = False
    runtime: str | None = None
    stepwise: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """What the command line itself provides; `apart` is the sandbox's own process."""

    reviewer: Reviewer
    progress: Progress
    exit_of: Callable[[Passage], int]
    failure_of: Callable[[BaseException], int]
    apart: Apart | None = None


def house(who: Person, choices: Choices, front: Front) -> House:
    """Everything that a run needs. Raises PolicyProblem, UsageProblem."""
    gate = load_gate(choices.policy, who=who)
    place = place_here(who, gate.policy)
    sandbox = _sandbox(who, front)
    return House(
        gate=gate,
        place=place,
        sandbox_plan=_sandbox_plan(who, choices, gate.policy, place),
        sandbox=sandbox,
        journal=journal_of(who),
        plans=plan_store(who),
        applier=HostChanges(),
        recoverer=HostRecovery(),
        rerunner=HostRun(environment=who.environment, settle=sandbox.settle),
        reviewer=front.reviewer,
        clock=SystemClock(),
        mode=choices.mode,
        state_of=path_state,
        digest_of=path_digest,
        fresh_id=fresh_id,
        exit_of=front.exit_of,
        failure_of=front.failure_of,
        installed=lambda name: surroundings.installed(name, who.environment),
        process=process_name(who.caller.uid),
    )


def _sandbox(who: Person, front: Front) -> ApartSandbox | StandbySandbox:
    """In the process that was begun for it, else in threads of this one."""
    if front.apart is None:
        return StandbySandbox(
            lambda: premises(who), progress=front.progress, meanwhile=get_ready
        )
    return ApartSandbox(front.apart, progress=front.progress, meanwhile=get_ready)


def _sandbox_plan(
    who: Person, choices: Choices, policy: Policy, place: Place
) -> SandboxPlan:
    directories = who.directories
    patterns = (*SECRET_PLACES, *policy.sandbox.masks)
    roots = [who.cwd, *([place.workspace] if place.workspace else [])]
    homes = (who.caller.home, host_place.caller().home)
    masks = hidden_places(patterns, homes=homes, directories=roots)
    own = (str(directories.state), str(directories.config))
    limits = replace(Limits(), wall_s=choices.timeout_s or policy.sandbox.timeout_s)
    return SandboxPlan(
        run=fresh_id(),
        text="",
        caller=who.caller,
        cwd=who.cwd,
        environment=twin_environment(who.environment, cwd=who.cwd),
        umask=host_place.current_umask(),
        hostname=host_place.hostname(),
        script_file=choices.script_file,
        masks=tuple(sorted({*masks, *(path for path in own if Path(path).exists())})),
        view=View(choices.view or policy.sandbox.view),
        workspace=place.workspace,
        limits=limits,
        network=policy.sandbox.opens_network(asked=choices.network),
        tracer=_tracer(who) if choices.trace else None,
        runtime=choices.runtime,
        stepwise=choices.stepwise,
    )


def _tracer(who: Person) -> str:
    from linara_agent.docker_sandbox.tracing import find_tracer

    return find_tracer(who.environment)


def premises(who: Person) -> "Premises":
    """What the sandbox needs to know of this process. Raises SettingsProblem."""
    return premises_of(who.environment, who.caller.uid)


def path_state(path: str) -> PathState | None:
    """A path's state on the host; None where it is absent or cannot be seen."""
    from linara_agent.host.directories import Directories as Walk
    from linara_agent.host.path_state import state_of

    with Walk() as directories:
        try:
            return state_of(path, directories=directories)
        except OSError:
            return None


def path_digest(path: str) -> str | None:
    """SHA-256 of a regular file's content; None where it cannot be read."""
    from linara_agent.host.directories import Directories as Walk
    from linara_agent.host.path_state import digest_of

    with Walk() as directories:
        try:
            return digest_of(path, directories=directories)
        except OSError:
            return None
