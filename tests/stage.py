"""A house of fakes on which a test plays the flow, and what happened in it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from linara_agent.cli.exit_codes import code_of
from linara_agent.cli.passage import exit_of
from linara_agent.core.change import PathState
from linara_agent.core.gate import Gate
from linara_agent.core.intent import Intent
from linara_agent.core.next_step import Mode
from linara_agent.core.passage import Passage
from linara_agent.core.plan import Plan
from linara_agent.core.record import Event
from linara_agent.core.sandbox_plan import Caller, SandboxPlan
from linara_agent.errors import (
    LinaraError,
)
from linara_agent.flow import carry
from linara_agent.house import House
from linara_agent.ports import Reviewed, Source
from linara_agent.wiring.person import place_of
from tests.fakes import (
    FakeClock,
    FakeHost,
    FakeJournal,
    FakePlans,
    FakeProposer,
    FakeReviewer,
    FakeSandbox,
    Happened,
    created,
)

CWD, HOME = "/srv/project", "/home/ada"
TOUCH, MADE = "touch x", f"{CWD}/x"
INTENT = Intent(words="make x", cwd=CWD, home=HOME)


def failure(kind: type[LinaraError]) -> LinaraError:
    return kind("It broke.", not_done="Nothing ran.", remedy="Mend it.")


def journaled(happened: list[str]) -> list[str]:
    return [one for one in happened if ": " not in one]


@dataclass(slots=True)
class Stage:
    """A house of fakes, and what happened in it."""

    gate: Gate
    happened: Happened = field(default_factory=list)
    mode: Mode = Mode.TERMINAL
    state_of: Callable[[str], PathState | None] = lambda _: None
    journal: FakeJournal = field(init=False)
    sandbox: FakeSandbox = field(init=False)
    plans: FakePlans = field(init=False)
    host: FakeHost = field(init=False)
    reviewer: FakeReviewer = field(init=False)

    def __post_init__(self) -> None:
        self.journal = FakeJournal(self.happened)
        self.sandbox = FakeSandbox(self.happened, changes=(created(MADE),))
        self.plans = FakePlans(self.happened)
        self.host = FakeHost(self.happened)
        self.reviewer = FakeReviewer(self.happened, [])

    @property
    def house(self) -> House:
        ids = count(1)
        caller = Caller(uid=1000, gid=1000, groups=(1000,), name="ada", home=HOME)
        return House(
            gate=self.gate,
            place=place_of(cwd=CWD, home=HOME, user="ada", top=None),
            sandbox_plan=SandboxPlan(
                run="the-run", text="", caller=caller, cwd=CWD, environment=(),
                umask=0o022, hostname="here", script_file=f"{CWD}/s.sh",
            ),
            sandbox=self.sandbox,
            journal=self.journal,
            plans=self.plans,
            applier=self.host,
            rerunner=self.host,
            recoverer=self.host,
            reviewer=self.reviewer,
            clock=FakeClock(),
            mode=self.mode,
            state_of=self.state_of,
            digest_of=lambda _: None,
            fresh_id=lambda: f"plan-{next(ids)}",
            exit_of=exit_of,
            failure_of=code_of,
        )  # fmt: skip

    def carry(self, text: str = TOUCH, *answers: Reviewed) -> Passage:
        self.reviewer.answers = list(answers)
        proposer = FakeProposer(self.happened, text)
        source = Source(propose=lambda attempts: proposer.propose(INTENT, attempts))
        return carry(self.house, source, intent=INTENT.words)

    @property
    def acts(self) -> list[str]:
        """What was done besides writing records."""
        return [one for one in self.happened if ": " in one]

    @property
    def ended(self) -> dict[str, Any]:
        return dict(self.journal.of(Event.RUN_ENDED).fields)


def saved(stage: Stage) -> Plan:
    """A plan as an earlier run left it."""
    stage.mode = Mode.NO_INPUT
    passage = stage.carry()
    assert passage.plan is not None
    stage.happened.clear()
    stage.journal.records.clear()
    return passage.plan
