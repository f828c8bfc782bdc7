"""Small stand-ins for the ports, for tests of the flow alone.

All of them write what happens into one list, so that a test sees the order: the
journal's records as they are named, everything else as `PORT: what it did`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from linara_agent.core.attempt import Attempt
from linara_agent.core.change import Change, ChangeKind, FileType, PathState
from linara_agent.core.intent import Intent
from linara_agent.core.passage import Applied, Passage
from linara_agent.core.plan import Plan, PlanState
from linara_agent.core.policy.verdict import Finding
from linara_agent.core.preview import Outcome, Preview
from linara_agent.core.proposal import Origin, Proposal
from linara_agent.core.record import Event, Record
from linara_agent.core.review import Answer, Approved, Way
from linara_agent.core.sandbox_plan import SandboxPlan
from linara_agent.errors import JournalUnavailable, PlanProblem
from linara_agent.ports import Reviewed

Happened = list[str]
GOOD = Outcome(exit=0, signal=None, stdout=b"", stderr=b"")


def created(path: str) -> Change:
    after = PathState(
        type=FileType.FILE, size=0, mode=0o644, uid=1000, gid=1000, mtime_ns=1
    )
    return Change(path=path, kind=ChangeKind.CREATED, before=None, after=after)


def deleted(path: str) -> Change:
    one = created(path)
    return replace(one, kind=ChangeKind.DELETED, before=one.after, after=None)


@dataclass(slots=True)
class FakeClock:
    def now(self) -> float:
        return 1_800_000_000.0


@dataclass(slots=True)
class FakeJournal:
    """Keeps records; cannot write the one whose number is `broken_at`."""

    happened: Happened
    records: list[Record] = field(default_factory=list)
    broken_at: int | None = None

    def write(self, record: Record) -> None:
        if self.broken_at is not None and len(self.records) >= self.broken_at:
            self.happened.append("journal: failed")
            raise JournalUnavailable(
                "The disk is full.", not_done="Nothing.", remedy="Make room."
            )
        self.records.append(record)
        self.happened.append(str(record.event))

    def of(self, event: Event) -> Record:
        """The last record of that name."""
        return [one for one in self.records if one.event is event][-1]


@dataclass(slots=True)
class FakeProposer:
    happened: Happened
    text: str

    def propose(
        self, intent: Intent, attempts: tuple[Attempt, ...] = ()
    ) -> tuple[Proposal, ...]:
        del attempts
        self.happened.append(f"proposer: {intent.words}")
        return (Proposal(text=self.text, origin=Origin.MODEL, source="a-model"),)


@dataclass(slots=True)
class FakeTwin:
    """Stands by until it is run or discarded; then it is over."""

    sandbox: "FakeSandbox"
    over: bool = False

    def run(self, plan: SandboxPlan, *, digest: str, blobs: Path) -> Preview:
        del blobs
        assert not self.over
        self.sandbox.happened.append(f"sandbox: {plan.text}")
        self.sandbox.plans.append(plan)
        sandbox = self.sandbox
        if sandbox.failure is not None and len(sandbox.plans) > sandbox.good_before:
            raise sandbox.failure
        self.over = True
        return Preview(
            digest=digest,
            view="twin",
            outcome=self.sandbox.outcome,
            changes=self.sandbox.changes,
            findings=self.sandbox.findings,
        )

    def discard(self) -> None:
        self.over = True


@dataclass(slots=True)
class FakeSandbox:
    """Every preview ends the same way: `outcome`, `changes`, `findings`, or by
    `failure`, after `good_before` of them.
    """

    happened: Happened
    good_before: int = 0
    outcome: Outcome = GOOD
    changes: tuple[Change, ...] = ()
    findings: tuple[Finding, ...] = ()
    failure: BaseException | None = None
    left: int = 0
    plans: list[SandboxPlan] = field(default_factory=list)
    twins: list[FakeTwin] = field(default_factory=list)
    begun_after: list[str] = field(default_factory=list)

    def prepare(self, plan: SandboxPlan) -> FakeTwin:
        assert plan.text == ""
        self.begun_after.append(self.happened[-1])
        self.twins.append(FakeTwin(self))
        return self.twins[-1]

    def reap(self) -> int:
        return self.left


@dataclass(slots=True)
class FakePlans:
    happened: Happened
    saved: dict[str, Plan] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)
    held: list[str] = field(default_factory=list)

    def new(self, id: str) -> Path:
        self.begun.add(id)
        return Path("/nonexistent") / id

    def save(self, plan: Plan) -> None:
        self.saved[plan.id] = plan

    def discard(self, id: str) -> None:
        self.begun.discard(id)
        self.saved.pop(id, None)

    def load(self, reference: str) -> Plan:
        return self.saved[reference]

    def blobs(self, plan: Plan) -> Path:
        return Path("/nonexistent") / plan.id

    def mark(self, plan: Plan, state: PlanState) -> None:
        now = self.saved.get(plan.id, plan)
        if now.state is PlanState.APPLIED:
            raise PlanProblem("Applied.", not_done="Nothing.", remedy="Make another.")
        self.saved[plan.id] = replace(now, state=state)
        self.happened.append(f"plans: {state}")

    @contextmanager
    def hold(self, plan: Plan) -> Iterator[Plan]:
        self.held.append(plan.id)
        yield replace(plan, state=self.saved.get(plan.id, plan).state)

    def list(self) -> Iterator[Plan]:
        yield from self.saved.values()


@dataclass(slots=True)
class FakeHost:
    """Both ways to the host, and the way back."""

    happened: Happened
    outcome: Outcome = GOOD
    failure: BaseException | None = None
    approvals: list[Approved] = field(default_factory=list)

    def apply(self, approved: Approved, plan: Plan, *, blobs: Path) -> Applied:
        del blobs
        self._act("host: apply", approved)
        return Applied(paths=len(plan.preview.effective))

    def rerun(self, approved: Approved, plan: Plan) -> Outcome:
        self._act(f"host: rerun {plan.proposal.text}", approved)
        return self.outcome

    def recover(
        self, approved: Approved, plan: Plan, *, blobs: Path
    ) -> tuple[str, int]:
        del plan, blobs
        self._act("host: recover", approved)
        return "rolled back", 2

    def _act(self, what: str, approved: Approved) -> None:
        self.happened.append(what)
        self.approvals.append(approved)
        if self.failure is not None:
            raise self.failure


@dataclass(slots=True)
class FakeReviewer:
    """Gives its answers in order; what it was asked is kept."""

    happened: Happened
    answers: list[Reviewed]
    asked: list[tuple[Way, ...]] = field(default_factory=list)
    choices: list[int | BaseException | None] = field(default_factory=list)

    def review(self, plan: Plan, *, ways: tuple[Way, ...]) -> Reviewed:
        self.happened.append(f"reviewer: {plan.proposal.text}")
        self.asked.append(ways)
        return self.answers.pop(0)

    def choose(self, candidates: tuple[Passage, ...], *, of: int) -> int | None:
        shown = f" ({len(candidates)} shown)" if len(candidates) > of else ""
        self.happened.append(f"reviewer: {of} to choose from{shown}")
        choice = self.choices.pop(0)
        if isinstance(choice, BaseException):
            raise choice
        return choice


APPLY = Reviewed(answer=Answer.APPROVED, way=Way.APPLY)
RERUN = Reviewed(answer=Answer.APPROVED, way=Way.RERUN)
DECLINE = Reviewed(answer=Answer.DECLINED)
NO_ANSWER = Reviewed(answer=Answer.UNANSWERED)
