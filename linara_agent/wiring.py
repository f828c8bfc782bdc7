"""Puts the adapters in; the only place that knows all of them."""

import os
import pwd
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from linara_agent import diagnosis, judging
from linara_agent.core.change import PathState
from linara_agent.core.check import Check
from linara_agent.core.effects.place import SECRET_PLACES, Place, workspace_of
from linara_agent.core.gate import Gate, Reader
from linara_agent.core.next_step import Mode
from linara_agent.core.passage import Passage
from linara_agent.core.plan import Plan
from linara_agent.core.policy.match import Policy
from linara_agent.core.record import Json
from linara_agent.core.review import Approved
from linara_agent.core.sandbox_plan import (
    Caller,
    Limits,
    SandboxPlan,
    View,
    twin_environment,
)
from linara_agent.docker_sandbox.owner import process_name
from linara_agent.docker_sandbox.standby import StandbySandbox
from linara_agent.errors import LinaraError, ProposalUnavailable
from linara_agent.flow import House
from linara_agent.host import place as host_place
from linara_agent.host.apply import HostFiles
from linara_agent.host.directories import Directories as Walk
from linara_agent.host.path_state import digest_of, state_of
from linara_agent.host.recover import recover, unfinished
from linara_agent.host.rerun import HostShell, Streams
from linara_agent.host.secret_places import hidden_places
from linara_agent.parsers.both import BothParsers
from linara_agent.plans.store import PlanStore
from linara_agent.ports import Journal, Progress, Proposer, Reviewer
from linara_agent.rulebook import load_catalogue
from linara_agent.settings.directories import Directories
from linara_agent.settings.layer_files import Ground
from linara_agent.shipped import shipped

if TYPE_CHECKING:
    from linara_agent.core.chain import Broken, Intact
    from linara_agent.docker_sandbox.sandbox import Premises
    from linara_agent.journal.read import Unreadable
    from linara_agent.openrouter.options import Options


class SystemClock:
    def now(self) -> float:
        return time.time()


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who calls, where, and with what environment: read once, at the start."""

    caller: Caller
    cwd: str
    environment: Mapping[str, str]

    @property
    def directories(self) -> Directories:
        return Directories.of(self.environment, self.caller.home)


def person() -> Person:
    """The process's own. Raises SettingsProblem where the directory is gone."""
    caller = host_place.caller()
    home = os.environ.get("HOME", "")
    if home.startswith("/"):
        # The home that `~` means to the shell, whatever the password database says.
        caller = replace(caller, home=home.rstrip("/") or "/")
    return Person(
        caller=caller,
        cwd=host_place.working_directory(),
        environment=dict(os.environ),
    )


def place_of(
    *, cwd: str, home: str, user: str, top: str | None, own: tuple[str, ...] = ()
) -> Place:
    return Place(
        cwd=cwd,
        home=home.rstrip("/") or "/",
        user=user,
        workspace=workspace_of(cwd, home, top),
        own=own,
    )


def place_here(who: Person, policy: Policy | None = None) -> Place:
    """Where the person stands, with the top of the git work tree looked up."""
    return place_of(
        cwd=who.cwd,
        home=who.caller.home,
        user=who.caller.name,
        top=host_place.git_top(Path(who.cwd)),
        own=ground_of(who).own + (() if policy is None else policy.files),
    )


def home_of(user: str) -> str:
    """A user's home; `/home/USER` for one that this machine does not know."""
    try:
        return pwd.getpwnam(user).pw_dir
    except KeyError:
        return f"/home/{user}"


def ground_of(who: Person, cwd: str | None = None) -> Ground:
    """Whose policy layers count, there or where the person stands."""
    where = cwd or who.cwd
    top = workspace_of(where, who.caller.home, host_place.git_top(Path(where)))
    return Ground(directories=who.directories, workspace=top)


def load_gate(
    policy: str, *, who: Person | None = None, cwd: str | None = None
) -> Gate:
    """The base with every layer that counts there. Raises PolicyProblem."""
    return judging.load_gate(policy, ground_of(who or person(), cwd))


def reader(who: Person) -> Reader:
    """Reads and resolves; judges nothing."""
    catalogue = load_catalogue(who.directories.cache)
    return Reader(parsers=BothParsers(), catalogue=catalogue)


def plan_store(who: Person) -> PlanStore:
    return PlanStore(who.directories.state / "plans")


def journal_of(who: Person, *, known: tuple[str, ...] = ()) -> Journal:
    from linara_agent.journal.write import JournalFile

    state = who.directories.state
    return JournalFile(state, clock=SystemClock(), known=known)


def fresh_id() -> str:
    return secrets.token_hex(6)


class HostRecovery:
    """Implements ports.Recoverer."""

    def recover(
        self, approved: Approved, plan: Plan, *, blobs: Path
    ) -> tuple[str, int]:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """What the command line itself provides."""

    reviewer: Reviewer
    progress: Progress
    exit_of: Callable[[Passage], int]
    failure_of: Callable[[BaseException], int]


def house(who: Person, choices: Choices, front: Front) -> House:
    """Everything that a run needs. Raises PolicyProblem."""
    gate = load_gate(choices.policy, who=who)
    place = place_here(who, gate.policy)
    return House(
        gate=gate,
        place=place,
        sandbox_plan=_sandbox_plan(who, choices, gate.policy, place),
        sandbox=StandbySandbox(lambda: premises(who), progress=front.progress),
        journal=journal_of(who),
        plans=plan_store(who),
        applier=HostFiles(),
        recoverer=HostRecovery(),
        rerunner=HostShell(
            environment=who.environment,
            streams=Streams(stdout=sys.stdout.buffer, stderr=sys.stderr.buffer),
        ),
        reviewer=front.reviewer,
        clock=SystemClock(),
        mode=choices.mode,
        state_of=path_state,
        digest_of=path_digest,
        fresh_id=fresh_id,
        exit_of=front.exit_of,
        failure_of=front.failure_of,
        process=process_name(who.caller.uid),
    )


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
    )


