"""What happens after the final verdict: the one table, as a function."""

from dataclasses import dataclass
from enum import StrEnum

from linara_agent.core.decision import Decision
from linara_agent.core.effects.effect import EffectKind, PathClass
from linara_agent.core.need import RULES as NEEDS
from linara_agent.core.policy.verdict import Verdict
from linara_agent.core.preview import Preview
from linara_agent.core.review import Way


class Mode(StrEnum):
    """How the person can be asked: at a terminal, not at all, or the policy is."""

    TERMINAL = "terminal"
    NO_INPUT = "no input"
    UNATTENDED = "unattended"


class Step(StrEnum):
    DENIED = "denied"
    ANSWER = "answer"
    ASK = "ask"
    SAVE = "save"
    CARRY_OUT = "carry out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """`ways` are what can be offered or done, the preferred one first."""

    step: Step
    ways: tuple[Way, ...] = ()


_NOT_SHOWN = (
    EffectKind.OBSERVE,
    EffectKind.NETWORK,
    EffectKind.PROCESS,
    EffectKind.SYSTEM,
)
"""What a twin cannot show: its own processes and its missing network are no answer."""

_NO_ANSWER = NEEDS | {
    "masked", "masked-read", "cannot-be-previewed", "too-many-changes", "unreadable",
    "view-copy", "not-shown",
}  # fmt: skip


def next_step(verdict: Verdict, preview: Preview, mode: Mode) -> Next:
    """Follow the table of the README, first row that fits."""
    if verdict.decision is Decision.DENY:
        return Next(step=Step.DENIED)
    ways = ways_for(preview)
    kinds = {effect.kind for effect in verdict.effects}
    faithful = not (
        kinds.intersection(_NOT_SHOWN) or preview.network_tried or _masked(verdict)
    )
    if not preview.effective and faithful and not preview.outcome.limits:
        return Next(step=Step.ANSWER)
    if mode is Mode.TERMINAL:
        return Next(step=Step.ASK, ways=ways)
    if mode is Mode.UNATTENDED and verdict.decision is Decision.ALLOW:
        if only_looks(verdict, preview):
            return Next(step=Step.CARRY_OUT, ways=(Way.RERUN,))
        if faithful and Way.APPLY in ways and preview.outcome.succeeded:
            return Next(step=Step.CARRY_OUT, ways=(Way.APPLY,))
    return Next(step=Step.SAVE, ways=ways)


def only_looks(verdict: Verdict, preview: Preview) -> bool:
    """It reads, looks at live state that a twin cannot show, and does nothing else."""
    kinds = {effect.kind for effect in verdict.effects}
    looks = EffectKind.OBSERVE in kinds and kinds <= {
        EffectKind.READ,
        EffectKind.OBSERVE,
    }
    return looks and not preview.effective and not preview.outcome.limits


def _masked(verdict: Verdict) -> bool:
    """Something of it was hidden from the preview, or could not be done there."""
    if any(finding.rule in _NO_ANSWER for finding in verdict.findings):
        return True
    return any(effect.cls is PathClass.SECRETS for effect in verdict.effects)


def ways_for(preview: Preview) -> tuple[Way, ...]:
    """The changes can be copied if there are any and each of them can be."""
    changes = preview.effective
    complete = not any(f.rule in _CANNOT_APPLY for f in preview.findings)
    if changes and complete and not any(c.masked or c.unsettled for c in changes):
        return (Way.APPLY, Way.RERUN)
    return (Way.RERUN,)


_CANNOT_APPLY = NEEDS | {"too-many-changes", "unreadable", "cannot-be-previewed"}
