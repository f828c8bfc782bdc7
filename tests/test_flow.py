"""The flow alone: journal first, sandbox next, and the host only by an approval."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import pytest

from linara_agent.cli.exit_codes import code_of
from linara_agent.cli.passage import exit_of
from linara_agent.core.change import Change, PathState
from linara_agent.core.gate import Gate
from linara_agent.core.intent import Intent
from linara_agent.core.next_step import Mode
from linara_agent.core.plan import Plan, PlanState
from linara_agent.core.preview import Outcome
from linara_agent.core.proposal import Origin, Proposal
from linara_agent.core.record import Event
from linara_agent.core.review import By, Way
from linara_agent.core.sandbox_plan import Caller, SandboxPlan
from linara_agent.errors import (
    ApplyFailed,
    JournalUnavailable,
    LinaraError,
    PlanProblem,
    ProposalUnavailable,
    SandboxUnavailable,
    StalePlan,
)
from linara_agent.flow import (
    Ending,
    House,
    Passage,
    carry,
    carry_out_plan,
    recover_plan,
)
from linara_agent.ports import Reviewed
from linara_agent.wiring import load_gate, place_of
from tests.fakes import (
    APPLY,
    DECLINE,
    GOOD,
    NO_ANSWER,
    RERUN,
    FakeClock,
    FakeHost,
    FakeJournal,
    FakePlans,
    FakeProposer,
    FakeReviewer,
    FakeSandbox,
    Happened,
    created,
    deleted,
)

CWD, HOME = "/srv/project", "/home/ada"
TOUCH, MADE = "touch x", f"{CWD}/x"
INTENT = Intent(words="make x", cwd=CWD, home=HOME)
BEFORE_THE_SANDBOX = [
    "run started",
    "propose before",
    "proposer: make x",
    "propose after",
    "read",
    "resolved",
    "judged",
    "sandbox planned",
    "preview before",
]
AFTER_THE_SANDBOX = ["preview after", "measured", "final verdict"]
REVIEWED = ["plan saved", "review before", f"reviewer: {TOUCH}", "review after"]
WHOLE = [
    *BEFORE_THE_SANDBOX,
    f"sandbox: {TOUCH}",
    *AFTER_THE_SANDBOX,
    *REVIEWED,
    "apply before",
    "host: apply",
    "plans: applied",
    "apply after",
    "run ended",
]
"""A run that is approved and applied, as the journal and the ports saw it."""


@pytest.fixture(scope="module")
def default() -> Gate:
    return load_gate("default")


@pytest.fixture(scope="module")
def automation() -> Gate:
    return load_gate("automation")


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
            fresh_id=lambda: f"plan-{next(ids)}",
            exit_of=exit_of,
            failure_of=code_of,
        )  # fmt: skip

    def carry(self, text: str = TOUCH, *answers: Reviewed) -> Passage:
        self.reviewer.answers = list(answers)
        proposer = FakeProposer(self.happened, text)
        return carry(self.house, lambda: proposer.propose(INTENT), intent=INTENT.words)

    @property
    def acts(self) -> list[str]:
        """What was done besides writing records."""
        return [one for one in self.happened if ": " in one]

    @property
    def ended(self) -> dict[str, Any]:
        return dict(self.journal.of(Event.RUN_ENDED).fields)


@pytest.fixture
def stage(default: Gate) -> Stage:
    return Stage(default)


def test_each_step_is_in_the_journal_before_it_acts(stage: Stage):
    """An approved run is journaled before and after everything it does, in order."""
    passage = stage.carry(TOUCH, APPLY)

    assert stage.happened == WHOLE
    assert (passage.ending, stage.ended) == (
        Ending.APPLIED,
        {"ended": "applied", "exit": 0},
    )
    assert {record.run for record in stage.journal.records} == {"the-run"}


def test_what_acts_is_durable_first(stage: Stage):
    """Every record right before an act, and the last one, is on disk by then."""
    stage.carry(TOUCH, APPLY)

    records = iter(stage.journal.records)
    lazy = []
    durable = False
    for one in stage.happened:
        if ": " not in one:
            durable = next(records).durable
        elif one.startswith(("sandbox", "reviewer", "host")) and not durable:
            lazy.append(one)
    assert lazy == []
    assert stage.journal.records[-1].durable


def journaled(happened: list[str]) -> list[str]:
    return [one for one in happened if ": " not in one]


@pytest.mark.parametrize("number", range(len(journaled(WHOLE))))
def test_when_the_journal_fails_nothing_more_happens(stage: Stage, number: int):
    """Whichever record cannot be written: no sandbox, no question, no host after it."""
    stage.journal.broken_at = number
    with pytest.raises(JournalUnavailable):
        stage.carry(TOUCH, APPLY)

    failed = stage.happened.index("journal: failed")
    expected = journaled(WHOLE)[number]
    assert stage.happened[:failed] == WHOLE[: WHOLE.index(expected)]
    assert [one for one in stage.happened[failed:] if one != "journal: failed"] == []


CARRIED = ["run started", "final verdict"]
APPLIED = [*CARRIED, "apply before", "host: apply", "plans: applied", "apply after"]
RERAN = [
    *CARRIED,
    "rerun before",
    "plans: applied",
    f"host: rerun {TOUCH}",
    "rerun after",
    "compared",
]


@pytest.mark.parametrize(
    ("way", "whole"), [(Way.APPLY, APPLIED), (Way.RERUN, RERAN)], ids=str
)
def test_when_the_journal_fails_no_plan_is_carried_out(
    stage: Stage, way: Way, whole: list[str]
):
    """`apply` and `rerun` stop at the first record that cannot be written."""
    plan = saved(stage)
    carry_out_plan(stage.house, plan, way=way)
    assert stage.happened == [*whole, "run ended"]

    for record in journaled(stage.happened):
        stage.happened.clear()
        stage.journal.records.clear()
        stage.plans.saved[plan.id] = plan
        stage.journal.broken_at = journaled([*whole, "run ended"]).index(record)
        with pytest.raises(JournalUnavailable):
            carry_out_plan(stage.house, plan, way=way)
        reached = [*whole, "run ended"].index(record)
        assert stage.happened == [*whole[:reached], "journal: failed"]


def saved(stage: Stage) -> Plan:
    """A plan as an earlier run left it."""
    stage.mode = Mode.NO_INPUT
    passage = stage.carry()
    assert passage.plan is not None
    stage.happened.clear()
    stage.journal.records.clear()
    return passage.plan


@pytest.mark.parametrize("mode", Mode)
def test_a_denied_command_reaches_no_sandbox(stage: Stage, mode: Mode):
    """Denied by reading: nothing runs anywhere, and the refusal is journaled."""
    stage.mode = mode
    passage = stage.carry("rm -rf ~")

    assert passage.ending is Ending.DENIED
    assert stage.acts == ["proposer: make x"]
    assert stage.journal.of(Event.PROPOSE_AFTER).fields["text"] == "rm -rf ~"
    assert stage.journal.of(Event.JUDGED).fields["decision"] == "deny"
    assert stage.ended == {"ended": "denied", "exit": 11}


@pytest.mark.parametrize("mode", Mode)
def test_a_denied_change_reaches_no_host(stage: Stage, mode: Mode):
    """What only the preview showed is judged too: denied, nobody is asked."""
    stage.mode = mode
    stage.sandbox.changes = (deleted("/etc/passwd"),)
    passage = stage.carry("python3 tidy.py", APPLY)

    assert passage.ending is Ending.DENIED
    assert stage.acts == ["proposer: make x", "sandbox: python3 tidy.py"]
    assert stage.journal.of(Event.FINAL).fields["decision"] == "deny"
    assert stage.ended == {"ended": "denied", "exit": 11}
    assert (stage.plans.saved, stage.plans.begun) == ({}, set())


@pytest.mark.parametrize(
    ("answer", "ending", "code", "state"),
    [
        (DECLINE, Ending.DECLINED, 12, PlanState.DECLINED),
        (NO_ANSWER, Ending.SAVED, 10, PlanState.OPEN),
        (Reviewed(answer=APPLY.answer, way=None), Ending.SAVED, 10, PlanState.OPEN),
    ],
    ids=["declined", "unanswered", "no way chosen"],
)
def test_without_an_approval_the_host_is_untouched(
    stage: Stage, answer: Reviewed, ending: Ending, code: int, state: PlanState
):
    """Only a clear yes with a way leads to the host; the plan keeps what was said."""
    passage = stage.carry(TOUCH, answer)

    assert passage.ending is ending
    assert [one for one in stage.acts if one.startswith("host")] == []
    assert [plan.state for plan in stage.plans.list()] == [state]
    assert stage.ended["exit"] == code


def test_nobody_is_asked_where_nobody_is(stage: Stage):
    """Without input a plan is left, and the reviewer is not called."""
    stage.mode = Mode.NO_INPUT
    passage = stage.carry()

    assert (passage.ending, stage.reviewer.asked) == (Ending.SAVED, [])
    assert stage.happened[-2:] == ["plan saved", "run ended"]


def test_unattended_the_policy_approves_only_what_it_allows(
    default: Gate, automation: Gate
):
    """Allowed changes are applied by the policy; reviewed or surprising ones wait."""
    endings = []
    for gate, changes in (
        (default, (created(MADE),)),
        (automation, (created(MADE),)),
        (automation, (created(MADE), created(f"{CWD}/surprise"))),
    ):
        stage = Stage(gate, mode=Mode.UNATTENDED)
        stage.sandbox.changes = changes
        endings.append(stage.carry().ending)
        assert stage.reviewer.asked == []
        by = {approved.by for approved in stage.host.approvals}
        assert by == ({By.POLICY} if endings[-1] is Ending.APPLIED else set())

    assert endings == [Ending.SAVED, Ending.APPLIED, Ending.SAVED]


def test_an_answer_leaves_no_plan(stage: Stage):
    """A preview that changed nothing is the answer; nothing is saved or asked."""
    stage.sandbox.changes = ()
    passage = stage.carry("cat README.md")

    assert passage.ending is Ending.ANSWERED
    assert (stage.plans.saved, stage.plans.begun, stage.reviewer.asked) == (
        {},
        set(),
        [],
    )


def test_a_rerun_is_marked_before_and_compared_after(stage: Stage):
    """A text is used up before it starts, and its result is held to the preview."""
    passage = stage.carry(TOUCH, RERUN)

    assert stage.happened[-6:] == [
        "rerun before",
        "plans: applied",
        f"host: rerun {TOUCH}",
        "rerun after",
        "compared",
        "run ended",
    ]
    assert passage.differences == (f"{MADE} is gone",)
    assert stage.ended == {"ended": "rerun", "exit": 14}


def test_a_rerun_that_did_what_was_shown_is_done(stage: Stage):
    """Same changes and same exit: no difference, and the command's own exit code."""
    stage.state_of = lambda _: created(MADE).after
    for status, code in ((0, 0), (3, 1)):
        outcome = replace(GOOD, exit=status)
        stage.sandbox.outcome = stage.host.outcome = outcome
        assert stage.carry(TOUCH, RERUN).differences == ()
        assert stage.ended["exit"] == code


