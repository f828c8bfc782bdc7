"""The person's (or the policy's) answer, and the permission it gives.

Only this module makes an `Approved`, and the functions of `host` take nothing
else: that nothing unreviewed touches the host is a matter of types.
"""

from dataclasses import dataclass
from enum import StrEnum

from linara_agent.core.decision import Decision
from linara_agent.core.plan import Plan


class Way(StrEnum):
    """The one thing an approval permits."""

    APPLY = "apply"
    RERUN = "rerun"
    UNDO = "undo"
    RECOVER = "recover"


class Answer(StrEnum):
    APPROVED = "approved"
    DECLINED = "declined"
    UNANSWERED = "unanswered"


class By(StrEnum):
    """Who answered."""

    PERSON = "person"
    POLICY = "policy"


_MAKER = object()


@dataclass(frozen=True, slots=True)
class Approved:
    """Permission for one way to the host, for exactly one plan (by its digest)."""

    way: Way
    plan: str
    script: str
    by: By
    _maker: object

    def __post_init__(self) -> None:
        if self._maker is not _MAKER:
            raise TypeError("only a review makes an approval")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why this review cannot approve."""

    reason: str


def approve(plan: Plan, *, way: Way, by: By) -> Approved | Refused:
    """Make the permission, if the plan is whole and its verdict lets `by` give it."""
    decision = plan.verdict.decision
    if plan.digest != plan.computed_digest():
        return Refused(reason="the plan is not the one that was sealed")
    if plan.preview.digest != plan.proposal.digest:
        return Refused(reason="the preview is of another text")
    if decision is Decision.DENY:
        return Refused(reason="the policy denies it")
    if by is By.POLICY and decision is not Decision.ALLOW:
        return Refused(reason="the policy asks for a person's review")
    if way not in (Way.APPLY, Way.RERUN):
        return Refused(reason=f"a preview is no ground for {way}")
    return Approved(way, plan.digest, plan.proposal.digest, by, _MAKER)


def approve_recovery(plan: Plan, *, by: By) -> Approved | Refused:
    """Permission to take a crashed apply of this plan back, or on to its end.

    It needs no verdict: it leads only to what was there before or was approved.
    """
    if plan.digest != plan.computed_digest():
        return Refused(reason="the plan is not the one that was sealed")
    return Approved(Way.RECOVER, plan.digest, plan.proposal.digest, by, _MAKER)
