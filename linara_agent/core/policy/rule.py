"""A rule of a policy: which effects it speaks of, and what it decides."""

import re
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)
from pydantic.config import JsonDict

from linara_agent.core.decision import Decision
from linara_agent.core.effects.effect import Certainty, EffectKind
from linara_agent.core.sandbox_plan import View
from linara_agent.errors import PolicyProblem

WRITE = (EffectKind.CREATE, EffectKind.MODIFY)
"""What the word `write` in a policy file stands for."""


def _decision(value: object) -> object:
    if isinstance(value, Decision):
        return value
    if isinstance(value, str) and value in ("allow", "review", "deny"):
        return Decision.of(value)
    raise ValueError("must be allow, review or deny")


def _kinds(value: object) -> object:
    if not isinstance(value, list):
        return value
    kinds: list[object] = []
    for word in value:
        kinds += list(WRITE) if word == "write" else [word]
    return tuple(kinds)


DecisionKey = Annotated[
    Decision,
    BeforeValidator(_decision),
    WithJsonSchema({"type": "string", "enum": [one.word for one in Decision]}),
]
EffectKeys = Annotated[
    tuple[EffectKind, ...],
    BeforeValidator(_kinds),
    WithJsonSchema(
        {
            "type": "array",
            "items": {"type": "string", "enum": ["write", *map(str, EffectKind)]},
        }
    ),
]
ViewKey = Annotated[View, Field(strict=False)]
_HAS_SUBJECT: JsonDict = {
    "anyOf": [{"required": ["effect"]}, {"required": ["program"]}]
}


class Model(BaseModel):
    """Every table of a policy file: no key may be misspelt."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Rule(Model):
    """Keys are ANDed, the values of a key ORed; a missing key matches everything.

    `class` is one of ours or of the file's `[classes]`. `path` and `host` are globs
    ("~" and "$WORKSPACE" are expanded). `words` are regular expressions one of which
    must match a whole word of the command, or an option and its value written as
    `OPTION=VALUE`. `because` says what is wrong and names the nearest thing that is
    allowed. `match` and `not_match` are commands that the rule speaks of, or not.
    """

    model_config = ConfigDict(json_schema_extra=_HAS_SUBJECT)

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    decision: DecisionKey
    because: str = Field(min_length=10)
    effect: EffectKeys = ()
    cls: tuple[str, ...] = Field(default=(), alias="class")
    path: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    host: tuple[str, ...] = ()
    program: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    certainty: tuple[Certainty, ...] = ()
    match: tuple[str, ...] = ()
    not_match: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _must_be_about_something(self) -> Self:
        if not self.effect and not self.program:
            raise ValueError("a rule needs `effect` or `program`")
        for pattern in self.words:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"words: {pattern!r} is no pattern: {error}") from None
        return self


class Override(Model):
    """Changes the decision of a rule of the base, openly and with a reason."""

    rule: str = Field(min_length=1)
    decision: DecisionKey
    reason: str = Field(min_length=10)


class PolicyLimits(Model):
    """More than these is never `allow`.

    The first two are measured in the preview; `hosts` counts the different hosts
    that a script names for the network.
    """

    changed_files: int = Field(default=10_000, ge=0)
    bytes: int = Field(default=1 << 30, ge=0)
    hosts: int = Field(default=10, ge=0)


class SandboxSettings(Model):
    """`masks` are places hidden from the twin beside the shipped ones; `view` is what
    a preview sees where the command line does not say. `network`: whether a person
    may open the network to a preview (`ask`); nobody else may.
    """

    masks: tuple[str, ...] = ()
    timeout_s: float = Field(default=60.0, gt=0, le=3600)
    view: ViewKey = View.AUTO
    network: Literal["never", "ask"] = "ask"

    def opens_network(self, *, asked: bool) -> bool:
        """What the person asked for; raises PolicyProblem where it may not be."""
        if asked and self.network == "never":
            raise PolicyProblem(
                "The policy keeps the network shut for previews.",
                not_done="Nothing was judged, and nothing ran.",
                remedy="Call again without --network.",
            )
        return asked


class ClassPaths(Model):
    """A name for a set of path globs."""

    paths: tuple[str, ...] = Field(min_length=1)


class Examples(Model):
    """Commands and the verdict that the whole policy must give them."""

    allow: tuple[str, ...] = ()
    review: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()

    def by_decision(self) -> tuple[tuple[Decision, tuple[str, ...]], ...]:
        return (
            (Decision.ALLOW, self.allow),
            (Decision.REVIEW, self.review),
            (Decision.DENY, self.deny),
        )
