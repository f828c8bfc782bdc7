"""A saved plan on its way to the host: judged again, held, journaled, approved."""

from dataclasses import replace

import pytest

from linara_agent.core.gate import Gate
from linara_agent.core.passage import Ending
from linara_agent.core.plan import PlanState
from linara_agent.core.record import Event
from linara_agent.core.review import By, Way
from linara_agent.errors import (
    ApplyFailed,
    JournalUnavailable,
    LinaraError,
    PlanProblem,
    StalePlan,
)
from linara_agent.flow_of_plans import carry_out_plan, recover_plan
from linara_agent.wiring.person import load_gate
from tests.fakes import (
    deleted,
)
from tests.stage import TOUCH, Stage, failure, journaled, saved

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


@pytest.fixture(scope="module")
def default() -> Gate:
    return load_gate("default")


@pytest.fixture(scope="module")
def automation() -> Gate:
    return load_gate("automation")


@pytest.fixture
def stage(default: Gate) -> Stage:
    return Stage(default)


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
