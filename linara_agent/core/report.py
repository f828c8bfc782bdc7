"""Values as JSON: the shapes of `--json`, the journal and `check --batch`."""

from collections.abc import Iterable

from linara_agent.core.attempt import Attempt
from linara_agent.core.change import Change, ChangeKind, FileType
from linara_agent.core.effects.effect import Effect
from linara_agent.core.observations import observations_json, observed_facts
from linara_agent.core.policy.verdict import Finding, Verdict
from linara_agent.core.preview import Preview
from linara_agent.core.proposal import Proposal, Usage
from linara_agent.core.record import Json
from linara_agent.core.sandbox_plan import SandboxPlan
from linara_agent.core.wire import encode_bytes, encode_integer, encode_text


def effect_json(effect: Effect) -> dict[str, Json]:
    target = None if effect.target is None else encode_text(effect.target)
    return {
        "kind": str(effect.kind),
        "target": target,
        "form": str(effect.form),
        "class": None if effect.cls is None else str(effect.cls),
        "certainty": str(effect.certainty),
        "program": effect.program,
        "invocation": effect.invocation,
        "span": None if effect.span is None else list(effect.span),
        "note": effect.note,
    }


def finding_json(finding: Finding) -> dict[str, Json]:
    return {
        "rule": finding.rule,
        "decision": finding.decision.word,
        "reason": finding.reason,
        "where": finding.where,
        "span": None if finding.span is None else list(finding.span),
        "effect": finding.effect,
    }


def verdict_json(verdict: Verdict) -> dict[str, Json]:
    return {
        "decision": verdict.decision.word,
        "findings": [finding_json(one) for one in verdict.findings],
        "effects": [effect_json(one) for one in verdict.effects],
    }


def change_json(change: Change, *, below: int | None) -> dict[str, Json]:
    """`below` counts the entries of a deleted directory."""
    state = change.after or change.before
    was = change.before
    link = None if state is None or state.link is None else encode_text(state.link)
    origin: dict[str, Json] = {}
    if change.kind is ChangeKind.RENAMED and change.origin is not None:
        origin["from"] = encode_text(change.origin)
    return {
        "path": encode_text(change.path),
        "kind": str(change.kind),
        **origin,
        "type": None if state is None else str(state.type),
        "size": None if change.after is None else encode_integer(change.after.size),
        "was_size": None if was is None else encode_integer(was.size),
        "mode": None if state is None else f"{state.mode:04o}",
        "owner": None if state is None else [state.uid, state.gid],
        "link": link,
        "files": below,
        "diff": change.diff,
        "incidental": change.incidental,
        **({"step": change.step} if change.step is not None else {}),
    }


def changes_json(changes: tuple[Change, ...]) -> list[Json]:
    counts = deleted_below(changes)
    return [change_json(one, below=counts.get(one.path)) for one in changes]


def deleted_below(changes: Iterable[Change]) -> dict[str, int]:
    """How many entries each deleted directory held, at any depth."""
    counts: dict[str, int] = {}
    deleted = [one for one in changes if one.kind is ChangeKind.DELETED]
    for one in deleted:
        if one.before is not None and one.before.type is FileType.DIRECTORY:
            counts[one.path] = 0
    for one in deleted:
        parent = one.path.rpartition("/")[0]
        while parent:
            if parent in counts:
                counts[parent] += 1
            parent = parent.rpartition("/")[0]
    return counts


def preview_json(preview: Preview) -> dict[str, Json]:
    outcome = preview.outcome
    return {
        "exit": outcome.exit,
        "signal": outcome.signal,
        "stdout": encode_bytes(outcome.stdout),
        "stderr": encode_bytes(outcome.stderr),
        "truncated": outcome.truncated,
        "duration_s": round(outcome.duration_s, 3),
        "limits": list(outcome.limits),
        "leftovers": outcome.leftovers,
        "network_tried": preview.network_tried,
        "network_open": preview.network_open,
        "connections": list(preview.connections),
        "changes": changes_json(preview.changes),
        "findings": [finding_json(one) for one in preview.findings],
        "notes": list(preview.notes),
        "not_shown": [encode_text(one.path) for one in preview.unshown],
        **observations_json(preview),
    }


def circumstances(plan: SandboxPlan) -> dict[str, Json]:
    """Who called, and where: for the journal."""
    caller = plan.caller
    return {"user": caller.name, "uid": caller.uid, "cwd": encode_text(plan.cwd)}


def proposal_facts(proposal: Proposal) -> dict[str, Json]:
    """What was proposed, by whom, at what cost: for the journal."""
    usage = proposal.usage
    return {
        "text": proposal.text,
        "digest": proposal.digest,
        "origin": str(proposal.origin),
        "source": proposal.source,
        **usage_facts(usage),
        **({"notice": proposal.notice} if proposal.notice else {}),
        **({"cached": True} if proposal.cached else {}),
        **({"rank": proposal.rank} if proposal.rank > 1 else {}),
    }


def usage_facts(usage: Usage | None) -> dict[str, Json]:
    """What a model's reply cost: for the journal."""
    if usage is None:
        return {"cost_usd": None}
    return {
        "cost_usd": usage.cost_usd,
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
    }


def attempt_json(attempt: Attempt) -> dict[str, Json]:
    """Without what a preview wrote: that is no business of the journal's."""
    return {
        "fault": str(attempt.fault),
        "reason": attempt.reason,
        "text": attempt.text,
        "output_shared": attempt.output is not None,
    }


def sandbox_facts(plan: SandboxPlan, proposal: Proposal) -> dict[str, Json]:
    """What is to be previewed, and within what: for the journal."""
    return {
        "digest": proposal.digest,
        "masks": len(plan.masks),
        "wall_s": plan.limits.wall_s,
        **({"runtime": plan.runtime} if plan.runtime is not None else {}),
    }


def preview_facts(preview: Preview) -> dict[str, Json]:
    """How a preview ended, without its output: for the journal."""
    outcome = preview.outcome
    return {
        "view": preview.view,
        "exit": outcome.exit,
        "signal": outcome.signal,
        "limits": list(outcome.limits),
        "changes": len(preview.changes),
        "duration_s": round(outcome.duration_s, 3),
        "network_tried": preview.network_tried,
        "network_open": preview.network_open,
        "connections": list(preview.connections),
        "notes": list(preview.notes),
        "not_shown": [encode_text(one.path) for one in preview.unshown],
        **observed_facts(preview),
    }
