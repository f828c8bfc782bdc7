"""Judge effects by a policy: every rule speaks, the strictest wins."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from linara_agent.core.decision import Decision
from linara_agent.core.effects.effect import Effect, EffectKind
from linara_agent.core.effects.glob import matches
from linara_agent.core.effects.place import Place
from linara_agent.core.policy.policy_file import LoadedFile, PlacedRule
from linara_agent.core.policy.rule import PolicyLimits, Rule, SandboxSettings
from linara_agent.core.policy.verdict import Finding, Verdict
from linara_agent.core.shell.script import Script


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The base with its layers; `name` and `digests` are journaled."""

    name: str
    rules: tuple[PlacedRule, ...]
    limits: PolicyLimits
    sandbox: SandboxSettings
    digests: tuple[str, ...]

    @property
    def identity(self) -> str:
        """The name, and the first digits of the digest of every file in order."""
        return "+".join((self.name, *(digest[:12] for digest in self.digests)))


def policy_from(name: str, files: tuple[LoadedFile, ...]) -> Policy:
    """Combine a base file with what it extends (given before it)."""
    overrides = {o.rule: o for file in files for o in file.content.override}
    rules: list[PlacedRule] = []
    for file in files:
        for placed in file.rules:
            override = overrides.get(placed.rule.id)
            if override is None:
                rules.append(placed)
            else:
                changed = placed.rule.model_copy(update={"decision": override.decision})
                rules.append(replace(placed, rule=changed))
    limits = [file.content.limits for file in files if file.content.limits is not None]
    masks = tuple(mask for file in files for mask in file.content.sandbox.masks)
    last = files[-1].content.sandbox
    return Policy(
        name=name,
        rules=tuple(rules),
        limits=limits[-1] if limits else PolicyLimits(),
        sandbox=last.model_copy(update={"masks": masks}),
        digests=tuple(file.digest for file in files),
    )


def judge(
    script: Script, effects: tuple[Effect, ...], policy: Policy, place: Place
) -> Verdict:
    """The verdict; it is never empty, and "no rule matched" is a review."""
    findings: list[Finding] = []
    for index, effect in enumerate(effects):
        findings += _judged(script, effect, index, policy, place)
    for index in range(len(script.invocations)):
        findings += _by_invocation(script, index, policy)
    return Verdict(findings=tuple(findings) or (_nothing(script),), effects=effects)


def _by_invocation(script: Script, index: int, policy: Policy) -> Iterator[Finding]:
    """Rules that name no effect speak of the command itself."""
    start, end = script.invocations[index].span
    for placed in policy.rules:
        if not placed.rule.effect and _invocation_matches(placed.rule, script, index):
            yield _finding(placed, (start, end), None)


def _nothing(script: Script) -> Finding:
    reason = "it holds no command"
    if script.invocations:
        reason = "it only computes: nothing is read from files, changed or run"
    return Finding(rule="no-effect", decision=Decision.ALLOW, reason=reason)


def _judged(
    script: Script, effect: Effect, index: int, policy: Policy, place: Place
) -> Iterator[Finding]:
    matched = False
    for placed in policy.rules:
        if placed.rule.effect and _matches(placed.rule, effect, script, place):
            matched = True
            yield _finding(placed, effect.span, index, effect.note)
    if effect.kind is EffectKind.UNKNOWN or not matched:
        rule = "unknown" if effect.kind is EffectKind.UNKNOWN else "no-rule"
        reason = effect.note or f"no rule speaks of {describe(effect)}"
        yield Finding(
            rule=rule,
            decision=Decision.REVIEW,
            reason=reason,
            span=effect.span,
            effect=index,
        )


def describe(effect: Effect) -> str:
    """An effect in a few words."""
    target = effect.target or "something unknown"
    where = f" ({effect.cls})" if effect.cls else ""
    return f"{effect.kind} {target}{where}"


def _finding(
    placed: PlacedRule,
    span: tuple[int, int] | None,
    index: int | None,
    note: str | None = None,
) -> Finding:
    text = placed.rule.because + (f" ({note})" if note else "")
    return Finding(
        rule=placed.rule.id,
        decision=placed.rule.decision,
        reason=text,
        where=placed.where,
        span=span,
        effect=index,
    )


def _matches(rule: Rule, effect: Effect, script: Script, place: Place) -> bool:
    keys = (
        not rule.effect or effect.kind in rule.effect,
        not rule.cls or effect.cls in rule.cls,
        not rule.certainty or effect.certainty in rule.certainty,
        not rule.path or _any_glob(rule.path, effect.target, place),
        not rule.target or _any_glob(rule.target, effect.target, place),
        not rule.host or _any_glob(rule.host, effect.target, place),
        not rule.program or _program(effect.program) in rule.program,
        not rule.words or _words_match(rule, script, effect.invocation),
    )
    return all(keys)


def _program(name: str | None) -> str:
    return (name or "").split(" ")[0]


def _any_glob(globs: Iterable[str], target: str | None, place: Place) -> bool:
    if target is None:
        return False
    return any(
        matches(expanded, target)
        for glob in globs
        if (expanded := _expanded(glob, place)) is not None
    )


def _expanded(glob: str, place: Place) -> str | None:
    if glob == "~" or glob.startswith("~/"):
        return place.home + glob[1:]
    if glob.startswith("$WORKSPACE"):
        root = place.workspace
        return None if root is None else root + glob.removeprefix("$WORKSPACE")
    return glob


def _invocation_matches(rule: Rule, script: Script, index: int) -> bool:
    program = script.invocations[index].program
    name = (program.known or "").rpartition("/")[2] if program is not None else ""
    return name in rule.program and (
        not rule.words or _words_match(rule, script, index)
    )


def _words_match(rule: Rule, script: Script, index: int | None) -> bool:
    if index is None or index >= len(script.invocations):
        return False
    texts = [word.known for word in script.invocations[index].words]
    return any(
        re.fullmatch(pattern, text)
        for pattern in rule.words
        for text in texts
        if text is not None
    )
