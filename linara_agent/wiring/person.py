"""Who calls, where, and what of theirs every command needs."""

import os
import pwd
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from linara_agent import judging
from linara_agent.core.effects.place import Place, workspace_of
from linara_agent.core.gate import Gate, Reader
from linara_agent.core.policy.match import Policy
from linara_agent.core.sandbox_plan import (
    Caller,
)
from linara_agent.host import place as host_place
from linara_agent.parsers.both import BothParsers
from linara_agent.plans.store import PlanStore
from linara_agent.ports import Journal
from linara_agent.rulebook import load_catalogue
from linara_agent.settings.directories import Directories
from linara_agent.settings.layer_files import Ground

if TYPE_CHECKING:
    pass


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