def premises(who: Person) -> "Premises":
    """What the sandbox needs to know of this process. Raises SettingsProblem."""
    from linara_agent.docker_sandbox import sandbox, scratch

    return sandbox.Premises(
        environment=who.environment,
        places=scratch.candidates(who.environment, who.caller.uid),
        seccomp=(shipped("sandbox") / "seccomp.json").read_text(encoding="utf-8"),
        pid=os.getpid(),
        uid=who.caller.uid,
    )


def path_state(path: str) -> PathState | None:
    """A path's state on the host; None where it is absent or cannot be seen."""
    with Walk() as directories:
        try:
            return state_of(path, directories=directories)
        except OSError:
            return None


def path_digest(path: str) -> str | None:
    """SHA-256 of a regular file's content; None where it cannot be read."""
    with Walk() as directories:
        try:
            return digest_of(path, directories=directories)
        except OSError:
            return None


def proposer(who: Person, provider: str | None) -> Proposer:
    """The model if a key is configured, else the recipes; or the one asked for.

    Raises SettingsProblem, and ProposalUnavailable if the model is asked for and
    there is no key.
    """
    if provider == "recipes":
        return _recipes(who)
    options = model_options()
    local = "://127.0.0.1" in options.base_url or "://localhost" in options.base_url
    if options.key is None and not (provider == "openrouter" and local):
        if provider == "openrouter":
            raise ProposalUnavailable(
                "No key for a model is configured.",
                not_done="No model was asked, and nothing ran.",
                remedy="Set OPENROUTER_API_KEY in the environment or in .env, or store"
                " it in the keyring (service linara-agent, name openrouter); or use"
                " `--provider recipes`.",
            )
        return _recipes(who)
    from linara_agent.openrouter.proposer import OpenRouterProposer

    return OpenRouterProposer(options)


def model_options() -> "Options":
    """The settings as the client takes them. Raises SettingsProblem."""
    from linara_agent.openrouter.options import Options
    from linara_agent.settings.model import model_settings

    settings = model_settings()
    return Options(
        key=settings.key,
        model=settings.model,
        base_url=settings.base_url,
        total_s=settings.deadline_s,
        data_collection="deny" if settings.data_collection == "deny" else "allow",
    )


def _recipes(who: Person) -> Proposer:
    from linara_agent.recipes.book import RecipeBook

    temp = who.environment.get("TMPDIR", "")
    absolute = temp if temp.startswith("/") else "/tmp"  # noqa: S108 — the default
    return RecipeBook(user=who.caller.name, temp=absolute)


def checks(who: Person, progress: Progress) -> Iterator[Check]:
    """Everything that `doctor` tries, in the order of the main path."""
    yield diagnosis.python()
    try:
        chosen = who.environment.get("LINARA_POLICY") or "default"
        gate = load_gate(chosen, who=who)
        yield from diagnosis.parsers(gate)
        yield diagnosis.policy(gate, place_here(who))
    except LinaraError as error:
        detail, remedy = error.what, error.remedy
        yield Check(name="policy", ok=False, detail=detail, remedy=remedy)
    yield from _sandbox_checks(who, progress)
    yield diagnosis.applies(unfinished(who.directories.state / "plans"))
    yield diagnosis.journal(journal_of(who), run=fresh_id())
    yield from _model_checks(progress)


def _sandbox_checks(who: Person, progress: Progress) -> Iterator[Check]:
    from linara_agent.docker_sandbox.probe import probe

    with progress.step("trying the sandbox"):
        yield from probe(premises(who), who.caller, run=fresh_id())


def _model_checks(progress: Progress) -> Iterator[Check]:
    from linara_agent.openrouter.check import check

    try:
        options = model_options()
    except LinaraError as error:
        yield Check(name="model", ok=False, detail=error.what, remedy=error.remedy)
        return
    with progress.step("asking the model's server"):
        for found in check(options):
            # Without a key `do` asks nobody: the recipes answer.
            required = found.required and options.key is not None
            yield replace(found, required=required)


def audit_runs(who: Person) -> Iterator[dict[str, Json]]:
    """Runs as JSON, newest first; a line that cannot be read has a `problem`."""
    from linara_agent.journal.query import RunSummary, runs

    for one in runs(who.directories.state):
        if isinstance(one, RunSummary):
            yield {name: getattr(one, name) for name in RunSummary.__slots__}
        else:
            yield {"problem": _unreadable(one)}


def audit_records(who: Person, reference: str) -> Iterator[dict[str, Json]]:
    """The records of a run as JSON. Raises UsageProblem."""
    from linara_agent.journal.query import find_run, records
    from linara_agent.journal.read import Unreadable

    state = who.directories.state
    for one in records(state, find_run(state, reference)):
        if isinstance(one, Unreadable):
            yield {"event": "unreadable", "problem": _unreadable(one)}
        else:
            head: dict[str, Json] = {
                "seq": one.seq,
                "time": one.time,
                "run": one.run,
                "event": one.event,
            }
            yield {**head, **one.fields}


def _unreadable(line: "Unreadable") -> str:
    return f"{line.size} bytes at {line.offset} are no record; see `audit verify`"


def audit_verify(who: Person) -> "Intact | Broken":
    from linara_agent.journal.verify import verify

    return verify(who.directories.state)
