"""Judge effects by a policy: every rule speaks, the strictest wins."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from types import MappingProxyType

from linara_agent.core.decision import Decision
from linara_agent.core.effects.effect import Effect, EffectKind, PathClass
from linara_agent.core.effects.place import Place
from linara_agent.core.effects.trace import Command, Nested, Reading
from linara_agent.core.policy.path_globs import matches_one, speaks_of
from linara_agent.core.policy.policy_file import (
    LoadedFile,
    PlacedOverride,
    PlacedRule,
    must_fit,
    placed_overrides,
)
from linara_agent.core.policy.rule import (
    Model,
    Override,
    PolicyLimits,
    Rule,
    SandboxSettings,
)
from linara_agent.core.policy.verdict import Finding, Verdict
from linara_agent.core.shell.script import Script


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The base with its layers; its `identity` is journaled.

    `digests` are those of the base's files; a layer is written `user:DIGEST`, or
    `project:untrusted`. `notices` are sentences that every caller is told.
    """

    name: str
    rules: tuple[PlacedRule, ...]
    limits: PolicyLimits
    sandbox: SandboxSettings
    digests: tuple[str, ...]
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    overrides: tuple[PlacedOverride, ...] = ()
    layers: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    floors: Mapping[PathClass, Decision] = field(default_factory=lambda: FLOORS)

    @property
    def identity(self) -> str:
        """The name, the first digits of the digest of every file, and each layer."""
        digests = (digest[:12] for digest in self.digests)
        return "+".join((self.name, *digests, *self.layers))

    @property
    def files(self) -> tuple[str, ...]:
        """The files behind it that did not ship: no command may change them."""
        places = [one.where for one in self.rules]
        places += [one.where for one in self.overrides]
        named = {self.name, *(where.rpartition(":")[0] for where in places)}
        return tuple(sorted(one for one in named if one.startswith("/")))


FLOORS: Mapping[PathClass, Decision] = MappingProxyType(
    {
        PathClass.OWN: Decision.DENY,
        PathClass.AUTORUN: Decision.REVIEW,
        PathClass.STARTUP: Decision.REVIEW,
    }
)
"""What changing such a path is at least, whatever a policy says."""


def base_of(identity: str) -> str:
    """The name of the base in a policy's identity."""
    return _DIGESTS_AND_LAYERS.sub("", identity)


_DIGESTS_AND_LAYERS = re.compile(r"(\+[0-9a-f]{12}|\+(system|user|project):\w+)+$")


def policy_from(name: str, files: tuple[LoadedFile, ...]) -> Policy:
    """Combine a base file with what it extends (given before it).

    Raises PolicyProblem if the files do not fit together.
    """
    must_fit(files)
    classes = {n: c.paths for file in files for n, c in file.content.classes.items()}
    rules, overrides = overridden(
        [one for file in files for one in file.rules],
        [one for file in files for one in placed_overrides(file)],
    )
    masks = tuple(mask for file in files for mask in file.content.sandbox.masks)
    sandbox = SandboxSettings.model_validate(
        _latest(file.content.sandbox for file in files) | {"masks": masks}
    )
    limits = _latest(file.content.limits for file in files)
    return Policy(
        name=name,
        rules=rules,
        overrides=overrides,
        limits=PolicyLimits.model_validate(limits),
        sandbox=sandbox,
        digests=tuple(file.digest for file in files),
        classes=classes,
    )


def overridden(
    rules: Iterable[PlacedRule], overrides: Iterable[tuple[str, Override]]
) -> tuple[tuple[PlacedRule, ...], tuple[PlacedOverride, ...]]:
    """The rules as the overrides (with their places) leave them; the last one wins."""
    said = {one.rule: (where, one) for where, one in overrides}
    changed: list[PlacedRule] = []
    done: list[PlacedOverride] = []
    for placed in rules:
        if placed.rule.id not in said:
            changed.append(placed)
            continue
        where, one = said[placed.rule.id]
        done.append(PlacedOverride(override=one, where=where, was=placed.rule.decision))
        changed.append(with_decision(placed, one.decision))
    return tuple(changed), tuple(done)


def with_decision(placed: PlacedRule, decision: Decision) -> PlacedRule:
    rule = placed.rule.model_copy(update={"decision": decision})
    return replace(placed, rule=rule)


def _latest(tables: Iterable[Model | None]) -> dict[str, object]:
    """Each key as the last file that sets it has it."""
    found: dict[str, object] = {}
    for table in tables:
        if table is not None:
            found |= {key: getattr(table, key) for key in table.model_fields_set}
    return found


def judge(script: Script, reading: Reading, policy: Policy, place: Place) -> Verdict:
    """The verdict; it is never empty, and "no rule matched" is a review."""
    subject = _Subject(reading=reading, place=place, classes=policy.classes)
    findings: list[Finding] = []
    for index, effect in enumerate(reading.effects):
        findings += _judged(subject, effect, index, policy)
    for command in reading.commands:
        findings += _by_command(command, policy)
    findings += _over_hosts(reading, policy)
    findings += _misleading(script, reading.nested)
    return Verdict(
        findings=tuple(findings) or (_nothing(script),), effects=reading.effects
    )


def _misleading(script: Script, nested: Iterable[Nested]) -> Iterator[Finding]:
    """What was read well, but by a person may be taken for something else."""
    for one in script.misleading:
        span = (one.span.start, one.span.end)
        yield _not_as_it_seems(one.reason, span)
    for text in nested:
        for finding in _misleading(text.script, text.inner):
            reason = f"{text.what}: {finding.reason}"
            span = (text.span.start, text.span.end)
            yield replace(finding, reason=reason, span=span)


