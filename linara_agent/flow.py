"""The whole story, top to bottom.

    intent ─ propose ─▶ proposal ─ read ─▶ script ─ resolve ─▶ effects
       ─ judge ─▶ verdict
       deny ─▶ stop, say why        (nothing ran)
       else ─ plan ─▶ sandbox plan ─ preview ─▶ preview ─ measure ─▶ final verdict
       ─ review ─▶ approved | declined | unanswered
       approved ─ apply | rerun ─▶ outcome ─ compare ─▶ passage

Each step is in the journal before it acts. From its first record on, a twin is being
started that waits for its text: it is run, or discarded unused. Nothing here touches
the world: the adapters of `House` do.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Self

from linara_agent.core.change import PathState
from linara_agent.core.compare import differences, drift
from linara_agent.core.decision import Decision
from linara_agent.core.effects.place import Place
from linara_agent.core.gate import Gate
from linara_agent.core.measure import final_verdict
from linara_agent.core.next_step import Mode, Next, Step, next_step, ways_for
from linara_agent.core.passage import Ending, Passage
from linara_agent.core.plan import Plan, PlanState
from linara_agent.core.planned import planned
from linara_agent.core.policy.verdict import Verdict
from linara_agent.core.preview import Preview
from linara_agent.core.proposal import Origin, Proposal
from linara_agent.core.record import Event, Json, Record
from linara_agent.core.report import (
    changes_json,
    circumstances,
    preview_facts,
    proposal_facts,
    sandbox_facts,
    verdict_json,
)
from linara_agent.core.review import (
    Answer,
    Approved,
    By,
    Refused,
    Way,
    approve,
    approve_recovery,
)
from linara_agent.core.sandbox_plan import SandboxPlan
from linara_agent.errors import JournalUnavailable, LinaraError, PlanProblem, StalePlan
from linara_agent.ports import (
    Applier,
    Clock,
    Journal,
    Plans,
    PreparedPreview,
    Recoverer,
    Rerunner,
    Reviewer,
    Sandbox,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The adapters, and what was decided before the run.

    `sandbox_plan` is the plan with everything but the text; `exit_of` gives the exit
    code that the journal keeps; `state_of` and `digest_of`
    a path's state and content on the host; `fresh_id` an
    id for a plan.
    """

    gate: Gate
    place: Place
    sandbox_plan: SandboxPlan
    sandbox: Sandbox
    journal: Journal
    plans: Plans
    applier: Applier
    rerunner: Rerunner
    recoverer: Recoverer
    reviewer: Reviewer
    clock: Clock
    mode: Mode
    state_of: Callable[[str], PathState | None]
    digest_of: Callable[[str], str | None]
    fresh_id: Callable[[], str]
    exit_of: Callable[[Passage], int]
    failure_of: Callable[[BaseException], int]
    process: str | None = None


def carry(
    house: House, propose: Callable[[], Proposal], *, intent: str | None
) -> Passage:
    """Take an intent (or a command) all the way. Raises LinaraError."""
    started = {**_circumstances(house, intent), "standby": True}
    _log(house, Event.RUN_STARTED, started, durable=True)
    with _Closing(house) as closing:
        with _standby(house) as twin:
            _log(house, Event.PROPOSE_BEFORE, {"intent": intent})
            proposal = propose()
            passage, edited = _one(house, proposal, twin, intent=intent)
        while edited is not None:
            proposal = Proposal(text=edited, origin=Origin.PERSON, source="edited")
            with _standby(house) as twin:
                passage, edited = _one(house, proposal, twin, intent=intent)
        closing.passage = passage
        return passage


@contextmanager
def _standby(house: House) -> Iterator[PreparedPreview]:
    """A twin is started meanwhile; what nobody ran is taken down."""
    twin = house.sandbox.prepare(house.sandbox_plan)
    try:
        yield twin
    finally:
        twin.discard()


