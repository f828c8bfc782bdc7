"""A proposal that did not do, and what its author may be told about it.

What goes back to a model is a reason in our words. What a preview wrote goes with it
only by the person's consent for the run; secrets are replaced, the length is bounded,
and the reader is told that it is data.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from linara_agent.core.decision import Decision
from linara_agent.core.need import RULES as NEEDS
from linara_agent.core.need import WAITED
from linara_agent.core.plan import Plan
from linara_agent.core.policy.verdict import Finding, Verdict
from linara_agent.core.proposal import Usage
from linara_agent.core.redact import redact
from linara_agent.core.shell.script import Script
from linara_agent.core.visible import visible, visible_bytes
from linara_agent.errors import ProposalUnavailable

_REASON_CHARACTERS = 600
_OUTPUT_CHARACTERS = 1200
_MOST_REASONS = 3

_NOT_ITS_FAULT = NEEDS | {
    "masked", "masked-read", "cannot-be-previewed", "view-copy", "not-shown",
}  # fmt: skip
"""What no other text would mend: the place of the preview lacks something."""


class FailedReply(ProposalUnavailable):
    """Who was asked gave no proposal; `usage` is what that cost all the same, if it is
    known, `source` who answered.
    """

    usage: Usage | None = None
    source: str | None = None


class UnusableAnswer(FailedReply):
    """There is an answer (`text`), and no one command in it; `reason` says why."""

    def __init__(
        self, what: str, *, not_done: str, remedy: str, text: str, reason: str
    ) -> None:
        super().__init__(what, not_done=not_done, remedy=remedy)
        self.text = text
        self.reason = reason


class Fault(StrEnum):
    """Why a proposal did not do."""

    UNUSABLE = "unusable"
    UNREADABLE = "unreadable"
    MISSING = "missing"
    DENIED = "denied"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One proposal that did not do.

    `text` is what was proposed, whole; `reason` and `output` are redacted and bounded;
    `denied` names the rules and the effects (kind and target) that denied it.
    """

    text: str
    fault: Fault
    reason: str
    output: str | None = None
    denied: frozenset[str] = frozenset()

    @property
    def words(self) -> str:
        """For the person: what happened to it, without the text."""
        return f"{_SAID[self.fault]}: {self.reason}"


_SAID = {
    Fault.UNUSABLE: "it could not be used",
    Fault.UNREADABLE: "it could not be read",
    Fault.MISSING: "it needs what is not installed",
    Fault.DENIED: "the policy denies it",
    Fault.FAILED: "it failed in the preview",
}


def told_before(attempts: tuple[Attempt, ...]) -> str:
    """For the person: what the answers before were, each fault once."""
    words = dict.fromkeys(one.words.rstrip(".") for one in attempts)
    count = "answer" if len(attempts) == 1 else f"{len(attempts)} answers"
    said = "; ".join(words)
    return f"The model was asked again. Its first {count} did not do: {said}."


def unusable(text: str, reason: str) -> Attempt:
    """An answer without a command in it."""
    cut = text[: _OUTPUT_CHARACTERS * 2]
    return Attempt(text=cut, fault=Fault.UNUSABLE, reason=_bounded(reason))


def before_preview(
    script: Script, verdict: Verdict, missing: str | None
) -> Attempt | None:
    """What reading alone found; `missing` is a program that is not installed."""
    if verdict.decision is Decision.DENY:
        return denial(script.text, verdict)
    if script.opaque and not script.invocations:
        reason = script.opaque[0].reason
        return _attempt(script.text, Fault.UNREADABLE, reason)
    if missing is not None:
        reason = f"the program {visible(missing, keep='')} is not installed here"
        return _attempt(script.text, Fault.MISSING, reason)
    return None


def after_preview(plan: Plan, *, share: bool) -> Attempt | None:
    """What the preview showed; `share`: the person lets its output go to the model."""
    text, verdict, preview = plan.proposal.text, plan.verdict, plan.preview
    if verdict.decision is Decision.DENY:
        return denial(text, verdict)
    outcome = preview.outcome
    if outcome.succeeded or preview.network_tried or WAITED in outcome.limits:
        return None
    if any(finding.rule in _NOT_ITS_FAULT for finding in preview.findings):
        return None
    # `grep` and `diff` say by 1 that they found nothing, or a difference.
    if outcome.exit == 1 and not outcome.stderr and not outcome.limits:
        return None
    ended = (
        f"exit status {outcome.exit}"
        if outcome.signal is None
        else f"ended by signal {outcome.signal}"
    )
    limits = "".join(f", stopped at its {name} limit" for name in outcome.limits)
    said = visible_bytes(outcome.stderr or outcome.stdout) if share else ""
    cut = redact(said)[-_OUTPUT_CHARACTERS:] or None
    return _attempt(text, Fault.FAILED, f"{ended}{limits}", output=cut)


def denial(text: str, verdict: Verdict) -> Attempt:
    """The reasons of the rules that deny, and what they deny."""
    found = [one for one in verdict.findings if one.decision is Decision.DENY]
    reasons = list(dict.fromkeys(one.reason for one in found))[:_MOST_REASONS]
    return Attempt(
        text=text,
        fault=Fault.DENIED,
        reason=_bounded(" ".join(f"{one.rstrip('.')}." for one in reasons)),
        denied=frozenset(_marks(found, verdict)),
    )


def denied_again(attempts: Iterable[Attempt], now: Attempt) -> bool:
    """Whether the same effect was denied before: a denial is not negotiated about."""
    return any(before.denied & now.denied for before in attempts)


def first_program(script: Script) -> str | None:
    """The name that the first command looks up on PATH; None where it has a path, is
    a function of the script's own, or is not known.
    """
    if not script.invocations:
        return None
    called = script.invocations[0].called
    name = called[0].known if called else None
    if not name or "/" in name or name in script.functions:
        return None
    return name


def _marks(found: list[Finding], verdict: Verdict) -> Iterable[str]:
    for finding in found:
        yield f"rule {finding.rule}"
        if finding.effect is not None:
            effect = verdict.effects[finding.effect]
            yield f"{effect.kind} {effect.target or effect.program or ''}"


def _attempt(
    text: str, fault: Fault, reason: str, *, output: str | None = None
) -> Attempt:
    return Attempt(text=text, fault=fault, reason=_bounded(reason), output=output)


def _bounded(reason: str) -> str:
    clean = redact(visible(" ".join(reason.split()), keep=""))
    short = clean[: _REASON_CHARACTERS - 1] + "…"
    return clean if len(clean) <= _REASON_CHARACTERS else short