def _not_as_it_seems(reason: str, span: tuple[int, int]) -> Finding:
    return Finding(
        rule="misleading", decision=Decision.REVIEW, reason=reason, span=span
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    """What a rule is held against, beside the one effect."""

    reading: Reading
    place: Place
    classes: Mapping[str, tuple[str, ...]]


def _by_command(command: Command, policy: Policy) -> Iterator[Finding]:
    """Rules that name no effect speak of the command itself."""
    for placed in policy.rules:
        rule = placed.rule
        speaks = not rule.effect and command.program in rule.program
        if speaks and (not rule.words or _words_match(rule, command)):
            yield _finding(placed, command.span, None)


def _over_hosts(reading: Reading, policy: Policy) -> Iterator[Finding]:
    """A program that names no host counts as one."""
    named: dict[str, set[str]] = {}
    for effect in reading.effects:
        if effect.kind is EffectKind.NETWORK:
            program = _program(effect.program)
            hosts = named.setdefault(program, set())
            hosts |= {effect.target or program} - {program}
    count = len({host for hosts in named.values() for host in hosts})
    count += sum(not hosts for hosts in named.values())
    most = policy.limits.hosts
    if count > most:
        reason = f"it uses {count} hosts of the network; the limit is {most}"
        yield Finding(rule="limit-hosts", decision=Decision.REVIEW, reason=reason)


def _nothing(script: Script) -> Finding:
    reason = "it holds no command"
    if script.invocations:
        reason = "it only computes: nothing is read from files, changed or run"
    return Finding(rule="no-effect", decision=Decision.ALLOW, reason=reason)


def _judged(
    subject: _Subject, effect: Effect, index: int, policy: Policy
) -> Iterator[Finding]:
    strictest: Decision | None = None
    for placed in policy.rules:
        if placed.rule.effect and _matches(placed.rule, effect, subject):
            strictest = max(strictest or Decision.ALLOW, placed.rule.decision)
            yield _finding(placed, effect.span, index, effect.note)
    own = _without_rule(effect, strictest)
    if own is not None:
        rule, reason = own
        yield Finding(
            rule=rule,
            decision=Decision.REVIEW,
            reason=reason,
            span=effect.span,
            effect=index,
        )
    floor = None if effect.cls is None else policy.floors.get(effect.cls)
    if floor is not None and effect.kind in _CHANGES:
        found = Decision.REVIEW if strictest is None else strictest
        if found < floor:
            yield _at_least(floor, effect, index)


def _without_rule(effect: Effect, strictest: Decision | None) -> tuple[str, str] | None:
    """Why an effect is reviewed that no rule allows, or that none can."""
    if effect.kind is EffectKind.UNKNOWN:
        return "unknown", effect.note or f"no rule speaks of {describe(effect)}"
    if strictest is None:
        return "no-rule", effect.note or f"no rule speaks of {describe(effect)}"
    if effect.unread and strictest < Decision.REVIEW:
        return "unread-code", "no policy lets code run that nobody could read"
    return None


_CHANGES = (
    EffectKind.CREATE,
    EffectKind.MODIFY,
    EffectKind.DELETE,
    EffectKind.METADATA,
)


def _at_least(floor: Decision, effect: Effect, index: int) -> Finding:
    """What is said where the rules are milder than any policy may be."""
    if effect.cls is PathClass.OWN:
        rule = "own-files"
        reason = "no policy lets a command change linara-agent's own files"
    else:
        rule = "runs-later"
        reason = "no policy lets a command change, unseen, what runs by itself later"
    return Finding(
        rule=rule, decision=floor, reason=reason, span=effect.span, effect=index
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


def _matches(rule: Rule, effect: Effect, subject: _Subject) -> bool:
    place = subject.place
    return (
        effect.kind in rule.effect
        and (not rule.cls or any(_in_class(one, effect, subject) for one in rule.cls))
        and (not rule.certainty or effect.certainty in rule.certainty)
        and (not rule.program or _program(effect.program) in rule.program)
        and (not rule.path or speaks_of(rule.path, rule.decision, effect, place))
        and (not rule.target or matches_one(rule.target, effect.target, place))
        and (not rule.host or matches_one(rule.host, effect.target, place))
        and (not rule.words or _words_of(effect, rule, subject.reading))
    )


def _in_class(name: str, effect: Effect, subject: _Subject) -> bool:
    own = subject.classes.get(name)
    if own is None:
        return effect.cls == name
    return effect.cls is not None and matches_one(own, effect.target, subject.place)


def _words_of(effect: Effect, rule: Rule, reading: Reading) -> bool:
    if effect.command is None:
        return False
    return _words_match(rule, reading.commands[effect.command])


def _program(name: str | None) -> str:
    return (name or "").split(" ")[0]


def _words_match(rule: Rule, command: Command) -> bool:
    """One word matches, or an option with the word behind it (`--pid host`).

    An option that the catalogue knows matches in all its spellings.
    """
    words = command.words
    texts = [*command.options, *(word for word in words if word is not None)]
    texts += [
        f"{option}={value}"
        for option, value in pairwise(words)
        if option is not None and value is not None and option.startswith("-")
    ]
    return any(re.fullmatch(pattern, text) for pattern in rule.words for text in texts)