def test_an_edited_text_goes_the_whole_way(stage: Stage):
    """It is proposed, judged, previewed and reviewed anew, and is no script file."""
    edited = Reviewed(answer=NO_ANSWER.answer, text="touch y")
    proposal = Proposal(text=TOUCH, origin=Origin.FILE, source="s.sh")
    stage.reviewer.answers = [edited, DECLINE]
    passage = carry(stage.house, lambda: proposal, intent=None)

    assert passage.proposal.text == "touch y"
    assert stage.acts == [
        f"sandbox: {TOUCH}",
        f"reviewer: {TOUCH}",
        "plans: declined",
        "sandbox: touch y",
        "reviewer: touch y",
        "plans: declined",
    ]
    assert [plan.script_file for plan in stage.sandbox.plans] == [f"{CWD}/s.sh", None]
    answers = [
        record.fields["answer"]
        for record in stage.journal.records
        if record.event is Event.REVIEW_AFTER
    ]
    assert answers == ["edited", "declined"]


def test_an_edited_text_can_be_denied(stage: Stage):
    """The second text has no credit from the first."""
    edited = Reviewed(answer=NO_ANSWER.answer, text="rm -rf ~")
    passage = stage.carry(TOUCH, edited)

    assert passage.ending is Ending.DENIED
    assert stage.acts.count("sandbox: rm -rf ~") == 0


