"""The whole story, top to bottom.

    intent ─ propose ─▶ proposal ─ read ─▶ script ─ resolve ─▶ effects
       ─ judge ─▶ verdict
       deny ─▶ stop, say why        (nothing ran)
       else ─ plan ─▶ sandbox plan ─ preview ─▶ preview ─ measure ─▶ final verdict
       ─ review ─▶ approved | declined | unanswered
       approved ─ apply | rerun ─▶ outcome ─ compare ─▶ passage

A model whose text did not do may be told why, and asked again. Each step is in the
journal before it acts. From its first record on, a twin is being started that waits
for its text: it is run, or discarded unused. Nothing here touches the world: the
adapters of `House` do. `flow_of_plans` is the way of a plan that was saved.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from linara_agent.core.attempt import (
    Attempt,
    FailedReply,
    Fault,
    UnusableAnswer,
    after_preview,
    before_preview,
    denied_again,
    first_program,
    unusable,
)
from linara_agent.core.compare import differences, drift
from linara_agent.core.decision import Decision
from linara_agent.core.measure import final_verdict
from linara_agent.core.next_step import Mode, Next, Step, next_step
from linara_agent.core.passage import Ending, Passage
from linara_agent.core.plan import Plan, PlanState
from linara_agent.core.planned import planned
from linara_agent.core.policy.verdict import Verdict
from linara_agent.core.preview import Preview
from linara_agent.core.proposal import Origin, Proposal
from linara_agent.core.record import Event, Json
from linara_agent.core.report import (
    attempt_json,
    changes_json,
    preview_facts,
    proposal_facts,
    sandbox_facts,
    usage_facts,
    verdict_json,
)
from linara_agent.core.review import Answer, Approved, By, Refused, Way, approve
from linara_agent.errors import PlanProblem, ProposalUnavailable, StalePlan
from linara_agent.house import Closing, House, circumstances_of, log, standby
from linara_agent.ports import PreparedPreview, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """One proposal, judged and, where it may be, previewed; its plan is not saved."""

    passage: Passage
    plan: Plan | None = None
    fault: Attempt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """One asking; `again`: another may follow."""

    source: Source
    intent: str | None
    again: bool


def carry(house: House, source: Source, *, intent: str | None) -> Passage:
    """Take an intent (or a command) all the way. Raises LinaraError."""
    started = {**circumstances_of(house, intent), "standby": True}
    log(house, Event.RUN_STARTED, started, durable=True)
    with Closing(house) as closing:
        passage, edited = _ended(house, *_asked(house, source, intent=intent))
        while edited is not None:
            text = Proposal(text=edited, origin=Origin.PERSON, source="edited")
            given = Source.given(text)
            passage, edited = _ended(house, *_asked(house, given, intent=intent))
        closing.passage = passage
        return passage


def _asked(house: House, source: Source, *, intent: str | None) -> tuple[_Seen, ...]:
    """Ask until a text does, as often as the source may be asked."""
    attempts: tuple[Attempt, ...] = ()
    last: tuple[_Seen, ...] = ()
    while True:
        again = len(attempts) + 1 < source.tries
        asking = _Asking(source=source, intent=intent, again=again)
        try:
            seen, fault = _tried(house, asking, attempts)
        except ProposalUnavailable as error:
            if not last:
                raise
            return _standing(house, asking, last, error)
        except BaseException:
            _discard(house, last)
            raise
        if seen:
            _discard(house, last)
            last = tuple(
                replace(one, passage=one.passage.after(attempts)) for one in seen
            )
        if fault is None or not again or denied_again(attempts, fault):
            return last
        attempts = (*attempts, fault)


def _standing(
    house: House, asking: _Asking, last: tuple[_Seen, ...], error: ProposalUnavailable
) -> tuple[_Seen, ...]:
    """What there is already is better than nothing: previewed, it stands for review."""
    (one,) = last
    try:
        failed: dict[str, Json] = {"error": type(error).__name__, "what": error.what}
        log(house, Event.FAILED, failed)
        if one.plan is not None or one.passage.verdict.decision is Decision.DENY:
            return last
        with standby(house) as twin:
            return (_tested(house, asking, one.passage, twin),)
    except BaseException:
        _discard(house, last)
        raise


def _tried(
    house: House, asking: _Asking, attempts: tuple[Attempt, ...]
) -> tuple[tuple[_Seen, ...], Attempt | None]:
    """Ask once, and look at what comes; with it, what its author may be told."""
    if attempts:
        log(house, Event.ASKED_AGAIN, attempt_json(attempts[-1]))
    with standby(house) as twin:
        log(house, Event.PROPOSE_BEFORE, {"intent": asking.intent}, durable=True)
        try:
            first, *others = asking.source.propose(attempts)
        except FailedReply as error:
            facts = {"source": error.source, **usage_facts(error.usage)}
            log(house, Event.PROPOSE_AFTER, {"failed": error.what, **facts})
            if not (isinstance(error, UnusableAnswer) and asking.again):
                raise
            return (), unusable(error.text, error.reason)
        one = _seen(house, asking, first, twin)
    if not others:
        return (one,), one.fault
    seen = [one]
    try:
        for proposal in others:
            with standby(house) as twin:
                seen.append(_seen(house, asking, proposal, twin))
    except BaseException:
        _discard(house, seen)
        raise
    return tuple(seen), None


def _discard(house: House, seen: Iterable[_Seen]) -> None:
    for one in seen:
        if one.plan is not None:
            house.plans.discard(one.plan.id)


def _seen(
    house: House, asking: _Asking, proposal: Proposal, twin: PreparedPreview
) -> _Seen:
    """Read, judge and preview one proposal.

    Where its author may be asked again, a text that reading finds wanting is not
    previewed.
    """
    log(house, Event.PROPOSE_AFTER, proposal_facts(proposal))
    passage = _judged(house, proposal)
    script, verdict = passage.script, passage.verdict
    if script is None:
        raise AssertionError("what is judged was read")
    name = first_program(script)
    missing = None if name is None or house.installed(name) else name
    fault = before_preview(script, verdict, missing)
    if verdict.decision is Decision.DENY or (fault is not None and asking.again):
        return _Seen(passage=passage, fault=fault)
    if fault is None or fault.fault is not Fault.UNREADABLE:
        asking.source.keep(proposal)
    return _tested(house, asking, passage, twin)


def _tested(
    house: House, asking: _Asking, passage: Passage, twin: PreparedPreview
) -> _Seen:
    plan = _previewed(house, passage, twin, intent=asking.intent)
    passage = replace(passage, preview=plan.preview, verdict=plan.verdict)
    # What root's preview wrote never leaves the machine.
    share = asking.source.share_output and plan.sandbox.sudo is None
    return _Seen(passage=passage, plan=plan, fault=after_preview(plan, share=share))


def _judged(house: House, proposal: Proposal) -> Passage:
    script = house.gate.read(proposal.text, house.place)
    counts: dict[str, Json] = {
        "commands": len(script.invocations),
        "opaque": len(script.opaque),
    }
    log(house, Event.READ, counts)
    reading = house.gate.resolve(script, house.place)
    log(house, Event.RESOLVED, {"effects": len(reading.effects)})
    verdict = house.gate.judge(script, reading, house.place)
    log(house, Event.JUDGED, verdict_json(verdict), durable=True)
    return Passage(
        run=house.sandbox_plan.run,
        proposal=proposal,
        script=script,
        reading=reading,
        verdict=verdict,
    )


def _previewed(
    house: House, passage: Passage, twin: PreparedPreview, *, intent: str | None
) -> Plan:
    """Run the text in the twin; the plan is sealed, and not saved yet."""
    proposal = passage.proposal
    sandbox_plan = planned(house.sandbox_plan, passage, house.gate.catalogue)
    log(house, Event.SANDBOX_PLANNED, sandbox_facts(sandbox_plan, proposal))
    if reaped := house.sandbox.reap():
        log(house, Event.REAPED, {"things": reaped})
    id = house.fresh_id()
    blobs = house.plans.new(id)
    try:
        log(house, Event.PREVIEW_BEFORE, {"digest": proposal.digest}, durable=True)
        preview = twin.run(sandbox_plan, digest=proposal.digest, blobs=blobs)
        log(house, Event.PREVIEW_AFTER, preview_facts(preview))
        return Plan(
            id=id,
            created=house.clock.now(),
            intent=intent,
            proposal=proposal,
            sandbox=sandbox_plan,
            policy=house.gate.policy.identity,
            verdict=_final(house, passage, preview),
            preview=preview,
        ).sealed()
    except BaseException:
        house.plans.discard(id)
        raise


def _final(house: House, passage: Passage, preview: Preview) -> Verdict:
    script = passage.script
    if script is None:
        raise AssertionError("a preview is made only of what was read")
    gate, place = house.gate, house.place
    verdict = final_verdict(passage.verdict, script, preview, gate, place)
    log(house, Event.MEASURED, {"changes": changes_json(preview.effective[:_KEPT])})
    log(house, Event.FINAL, verdict_json(verdict), durable=True)
    return verdict


_KEPT = 1000
"""Changes that the journal lists; the plan holds all of them."""


def _ended(house: House, first: _Seen, *others: _Seen) -> tuple[Passage, str | None]:
    """What was seen to its end, or to the text that the person wrote instead."""
    if not others:
        return _one(house, first)
    seen = (first, *others)
    candidates = tuple(one.passage for one in seen)
    useful = [one for one in seen if one.plan is not None and _step(house, one)]
    if not useful:
        _discard(house, seen)
        return replace(first.passage, candidates=candidates), None
    rest = [one for one in seen if one not in useful]
    if house.mode is Mode.TERMINAL:
        number = _chosen(house, useful, rest)
        if number is not None:
            chosen = useful[number]
            log(house, Event.CHOSEN, {"digest": chosen.passage.proposal.digest})
            _discard(house, tuple(one for one in seen if one is not chosen))
            passage, edited = _one(house, chosen)
            return replace(passage, candidates=candidates), edited
    passages = [_one(house, one, ask=False)[0] for one in useful]
    denied = tuple(one.passage for one in rest)
    _discard(house, rest)
    saved = [one for one in passages if one.ending is Ending.SAVED]
    return replace((saved or passages)[0], candidates=(*passages, *denied)), None


def _chosen(house: House, useful: list[_Seen], rest: list[_Seen]) -> int | None:
    """Asked in vain, as by Ctrl-C, what was shown is saved."""
    shown = tuple(one.passage for one in (*useful, *rest))
    try:
        return house.reviewer.choose(shown, of=len(useful))
    except BaseException:
        for one in useful:
            _one(house, one, ask=False)
        _discard(house, rest)
        raise


def _step(house: House, seen: _Seen) -> Next | None:
    """What comes next for what was previewed; None where it is denied by now."""
    if seen.plan is None:
        return None
    step = next_step(seen.plan.verdict, seen.plan.preview, house.mode)
    return None if step.step is Step.DENIED else step


def _one(house: House, seen: _Seen, *, ask: bool = True) -> tuple[Passage, str | None]:
    passage, plan = seen.passage, seen.plan
    if plan is None:
        return passage, None
    if plan.proposal != passage.proposal:
        plan = replace(plan, proposal=passage.proposal).sealed()
    step = next_step(plan.verdict, plan.preview, house.mode)
    if step.step in (Step.DENIED, Step.ANSWER):
        house.plans.discard(plan.id)
        answered = step.step is Step.ANSWER
        ending = Ending.ANSWERED if answered else Ending.DENIED
        return replace(passage, ending=ending), None
    house.plans.save(plan)
    log(house, Event.PLAN_SAVED, {"plan": plan.id, "digest": plan.digest})
    step = step if ask else Next(step=Step.SAVE, ways=step.ways)
    return _decided(house, replace(passage, plan=plan), plan, step)


def _decided(
    house: House, passage: Passage, plan: Plan, step: Next
) -> tuple[Passage, str | None]:
    """Ask, or do what the policy allows without asking, or leave the plan."""
    if step.step is Step.SAVE:
        return replace(passage, ending=Ending.SAVED), None
    if step.step is Step.CARRY_OUT:
        return carry_out(house, passage, plan, way=step.ways[0], by=By.POLICY), None
    log(house, Event.REVIEW_BEFORE, {"plan": plan.id}, durable=True)
    reviewed = house.reviewer.review(plan, ways=step.ways)
    answer: dict[str, Json] = {
        "plan": plan.id,
        "answer": str(reviewed.answer) if reviewed.text is None else "edited",
        "way": None if reviewed.way is None else str(reviewed.way),
    }
    log(house, Event.REVIEW_AFTER, answer, durable=True)
    if reviewed.text is not None:
        house.plans.mark(plan, PlanState.DECLINED)
        return passage, reviewed.text
    if reviewed.answer is Answer.APPROVED and reviewed.way is not None:
        return carry_out(house, passage, plan, way=reviewed.way, by=By.PERSON), None
    if reviewed.answer is Answer.DECLINED:
        house.plans.mark(plan, PlanState.DECLINED)
        return replace(passage, ending=Ending.DECLINED), None
    return replace(passage, ending=Ending.SAVED), None


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
    log(house, Event.APPLY_BEFORE, {"plan": plan.id, "by": str(by)}, durable=True)
    applied = house.applier.apply(approved, plan, blobs=house.plans.blobs(plan))
    house.plans.mark(plan, PlanState.APPLIED)
    done: dict[str, Json] = {"plan": plan.id, "paths": applied.paths}
    log(house, Event.APPLY_AFTER, done, durable=True)
    return replace(passage, ending=Ending.APPLIED, applied=applied)


def _rerun(house: House, passage: Passage, plan: Plan, approved: Approved) -> Passage:
    drifted = drift(plan.preview, state_of=house.state_of)
    if drifted:
        raise StalePlan(
            "The host is no longer what the preview saw:\n  " + "\n  ".join(drifted),
            not_done="The command was not run on the host.",
            remedy="Preview the command again; it then works on what is there now.",
        )
    named: dict[str, Json] = {"plan": plan.id}
    log(house, Event.RERUN_BEFORE, {**named, "by": str(approved.by)}, durable=True)
    # Marked before: a text must not run twice because the first time was cut short.
    house.plans.mark(plan, PlanState.APPLIED)
    outcome = house.rerunner.rerun(approved, plan)
    after = {**named, "status": outcome.exit, "signal": outcome.signal}
    log(house, Event.RERUN_AFTER, after, durable=True)
    found = differences(
        plan.preview,
        outcome,
        plan.verdict,
        state_of=house.state_of,
        digest_of=house.digest_of,
    )
    log(house, Event.COMPARED, {**named, "differences": list(found[:_KEPT])})
    return replace(passage, ending=Ending.RERUN, outcome=outcome, differences=found)
