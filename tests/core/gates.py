"""Gates with the real parsers, catalogue and policies, for a person named u."""

from functools import cache

from linara_agent.core.effects.effect import Effect
from linara_agent.core.effects.place import Place
from linara_agent.core.gate import Gate
from linara_agent.core.policy.match import Policy
from linara_agent.core.policy.verdict import Verdict
from linara_agent.parsers.both import BothParsers
from linara_agent.rulebook import load_catalogue, load_policy

PLACE = Place(
    cwd="/home/u/project",
    home="/home/u",
    user="u",
    workspace="/home/u/project",
    own=("/home/u/.local/state/linara-agent",),
)


@cache
def gate(policy: str = "default") -> Gate:
    return gate_with(load_policy(policy))


def gate_with(policy: Policy) -> Gate:
    return Gate(parsers=BothParsers(), catalogue=load_catalogue(), policy=policy)


def assess(command: str, *, policy: str = "default", place: Place = PLACE) -> Verdict:
    return gate(policy).assess(command, place)[1]


def decision(command: str, *, policy: str = "default", place: Place = PLACE) -> str:
    return assess(command, policy=policy, place=place).decision.word


def effects(command: str, *, place: Place = PLACE) -> tuple[Effect, ...]:
    return assess(command, place=place).effects


def targets(command: str, kind: str, *, place: Place = PLACE) -> set[str | None]:
    """What the effects of one kind are about."""
    return {one.target for one in effects(command, place=place) if one.kind == kind}