def failure(kind: type[LinaraError]) -> LinaraError:
    return kind("It broke.", not_done="Nothing ran.", remedy="Mend it.")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (failure(SandboxUnavailable), 21),
        (KeyboardInterrupt(), 130),
        (ZeroDivisionError("ours"), 3),
    ],
    ids=repr,
)
def test_a_preview_that_breaks_is_journaled_and_leaves_no_plan(
    stage: Stage, error: BaseException, code: int
):
    """The failure and its exit code are on disk; what was begun is taken away."""
    stage.sandbox.failure = error
    with pytest.raises(type(error)):
        stage.carry(TOUCH, APPLY)

    assert stage.happened[-2:] == ["failed", "run ended"]
    assert stage.ended == {"ended": "failed", "exit": code}
    assert (stage.plans.saved, stage.plans.begun) == ({}, set())
    assert [one for one in stage.acts if one.startswith("host")] == []


def test_a_proposal_that_fails_is_journaled(stage: Stage):
    """No proposal: nothing was judged or run, and the reason is on disk."""

    def propose() -> Proposal:
        raise failure(ProposalUnavailable)

    with pytest.raises(ProposalUnavailable):
        carry(stage.house, propose, intent="make x")

    assert stage.happened == ["run started", "propose before", "failed", "run ended"]
    assert stage.journal.of(Event.RUN_STARTED).fields["intent"] == "make x"
    assert stage.journal.of(Event.FAILED).fields["what"] == "It broke."
    assert stage.ended["exit"] == 20


