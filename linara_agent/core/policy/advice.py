"""The smallest changes after which a command would pass: each one judged anew.

A change is offered only if the gate gives the changed command, or the command under
the changed policy, a milder verdict. What nothing allows gets no advice.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice

from linara_agent.core.decision import Decision
from linara_agent.core.effects.place import Place
from linara_agent.core.effects.told_targets import listed
from linara_agent.core.effects.trace import Reading
from linara_agent.core.gate import Gate
from linara_agent.core.policy.edits import Edit, edits
from linara_agent.core.policy.layers import Layer, LayerKind, with_layers
from linara_agent.core.policy.match import Policy, judge, with_decision
from linara_agent.core.policy.policy_file import PlacedRule, policy_file_from
from linara_agent.core.policy.rule import Rule
from linara_agent.core.policy.verdict import Verdict
from linara_agent.core.shell.script import Script
from linara_agent.errors import PolicyProblem

_TRIED = 150
"""Changed commands that are judged; each takes some milliseconds."""
_OFFERED = 3


class Way(StrEnum):
    """What is changed: words of the command, a path in it, or the policy."""

    WORDS = "words"
    PLACE = "place"
    POLICY = "policy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """A change in words, what it gets, and the command as it would be.

    `text` is None where the command stays as it is.
    """

    way: Way
    what: str
    decision: Decision
    text: str | None = None


def advise(
    text: str, place: Place, gate: Gate, *, bases: Mapping[str, Policy]
) -> tuple[Advice, ...]:
    """The changes that lead furthest, smallest first; none if it passes already.

    `bases` are the other policies that may be chosen, by name.
    """
    script = gate.read(text, place)
    reading = gate.resolve(script, place)
    verdict = gate.judge(script, reading, place)
    if verdict.decision is Decision.ALLOW:
        return ()

    def under(policy: Policy) -> Decision:
        return judge(script, reading, policy, place).decision

    found = [
        *_by_edit(script, reading, place, gate),
        *_by_policy(verdict, gate.policy, under),
        *_by_base(verdict, bases, under),
    ]
    best = min((one.decision for one in found), default=verdict.decision)
    return tuple(one for one in found if one.decision is best)


def nearest(verdict: Verdict) -> tuple[str, ...]:
    """What the strictest rules say is wrong, and what is allowed instead."""
    strictest = [f for f in verdict.findings if f.decision is verdict.decision]
    return tuple(dict.fromkeys(one.reason for one in strictest))


def _by_edit(
    script: Script, reading: Reading, place: Place, gate: Gate
) -> Iterator[Advice]:
    verdict = gate.judge(script, reading, place)
    tried: dict[str, tuple[Edit, Decision]] = {}
    for edit in islice(edits(script, reading, gate.catalogue, place), _TRIED):
        if edit.text in tried:
            continue
        changed, outcome = gate.assess(edit.text, place)
        # What cannot be understood any more is no better.
        clear = _unknown(outcome) <= _unknown(verdict) and not changed.opaque
        if changed.invocations and clear:
            tried[edit.text] = (edit, outcome.decision)
    better = [one for one in tried.values() if one[1] < verdict.decision]
    better.sort(key=lambda one: (one[1], one[0].lost))
    for edit, decision in better[:_OFFERED]:
        way = Way.PLACE if edit.elsewhere else Way.WORDS
        yield Advice(way=way, what=edit.what, text=edit.text, decision=decision)


def _unknown(verdict: Verdict) -> int:
    return sum(one.unread for one in verdict.effects)


def _by_policy(
    verdict: Verdict, policy: Policy, under: Callable[[Policy], Decision]
) -> Iterator[Advice]:
    """Rules whose decision stands in the way: one alone, else all together."""
    strict = blocking(verdict, policy)
    added = _new_rule(verdict)
    changes: list[tuple[PlacedRule, ...]] = [(one,) for one in strict]
    changes += [strict] if len(strict) > 1 else []
    for rules in changes:
        milder = _milder(policy, rules)
        if milder is not None and (decision := under(milder)) < verdict.decision:
            yield Advice(way=Way.POLICY, what=_change(rules), decision=decision)
    if added is None:
        return
    for rules in ((), strict) if strict else ((),):
        milder = _milder(policy, rules)
        if milder is None:
            continue
        wider = replace(milder, rules=(*milder.rules, added))
        if (decision := under(wider)) < verdict.decision:
            what = listed((*map(_to, rules), _allowed(added.rule)))
            yield Advice(way=Way.POLICY, what=f"with {what}", decision=decision)


def blocking(verdict: Verdict, policy: Policy) -> tuple[PlacedRule, ...]:
    """The rules behind the strictest findings."""
    strict = {f.where for f in verdict.findings if f.decision is verdict.decision}
    return tuple(one for one in policy.rules if one.where in strict)


def _milder(policy: Policy, rules: tuple[PlacedRule, ...]) -> Policy | None:
    """The policy with these rules a step milder; None where that may not be.

    A shipped rule is overridden as the person's own file would do it.
    """
    own = {one.where for one in rules if not one.shipped}
    changed = replace(
        policy,
        rules=tuple(
            with_decision(one, _step(one.rule)) if one.where in own else one
            for one in policy.rules
        ),
    )
    lines = ["version = 1"]
    for one in rules:
        if one.shipped:
            lines += [
                "[[override]]",
                f'rule = "{one.rule.id}"',
                f'decision = "{_step(one.rule).word}"',
                'reason = "It is what the advice would change."',
            ]
    file = policy_file_from("\n".join(lines), file="advice")
    layer = Layer(kind=LayerKind.USER, file=file)
    try:
        return with_layers(changed, (layer,), elsewhere=tuple)
    except PolicyProblem:
        return None


def _step(rule: Rule) -> Decision:
    return Decision(max(rule.decision - 1, Decision.ALLOW))


def _change(rules: tuple[PlacedRule, ...]) -> str:
    spoken = "it speaks" if len(rules) == 1 else "they speak"
    return f"with {listed(map(_to, rules))}, for every command that {spoken} of"


def _to(placed: PlacedRule) -> str:
    to = _step(placed.rule).word
    if placed.shipped:
        return f"an [[override]] of {placed.rule.id} to {to}"
    return f"{placed.rule.id} at {placed.where} as {to}"


def _new_rule(verdict: Verdict) -> PlacedRule | None:
    """Where no rule speaks of an effect, one that allows its like."""
    silent = [
        verdict.effects[f.effect]
        for f in verdict.findings
        if f.rule == "no-rule" and f.effect is not None
    ]
    if not silent:
        return None
    rule = Rule.model_validate(
        {
            "id": "allowed-by-advice",
            "decision": "allow",
            "because": "It is what the advice would allow.",
            "effect": list(dict.fromkeys(str(one.kind) for one in silent)),
            "class": tuple(dict.fromkeys(str(one.cls) for one in silent if one.cls)),
        }
    )
    return PlacedRule(rule=rule, where="advice:1")


def _allowed(rule: Rule) -> str:
    about = f"the effect {listed(map(str, rule.effect))}"
    if rule.cls:
        about += f" on the class {listed(rule.cls)}"
    return f"a base of your own that extends this one and allows {about}"


def _by_base(
    verdict: Verdict,
    bases: Mapping[str, Policy],
    under: Callable[[Policy], Decision],
) -> Iterator[Advice]:
    for name, policy in bases.items():
        decision = under(policy)
        if decision < verdict.decision:
            what = f"with --policy {name}"
            yield Advice(way=Way.POLICY, what=what, decision=decision)