def _one(
    house: House, proposal: Proposal, twin: PreparedPreview, *, intent: str | None
) -> tuple[Passage, str | None]:
    """One proposal to its end, or to the text that the person wrote instead."""
    _log(house, Event.PROPOSE_AFTER, proposal_facts(proposal))
    script = house.gate.read(proposal.text, house.place)
    counts: dict[str, Json] = {
        "commands": len(script.invocations),
        "opaque": len(script.opaque),
    }
    _log(house, Event.READ, counts)
    reading = house.gate.resolve(script, house.place)
    _log(house, Event.RESOLVED, {"effects": len(reading.effects)})
    verdict = house.gate.judge(script, reading, house.place)
    _log(house, Event.JUDGED, verdict_json(verdict), durable=True)
    run = house.sandbox_plan.run
    passage = Passage(run=run, proposal=proposal, script=script, verdict=verdict)
    passage = replace(passage, reading=reading)
    if verdict.decision is Decision.DENY:
        return passage, None
    plan = _previewed(house, passage, twin, intent=intent)
    passage = replace(passage, preview=plan.preview, verdict=plan.verdict)
    step = next_step(plan.verdict, plan.preview, house.mode)
    if step.step in (Step.DENIED, Step.ANSWER):
        house.plans.discard(plan.id)
        answered = step.step is Step.ANSWER
        ending = Ending.ANSWERED if answered else Ending.DENIED
        return replace(passage, ending=ending), None
    house.plans.save(plan)
    _log(house, Event.PLAN_SAVED, {"plan": plan.id, "digest": plan.digest})
    return _decided(house, replace(passage, plan=plan), plan, step)


def _previewed(
    house: House, passage: Passage, twin: PreparedPreview, *, intent: str | None
) -> Plan:
    """Run the text in the twin; the plan is sealed, and not saved yet."""
    proposal = passage.proposal
    sandbox_plan = planned(house.sandbox_plan, passage, house.gate.catalogue)
    _log(house, Event.SANDBOX_PLANNED, sandbox_facts(sandbox_plan, proposal))
    reaped = house.sandbox.reap()
    if reaped:
        _log(house, Event.REAPED, {"things": reaped})
    id = house.fresh_id()
    blobs = house.plans.new(id)
    try:
        _log(house, Event.PREVIEW_BEFORE, {"digest": proposal.digest}, durable=True)
        preview = twin.run(sandbox_plan, digest=proposal.digest, blobs=blobs)
        _log(house, Event.PREVIEW_AFTER, preview_facts(preview))
        verdict = _final(house, passage, preview)
    except BaseException:
        house.plans.discard(id)
        raise
    return Plan(
        id=id,
        created=house.clock.now(),
        intent=intent,
        proposal=proposal,
        sandbox=sandbox_plan,
        policy=house.gate.policy.identity,
        verdict=verdict,
        preview=preview,
    ).sealed()


def _final(house: House, passage: Passage, preview: Preview) -> Verdict:
    script = passage.script
    if script is None:
        raise AssertionError("a preview is made only of what was read")
    policy, place = house.gate.policy, house.place
    verdict = final_verdict(passage.verdict, script, preview, policy, place)
    _log(house, Event.MEASURED, {"changes": changes_json(preview.effective[:_KEPT])})
    _log(house, Event.FINAL, verdict_json(verdict), durable=True)
    return verdict


_KEPT = 1000
"""Changes that the journal lists; the plan holds all of them."""


def _decided(
    house: House, passage: Passage, plan: Plan, step: Next
) -> tuple[Passage, str | None]:
    """Ask, or do what the policy allows without asking, or leave the plan."""
    if step.step is Step.SAVE:
        return replace(passage, ending=Ending.SAVED), None
    if step.step is Step.CARRY_OUT:
        return carry_out(house, passage, plan, way=step.ways[0], by=By.POLICY), None
    _log(house, Event.REVIEW_BEFORE, {"plan": plan.id}, durable=True)
    reviewed = house.reviewer.review(plan, ways=step.ways)
    answer: dict[str, Json] = {
        "plan": plan.id,
        "answer": str(reviewed.answer) if reviewed.text is None else "edited",
        "way": None if reviewed.way is None else str(reviewed.way),
    }
    _log(house, Event.REVIEW_AFTER, answer, durable=True)
    if reviewed.text is not None:
        house.plans.mark(plan, PlanState.DECLINED)
        return passage, reviewed.text
    if reviewed.answer is Answer.APPROVED and reviewed.way is not None:
        return carry_out(house, passage, plan, way=reviewed.way, by=By.PERSON), None
    if reviewed.answer is Answer.DECLINED:
        house.plans.mark(plan, PlanState.DECLINED)
        return replace(passage, ending=Ending.DECLINED), None
    return replace(passage, ending=Ending.SAVED), None