def test_what_dead_runs_left_is_reaped_and_told(stage: Stage):
    """Reaping comes after the first record, and is one itself if it found something."""
    stage.sandbox.left = 3
    stage.carry("rm -rf ~")

    assert stage.happened[:2] == ["run started", "reaped"]
    assert stage.journal.of(Event.REAPED).fields == {"things": 3}


@pytest.mark.parametrize("way", [Way.APPLY, Way.RERUN])
def test_a_named_plan_is_carried_out(stage: Stage, way: Way):
    """Naming a plan approves it, for one way, by a person; its text is journaled."""
    plan = saved(stage)
    carry_out_plan(stage.house, plan, way=way)

    (approved,) = stage.host.approvals
    assert (approved.way, approved.plan, approved.by) == (way, plan.digest, By.PERSON)
    assert stage.plans.saved[plan.id].state is PlanState.APPLIED
    assert stage.plans.held == [plan.id]
    assert stage.journal.of(Event.RUN_STARTED).fields["command"] == TOUCH


@pytest.mark.parametrize("way", [Way.APPLY, Way.RERUN])
def test_an_altered_plan_reaches_no_host(stage: Stage, way: Way):
    """A plan that is not the one that was sealed is refused, and that is journaled."""
    plan = saved(stage)
    other = replace(plan, proposal=replace(plan.proposal, text="touch y"))
    for altered in (other, replace(plan, digest=""), other.sealed()):
        with pytest.raises(PlanProblem):
            carry_out_plan(stage.house, altered, way=way)
        assert stage.ended == {"ended": "failed", "exit": 2}

    assert stage.host.approvals == []


