"""Would the examples notice? Each rule is spoilt in every way, one at a time.

A rule is dropped; its decision goes one step up and down; each value of a key is taken
away; each key is dropped, which makes the rule speak of more. An override is dropped
and its decision moved. An example notices that a rule speaks of it or no more, that its
verdict is another, or that one of the effects which led to the verdict no longer does.
A spoilt policy that no example notices has survived.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from linara_agent.core.decision import Decision
from linara_agent.core.policy.examples import Readings, Subject, unmet_verdicts
from linara_agent.core.policy.match import Policy, with_decision
from linara_agent.core.policy.policy_file import PlacedRule

KEYS = ("effect", "cls", "path", "target", "host", "program", "words", "certainty")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A spoilt policy; `rule` is the spoilt rule, None where it was dropped."""

    what: str
    where: str
    original: PlacedRule
    rule: PlacedRule | None
    policy: Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How many spoilt policies there were, and those that no example noticed."""

    mutants: int
    survivors: tuple[Mutant, ...]

    @property
    def percent(self) -> float:
        """100 where there was nothing to spoil."""
        noticed = self.mutants - len(self.survivors)
        return 100 * noticed / self.mutants if self.mutants else 100.0


def score(subject: Subject, readings: Readings) -> Score:
    """Spoil every rule and override of the file."""
    # Without floors a rule must show by itself what it is for.
    bare = replace(subject, policy=replace(subject.policy, floors={}))
    found = tuple(mutants(bare))
    alive = tuple(one for one in found if not _noticed(one, bare, readings))
    return Score(mutants=len(found), survivors=alive)


def mutants(subject: Subject) -> Iterator[Mutant]:
    own = {one.rule.id for one in subject.file.rules}
    overridden = {one.override.rule for one in subject.policy.overrides}
    for placed in subject.policy.rules:
        if placed.rule.id in own:
            yield from _of_rule(subject, placed)
        if placed.rule.id in overridden:
            yield from _of_override(subject, placed)


def _of_rule(subject: Subject, placed: PlacedRule) -> Iterator[Mutant]:
    yield _mutant(subject, placed, None, "the rule dropped")
    for other in _steps(placed.rule.decision, subject):
        spoilt = with_decision(placed, other)
        words = f"{placed.rule.decision.word} → {other.word}"
        yield _mutant(subject, placed, spoilt, words)
    for key in KEYS:
        yield from _of_key(subject, placed, key)


def _of_key(subject: Subject, placed: PlacedRule, key: str) -> Iterator[Mutant]:
    values: tuple[object, ...] = getattr(placed.rule, key)
    name = "class" if key == "cls" else key
    if not values:
        return
    if len(values) > 1:
        for index, value in enumerate(values):
            rest = values[:index] + values[index + 1 :]
            yield _mutant(
                subject, placed, _with(placed, key, rest), f"{name} without {value}"
            )
    needed = {"effect": placed.rule.program, "program": placed.rule.effect}
    if needed.get(key, ("anything",)):  # a rule has one of the two
        yield _mutant(subject, placed, _with(placed, key, ()), f"{name} dropped")


def _of_override(subject: Subject, placed: PlacedRule) -> Iterator[Mutant]:
    for one in subject.policy.overrides:
        named = one.override.rule == placed.rule.id
        if not named or not one.where.startswith(f"{subject.file.name}:"):
            continue
        decision = one.override.decision
        others = dict.fromkeys((one.was, *_steps(decision, subject)))
        for other in others:
            if subject.layer and other > decision:
                continue
            spoilt = with_decision(placed, other)
            words = f"override {one.override.decision.word} → {other.word}"
            if other is not one.override.decision:
                yield replace(_mutant(subject, placed, spoilt, words), where=one.where)


def _steps(decision: Decision, subject: Subject) -> tuple[Decision, ...]:
    """One step down and up; a layer says only how strict a verdict is at least."""
    steps = (decision - 1,) if subject.layer else (decision - 1, decision + 1)
    return tuple(one for one in Decision if one in steps)


def _with(placed: PlacedRule, key: str, values: tuple[object, ...]) -> PlacedRule:
    return replace(placed, rule=placed.rule.model_copy(update={key: values}))


def _mutant(
    subject: Subject, placed: PlacedRule, spoilt: PlacedRule | None, what: str
) -> Mutant:
    rules = tuple(
        one if one is not placed else spoilt
        for one in subject.policy.rules
        if one is not placed or spoilt is not None
    )
    return Mutant(
        what=f"{placed.rule.id}: {what}",
        where=placed.where,
        original=placed,
        rule=spoilt,
        policy=replace(subject.policy, rules=tuple(r for r in rules if r is not None)),
    )


def _noticed(mutant: Mutant, subject: Subject, readings: Readings) -> bool:
    """By the rule's own examples, else by a verdict."""
    rule, policy = mutant.original.rule, subject.policy
    spoilt = mutant.rule
    for command in rule.match:
        if spoilt is None or not readings.fits(command, spoilt, policy):
            return True
    if spoilt is not None:
        for command in rule.not_match:
            if readings.fits(command, spoilt, policy):
                return True
    changed = replace(subject, policy=mutant.policy)
    if next(unmet_verdicts(changed, readings), None) is not None:
        return True
    return any(
        _grounds(command, policy, readings)
        != _grounds(command, mutant.policy, readings)
        for _, commands in subject.file.content.examples.by_decision()
        for command in commands
    )


def _grounds(command: str, policy: Policy, readings: Readings) -> frozenset[int | None]:
    """The effects that a verdict rests on: each alone would have led to it."""
    verdict = readings.verdict(command, policy)
    return frozenset(
        one.effect for one in verdict.findings if one.decision is verdict.decision
    )