def carry_out_plan(house: House, plan: Plan, *, way: Way) -> Passage:
    """`apply PLAN` and `rerun PLAN`: naming the plan is the approval of it."""
    named: dict[str, Json] = {
        "command": plan.proposal.text,
        "plan": plan.id,
        "digest": plan.digest,
    }
    started = {**_circumstances(house, plan.intent), **named}
    _log(house, Event.RUN_STARTED, started, durable=True)
    with _Closing(house) as closing, house.plans.hold(plan) as held:
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
    now = final_verdict(read, script, plan.preview, house.gate.policy, place)
    _log(house, Event.FINAL, verdict_json(now), durable=True)
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
    started = {**_circumstances(house, plan.intent), "plan": plan.id}
    _log(house, Event.RUN_STARTED, started, durable=True)
    _log(house, Event.UNDO_BEFORE, {"plan": plan.id}, durable=True)
    with _Closing(house), house.plans.hold(plan):
        blobs = house.plans.blobs(plan)
        words, steps = house.recoverer.recover(approved, plan, blobs=blobs)
        if words == "done" and plan.state is not PlanState.APPLIED:
            house.plans.mark(plan, PlanState.APPLIED)
    done: dict[str, Json] = {"plan": plan.id, "did": words, "steps": steps}
    _log(house, Event.UNDO_AFTER, done, durable=True)
    _log(house, Event.RUN_ENDED, {"ended": "recovered", "exit": 0}, durable=True)
    return words, steps


def carry_out(
    house: House, passage: Passage, plan: Plan, *, way: Way, by: By
) -> Passage:
    """The host at last, with a permission that only the review can make."""
    approved = approve(plan, way=way, by=by)
    if isinstance(approved, Refused):
        raise PlanProblem(
            f"Plan {plan.id} cannot be carried out: {approved.reason}.",
            not_done="Nothing was changed on the host.",
            remedy="Make a new plan for the command and review that.",
        )
    if way is Way.RERUN:
        return _rerun(house, passage, plan, approved)
    _log(house, Event.APPLY_BEFORE, {"plan": plan.id, "by": str(by)}, durable=True)
    applied = house.applier.apply(approved, plan, blobs=house.plans.blobs(plan))
    house.plans.mark(plan, PlanState.APPLIED)
    done: dict[str, Json] = {"plan": plan.id, "paths": applied.paths}
    _log(house, Event.APPLY_AFTER, done, durable=True)
    return replace(passage, ending=Ending.APPLIED, applied=applied)


def _rerun(house: House, passage: Passage, plan: Plan, approved: Approved) -> Passage:
    drifted = drift(plan.preview, state_of=house.state_of)
    if drifted:
        raise StalePlan(
            "The host is no longer what the preview saw:\n  " + "\n  ".join(drifted),
            not_done="The command was not run on the host.",
            remedy="Preview the command again; it then works on what is there now.",
        )
    before: dict[str, Json] = {"plan": plan.id, "by": str(approved.by)}
    _log(house, Event.RERUN_BEFORE, before, durable=True)
    # Marked before: a text must not run twice because the first time was cut short.
    house.plans.mark(plan, PlanState.APPLIED)
    outcome = house.rerunner.rerun(approved, plan)
    after: dict[str, Json] = {
        "plan": plan.id,
        "status": outcome.exit,
        "signal": outcome.signal,
    }
    _log(house, Event.RERUN_AFTER, after, durable=True)
    found = differences(
        plan.preview,
        outcome,
        plan.verdict,
        state_of=house.state_of,
        digest_of=house.digest_of,
    )
    _log(house, Event.COMPARED, {"plan": plan.id, "differences": list(found[:_KEPT])})
    return replace(passage, ending=Ending.RERUN, outcome=outcome, differences=found)


class _Closing:
    """Writes how a run ended, however it ended."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.passage: Passage | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _type: object, error: BaseException | None, _tb: object) -> None:
        house = self._house
        if error is None and self.passage is not None:
            code = house.exit_of(self.passage)
            ended: dict[str, Json] = {"ended": str(self.passage.ending), "exit": code}
            _log(house, Event.RUN_ENDED, ended, durable=True)
        elif error is not None and not isinstance(error, JournalUnavailable):
            what = error.what if isinstance(error, LinaraError) else repr(error)
            code = house.failure_of(error)
            _log(house, Event.FAILED, {"error": type(error).__name__, "what": what})
            _log(
                house, Event.RUN_ENDED, {"ended": "failed", "exit": code}, durable=True
            )


def _log(
    house: House,
    event: Event,
    fields: dict[str, Json] | None = None,
    *,
    durable: bool = False,
) -> None:
    run = house.sandbox_plan.run
    house.journal.write(
        Record(run=run, event=event, fields=fields or {}, durable=durable)
    )


def _circumstances(house: House, intent: str | None) -> dict[str, Json]:
    facts = circumstances(house.sandbox_plan)
    policy = house.gate.policy.identity
    facts |= {"process": house.process} if house.process else {}
    return {"intent": intent, **facts, "policy": policy, "mode": str(house.mode)}