@pytest.mark.parametrize(
    "state", [PlanState.APPLIED, PlanState.DECLINED, PlanState.EXPIRED]
)
def test_a_plan_that_is_used_up_is_refused_in_the_journal(
    stage: Stage, state: PlanState
):
    """A second apply reaches no host, and the refusal is on disk."""
    plan = saved(stage)
    stage.plans.saved[plan.id] = replace(plan, state=state)
    for way in (Way.APPLY, Way.RERUN):
        with pytest.raises(PlanProblem, match=str(state)):
            carry_out_plan(stage.house, plan, way=way)
        assert stage.happened[-2:] == ["failed", "run ended"]
        assert stage.ended == {"ended": "failed", "exit": 2}

    assert stage.host.approvals == []


def test_a_plan_from_elsewhere_is_judged_here(stage: Stage, automation: Gate):
    """What this machine's policy denies stays denied, however the plan was judged."""
    stage.sandbox.changes = (deleted("/etc/passwd"),)
    lenient = replace(stage.gate.policy, rules=())
    stage.gate = replace(stage.gate, policy=lenient)
    plan = saved(stage)

    stage.gate = automation
    passage = carry_out_plan(stage.house, plan, way=Way.APPLY)

    assert passage.ending is Ending.DENIED
    assert stage.ended == {"ended": "denied", "exit": 11}
    assert stage.host.approvals == []


@pytest.mark.parametrize(
    ("error", "code"), [(failure(StalePlan), 13), (failure(ApplyFailed), 15)], ids=repr
)
def test_an_apply_that_fails_is_journaled(stage: Stage, error: LinaraError, code: int):
    """The record says so, and the plan is not marked as applied."""
    plan = saved(stage)
    stage.host.failure = error
    with pytest.raises(type(error)):
        carry_out_plan(stage.house, plan, way=Way.APPLY)

    assert stage.happened == [
        *CARRIED,
        "apply before",
        "host: apply",
        "failed",
        "run ended",
    ]
    assert stage.ended["exit"] == code
    assert stage.plans.saved[plan.id].state is PlanState.OPEN


def test_a_recovery_is_journaled_like_every_act(stage: Stage):
    """Before and after; its approval permits nothing else."""
    plan = saved(stage)

    assert recover_plan(stage.house, plan) == ("rolled back", 2)

    assert stage.happened == [
        "run started",
        "undo before",
        "host: recover",
        "undo after",
        "run ended",
    ]
    assert [approved.way for approved in stage.host.approvals] == [Way.RECOVER]


def test_a_recovery_that_fails_is_journaled(stage: Stage):
    """A run that began has an end in the journal, this one too."""
    plan = saved(stage)
    stage.host.failure = failure(ApplyFailed)
    with pytest.raises(ApplyFailed):
        recover_plan(stage.house, plan)

    assert stage.happened[-2:] == ["failed", "run ended"]
    assert stage.ended == {"ended": "failed", "exit": 15}


def test_the_approval_is_of_what_was_previewed(stage: Stage):
    """The host gets the digest of the very plan that was shown."""
    passage = stage.carry(TOUCH, APPLY)

    (approved,) = stage.host.approvals
    assert passage.plan is not None
    assert passage.preview is not None
    assert approved.plan == passage.plan.digest
    assert approved.script == passage.preview.digest == passage.proposal.digest
    assert stage.reviewer.asked == [(Way.APPLY, Way.RERUN)]


def test_a_change_that_cannot_be_copied_is_not_offered(stage: Stage):
    """A masked path leaves rerun alone as a way."""
    masked: Change = replace(created(MADE), masked=True)
    stage.sandbox.changes = (masked,)
    stage.carry(TOUCH, DECLINE)

    assert stage.reviewer.asked == [(Way.RERUN,)]


def test_a_script_that_hit_a_limit_is_no_answer(stage: Stage):
    """What was cut short saw less than all, so a person decides."""
    stage.sandbox.changes = ()
    stage.sandbox.outcome = Outcome(
        exit=None, signal=9, stdout=b"half", stderr=b"", limits=("time",)
    )
    passage = stage.carry("cat README.md", NO_ANSWER)

    assert passage.ending is Ending.SAVED
