"""One run from its proposal to its end, as a value."""

from dataclasses import dataclass, replace
from enum import StrEnum

from linara_agent.core.attempt import Attempt, told_before
from linara_agent.core.effects.trace import Reading
from linara_agent.core.plan import Plan
from linara_agent.core.policy.verdict import Verdict
from linara_agent.core.preview import Outcome, Preview
from linara_agent.core.proposal import Proposal
from linara_agent.core.shell.script import Script


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What an apply did; `skipped` counts incidental paths left alone."""

    paths: int
    skipped: int = 0


class Ending(StrEnum):
    """How a passage ended."""

    ANSWERED = "answered"
    DENIED = "denied"
    SAVED = "saved"
    DECLINED = "declined"
    APPLIED = "applied"
    RERUN = "rerun"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One run from its proposal to its end; what was not reached is None.

    `attempts` did not do before; `candidates` are all that there was to choose from,
    this one included.
    """

    run: str
    proposal: Proposal
    verdict: Verdict
    script: Script | None = None
    reading: Reading | None = None
    ending: Ending = Ending.DENIED
    preview: Preview | None = None
    plan: Plan | None = None
    outcome: Outcome | None = None
    applied: Applied | None = None
    differences: tuple[str, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    candidates: tuple["Passage", ...] = ()

    def after(self, attempts: tuple[Attempt, ...]) -> "Passage":
        """The same, and beside the text what was wrong with those before it."""
        if not attempts:
            return self
        notices = (self.proposal.notice, told_before(attempts))
        proposal = replace(self.proposal, notice=" ".join(filter(None, notices)))
        return replace(self, proposal=proposal, attempts=attempts)
