"""The flow alone: journal first, sandbox next, and the host only by an approval."""

from dataclasses import replace

import pytest

from linara_agent.core.change import Change
from linara_agent.core.gate import Gate
from linara_agent.core.next_step import Mode
from linara_agent.core.passage import Ending
from linara_agent.core.plan import PlanState
from linara_agent.core.preview import Outcome
from linara_agent.core.proposal import Origin, Proposal
from linara_agent.core.record import Event
from linara_agent.core.review import By, Way
from linara_agent.errors import (
    JournalUnavailable,
    ProposalUnavailable,
    SandboxUnavailable,
    StalePlan,
)
from linara_agent.flow import carry
from linara_agent.ports import Reviewed, Source
from linara_agent.wiring.person import load_gate
from tests.fakes import (
    APPLY,
    DECLINE,
    GOOD,
    NO_ANSWER,
    RERUN,
    created,
    deleted,
)
from tests.stage import CWD, MADE, TOUCH, Stage, failure, journaled

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
    assert passage.differences == (f"{MADE} was not made",)
    assert stage.ended == {"ended": "rerun", "exit": 14}


def test_a_rerun_that_did_what_was_shown_is_done(stage: Stage):
    """Same changes and same exit: no difference, and the command's own exit code."""
    ran = f"host: rerun {TOUCH}"
    made = created(MADE).after
    stage.state_of = lambda _: made if ran in stage.happened else None
    for status, code in ((0, 0), (3, 1)):
        outcome = replace(GOOD, exit=status)
        stage.sandbox.outcome = stage.host.outcome = outcome
        stage.happened.clear()
        assert stage.carry(TOUCH, RERUN).differences == ()
        assert stage.ended["exit"] == code


def test_a_rerun_on_another_ground_than_the_preview_is_refused(stage: Stage):
    """A path that appeared since stops the rerun before it starts, and is journaled."""
    stage.state_of = lambda _: created(MADE).after
    with pytest.raises(StalePlan, match=MADE):
        stage.carry(TOUCH, RERUN)

    assert stage.host.approvals == []
    assert stage.happened[-3:] == ["review after", "failed", "run ended"]
    assert stage.ended["exit"] == 13


def test_an_edited_text_goes_the_whole_way(stage: Stage):
    """It is proposed, judged, previewed and reviewed anew, and is no script file."""
    edited = Reviewed(answer=NO_ANSWER.answer, text="touch y")
    proposal = Proposal(text=TOUCH, origin=Origin.FILE, source="s.sh")
    stage.reviewer.answers = [edited, DECLINE]
    passage = carry(stage.house, Source.given(proposal), intent=None)

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

    def propose(_: object) -> tuple[Proposal, ...]:
        raise failure(ProposalUnavailable)

    with pytest.raises(ProposalUnavailable):
        carry(stage.house, Source(propose=propose), intent="make x")

    assert stage.happened == ["run started", "propose before", "failed", "run ended"]
    assert stage.journal.of(Event.RUN_STARTED).fields["intent"] == "make x"
    assert stage.journal.of(Event.FAILED).fields["what"] == "It broke."
    assert stage.ended["exit"] == 20


def test_what_dead_runs_left_is_reaped_and_told(stage: Stage):
    """A run that needs the engine reaps, and that is a record if it found something."""
    stage.sandbox.left = 3
    stage.carry(TOUCH, DECLINE)

    at = stage.happened.index("reaped")
    assert stage.happened[at - 1 : at + 2] == [
        "sandbox planned",
        "reaped",
        "preview before",
    ]
    assert stage.journal.of(Event.REAPED).fields == {"things": 3}


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
