"""Who may approve what."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linara_agent.core.decision import Decision
from linara_agent.core.review import (
    Approved,
    By,
    Refused,
    Way,
    approve,
    approve_recovery,
)
from tests.host.ground import make_plan


@pytest.mark.parametrize(
    ("decision", "by", "way", "reason"),
    [
        (Decision.ALLOW, By.PERSON, Way.APPLY, None),
        (Decision.ALLOW, By.PERSON, Way.RERUN, None),
        (Decision.ALLOW, By.POLICY, Way.APPLY, None),
        (Decision.ALLOW, By.POLICY, Way.RERUN, None),
        (Decision.REVIEW, By.PERSON, Way.APPLY, None),
        (Decision.REVIEW, By.PERSON, Way.RERUN, None),
        (Decision.REVIEW, By.POLICY, Way.APPLY, "person's review"),
        (Decision.REVIEW, By.POLICY, Way.RERUN, "person's review"),
        (Decision.DENY, By.PERSON, Way.APPLY, "denies"),
        (Decision.DENY, By.PERSON, Way.RERUN, "denies"),
        (Decision.DENY, By.POLICY, Way.APPLY, "denies"),
        (Decision.ALLOW, By.PERSON, Way.UNDO, "no ground"),
        (Decision.ALLOW, By.PERSON, Way.RECOVER, "no ground"),
    ],
)
def test_the_table_of_approvals(
    decision: Decision, by: By, way: Way, reason: str | None
) -> None:
    """A person may approve below deny, a policy only what it allows, and only the
    two ways to the host.
    """
    plan = make_plan(decision=decision)
    answer = approve(plan, way=way, by=by)
    if reason is None:
        assert isinstance(answer, Approved)
        assert (answer.way, answer.by) == (way, by)
        assert (answer.plan, answer.script) == (plan.digest, plan.proposal.digest)
    else:
        assert isinstance(answer, Refused)
        assert reason in answer.reason


def test_nobody_else_can_make_an_approval() -> None:
    """Building the value by hand, or changing one, is an error."""
    with pytest.raises(TypeError, match="only a review"):
        Approved(Way.APPLY, "plan", "script", By.PERSON, object())
    with pytest.raises(TypeError):
        Approved(Way.APPLY, "plan", "script", By.PERSON)  # type: ignore[call-arg]  # the point of the test


@given(digest=st.text(alphabet="0123456789abcdef", min_size=64, max_size=64))
def test_every_other_digest_is_refused(digest: str) -> None:
    """A plan that does not carry its own digest cannot be approved."""
    plan = make_plan()
    answer = approve(replace(plan, digest=digest), way=Way.APPLY, by=By.PERSON)
    assert isinstance(answer, Refused) == (digest != plan.digest)


def test_a_preview_of_another_text_is_no_ground() -> None:
    """The preview must be of exactly the proposal's text and arguments."""
    plan = make_plan(text="ls")
    for changed in (
        replace(plan.proposal, text="ls "),
        replace(plan.proposal, arguments=("x",)),
    ):
        other = replace(plan, proposal=changed).sealed()
        answer = approve(other, way=Way.APPLY, by=By.PERSON)
        assert answer == Refused(reason="the preview is of another text")


def test_a_recovery_needs_a_whole_plan_and_no_verdict() -> None:
    """A denied plan's crash can be recovered; an altered plan's cannot."""
    plan = make_plan(decision=Decision.DENY)
    answer = approve_recovery(plan, by=By.PERSON)
    assert isinstance(answer, Approved)
    assert answer.way is Way.RECOVER
    altered = replace(plan, created=1.0)
    assert isinstance(approve_recovery(altered, by=By.PERSON), Refused)
