"""The decision for a script, with every finding behind it."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

from linara_agent.core.decision import Decision
from linara_agent.core.effects.effect import Effect


def _decision(value: object) -> object:
    return Decision.of(value) if isinstance(value, str) else value


DecisionWord = Annotated[
    Decision, BeforeValidator(_decision), PlainSerializer(lambda value: value.word)
]
"""A decision that stands in JSON as its word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One reason for a decision.

    `rule` is the rule's id, or the name of a check of ours; `where` is
    `file:line` of the rule; `span` a part of the script's text; `effect` an
    index into the verdict's effects.
    """

    rule: str
    decision: DecisionWord
    reason: str
    where: str | None = None
    span: tuple[int, int] | None = None
    effect: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Never empty: "no rule matched" is a finding too."""

    findings: tuple[Finding, ...]
    effects: tuple[Effect, ...]

    def __post_init__(self) -> None:
        if not self.findings:
            raise ValueError("a verdict without a finding would allow by silence")

    @property
    def decision(self) -> Decision:
        """The strictest of all findings."""
        return max(finding.decision for finding in self.findings)

    def stricter(self, *findings: Finding) -> "Verdict":
        """The same verdict with more findings; it can only become stricter."""
        return Verdict(findings=self.findings + findings, effects=self.effects)
