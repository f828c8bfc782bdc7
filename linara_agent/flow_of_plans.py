"""The way of a saved plan: to the host, or back from half of the way."""

from linara_agent.core.decision import Decision
from linara_agent.core.measure import final_verdict
from linara_agent.core.next_step import ways_for
from linara_agent.core.passage import Passage
from linara_agent.core.plan import Plan, PlanState
from linara_agent.core.record import Event, Json
from linara_agent.core.report import verdict_json
from linara_agent.core.review import By, Refused, Way, approve_recovery
from linara_agent.errors import PlanProblem
from linara_agent.flow import carry_out
from linara_agent.house import Closing, House, circumstances_of, log


def carry_out_plan(house: House, plan: Plan, *, way: Way) -> Passage:
    """`apply PLAN` and `rerun PLAN`: naming the plan is the approval of it."""
    named: dict[str, Json] = {
        "command": plan.proposal.text,
        "plan": plan.id,
        "digest": plan.digest,
    }
    started = {**circumstances_of(house, plan.intent), **named}
    log(house, Event.RUN_STARTED, started, durable=True)
    with Closing(house) as closing, house.plans.hold(plan) as held:
        _require_open(held, way)
        passage = _judged_again(house, held)
        if passage.verdict.decision is not Decision.DENY:
            passage = carry_out(house, passage, held, way=way, by=By.PERSON)
        closing.passage = passage
        return passage


def _require_open(plan: Plan, way: Way) -> None:
    if plan.state in (PlanState.APPLIED, PlanState.DECLINED, PlanState.EXPIRED):
        raise PlanProblem(
            f"Plan {plan.id} is {plan.state} already.",
            not_done="Nothing was changed on the host.",
            remedy="Make a new plan for the same command (`linara-agent run …`).",
        )
    if way not in ways_for(plan.preview):
        raise PlanProblem(
            f"Plan {plan.id} has no changes that can be copied.",
            not_done="Nothing was changed on the host.",
            remedy=f"Run its text on the host instead: `linara-agent rerun {plan.id}`.",
        )


def _judged_again(house: House, plan: Plan) -> Passage:
    """A plan file may come from elsewhere: what this policy denies stays denied."""
    place = house.place.at(plan.sandbox.cwd)
    script, read = house.gate.assess(plan.proposal.text, place)
    now = final_verdict(read, script, plan.preview, house.gate, place)
    log(house, Event.FINAL, verdict_json(now), durable=True)
    return Passage(
        run=house.sandbox_plan.run,
        proposal=plan.proposal,
        script=script,
        verdict=now if now.decision is Decision.DENY else plan.verdict,
        preview=plan.preview,
        plan=plan,
    )


def recover_plan(house: House, plan: Plan) -> tuple[str, int]:
    """Take back an apply that was cut short: what was done, and in how many steps."""
    approved = approve_recovery(plan, by=By.PERSON)
    if isinstance(approved, Refused):
        raise PlanProblem(
            f"Plan {plan.id} cannot be recovered: {approved.reason}.",
            not_done="Nothing was changed on the host.",
            remedy="Look at the plan's directory below the state directory.",
        )
    started = {**circumstances_of(house, plan.intent), "plan": plan.id}
    log(house, Event.RUN_STARTED, started, durable=True)
    log(house, Event.UNDO_BEFORE, {"plan": plan.id}, durable=True)
    with Closing(house), house.plans.hold(plan):
        blobs = house.plans.blobs(plan)
        words, steps = house.recoverer.recover(approved, plan, blobs=blobs)
        if words == "done" and plan.state is not PlanState.APPLIED:
            house.plans.mark(plan, PlanState.APPLIED)
    done: dict[str, Json] = {"plan": plan.id, "did": words, "steps": steps}
    log(house, Event.UNDO_AFTER, done, durable=True)
    log(house, Event.RUN_ENDED, {"ended": "recovered", "exit": 0}, durable=True)
    return words, steps
