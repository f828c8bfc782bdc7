"""That an approval is for this plan, this way and this person."""

import os

from linara_agent.core.plan import Plan
from linara_agent.core.review import Approved, Way
from linara_agent.errors import PlanProblem


def check_permission(approved: Approved, plan: Plan, *, way: Way) -> None:
    """Raises PlanProblem unless `approved` permits `way` for exactly this plan."""
    fits = (
        type(approved) is Approved
        and approved.way is way
        and approved.plan == plan.digest == plan.computed_digest()
        and approved.script == plan.proposal.digest == plan.preview.digest
    )
    if not fits:
        raise PlanProblem(
            "The approval is not for this plan and this way of carrying it out.",
            not_done="Nothing was changed.",
            remedy="Review the plan again.",
        )
    caller = plan.sandbox.caller
    if caller.uid != os.geteuid():
        raise PlanProblem(
            f"The plan was previewed for user {caller.uid} ({caller.name}),"
            f" but you are user {os.geteuid()}.",
            not_done="Nothing was changed.",
            remedy="Carry it out as that user, or preview the command as yourself.",
        )
