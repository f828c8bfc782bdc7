"""Rules that cannot speak, say nothing new, contradict others, or allow too much."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from linara_agent.core.decision import Decision
from linara_agent.core.effects.effect import EffectKind
from linara_agent.core.effects.glob import is_live, matches
from linara_agent.core.policy.examples import Subject
from linara_agent.core.policy.policy_file import PlacedRule
from linara_agent.core.policy.rule import Rule

_OF_PATHS = frozenset(
    (
        EffectKind.READ,
        EffectKind.CREATE,
        EffectKind.MODIFY,
        EffectKind.DELETE,
        EffectKind.METADATA,
        EffectKind.EXECUTE,
        EffectKind.OBSERVE,
    )
)
_HARMLESS = frozenset((EffectKind.READ, EffectKind.OBSERVE))
_FLOWS = frozenset(
    f"{source}>{sink}"
    for source in ("network", "secrets", "decoded", "data")
    for sink in ("interpreter", "network")
)
_KEYS = ("effect", "cls", "path", "target", "host", "program", "words", "certainty")
_NARROWING = ("cls", "path", "target", "host", "program", "words")
_EVERYTHING = frozenset(("**", "/**", "**/*", "/**/*"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """`kind` is one word for programs: `unreachable`, `shadowed`, `too-wide`,
    `contradictory`, `duplicate` or `no-change`.
    """

    where: str
    rule: str
    kind: str
    text: str


def lint(
    subject: Subject, *, known_program: Callable[[str], bool]
) -> tuple[Remark, ...]:
    """What is wrong with the rules of one file; its bases are taken as they are."""
    remarks: list[Remark] = []
    for placed in subject.rules():
        remarks += _alone(placed, known_program)
        remarks += _beside(placed, subject)
    remarks += _overrides(subject)
    return tuple(remarks)


def _alone(
    placed: PlacedRule, known_program: Callable[[str], bool]
) -> Iterator[Remark]:
    rule = placed.rule
    reasons = [
        *_dead_keys(rule),
        *_dead_globs(rule),
    ]
    for reason in reasons:
        yield _remark(placed, "unreachable", reason)
    if rule.decision is Decision.ALLOW:
        yield from _too_wide(placed)
        for name in rule.program:
            if not known_program(name):
                reason = f"the catalogue does not know {name}, so it is never allowed"
                yield _remark(placed, "unreachable", reason)


def _dead_keys(rule: Rule) -> Iterator[str]:
    """Keys that no effect of the rule can have."""
    kinds = frozenset(rule.effect)
    if (rule.cls or rule.path) and not kinds & _OF_PATHS:
        yield "it names a class or a path, and none of its effects has one"
    if rule.host and EffectKind.NETWORK not in kinds:
        yield "it names a host, and only the effect network has one"
    if (rule.target or rule.certainty) and not kinds:
        yield "it names a target or a certainty without an effect"
    if kinds == {EffectKind.UNKNOWN} and rule.decision < Decision.DENY:
        yield "what is unknown is reviewed anyway, and never allowed"
    if kinds == {EffectKind.FLOW}:
        for value in rule.target:
            if not any(matches(value, flow) for flow in _FLOWS):
                yield f"there is no flow {value}"


def _dead_globs(rule: Rule) -> Iterator[str]:
    for glob in rule.path:
        absolute = glob.startswith(("/", "~/", "$WORKSPACE", "**")) or glob == "~"
        if not absolute:
            yield f"paths are absolute: {glob} matches none (begin with /, ~/, **/)"
        elif "//" in glob or "/./" in glob or "/../" in glob:
            yield f"paths are normalised: {glob} matches none"
        elif len(glob) > 1 and glob.endswith("/"):
            yield f"no path ends in a slash: {glob} matches none (write {glob}**)"


def _too_wide(placed: PlacedRule) -> Iterator[Remark]:
    rule = placed.rule
    dangerous = [kind for kind in rule.effect if kind not in _HARMLESS]
    if dangerous and not any(getattr(rule, key) for key in _NARROWING):
        listed = ", ".join(dangerous)
        yield _remark(
            placed, "too-wide", f"it allows {listed} of anything; name what it may be"
        )
    for glob in rule.path:
        if dangerous and glob in _EVERYTHING:
            yield _remark(placed, "too-wide", f"{glob} is every path there is")
    if EffectKind.UNKNOWN in rule.effect:
        yield _remark(placed, "unreachable", "what is unknown is never allowed")


def _beside(placed: PlacedRule, subject: Subject) -> Iterator[Remark]:
    """Against the other rules; of two alike, the later one is told of.

    To be stricter than a file below is what a file is for.
    """
    order = {one.where: n for n, one in enumerate(subject.policy.rules)}
    for other in subject.policy.rules:
        if other is placed:
            continue
        earlier = order[other.where] < order[placed.where]
        remark = _against(placed.rule, other.rule, earlier=earlier)
        stricter = placed.rule.decision > other.rule.decision
        if remark is not None and not (stricter and _file(placed) != _file(other)):
            kind, text = remark
            yield _remark(placed, kind, f"{text} {other.rule.id} ({other.where})")


def _file(placed: PlacedRule) -> str:
    return placed.where.rpartition(":")[0]


def _against(rule: Rule, other: Rule, *, earlier: bool) -> tuple[str, str] | None:
    within, around = _within(rule, other), _within(other, rule)
    if within and around:
        if not earlier:
            return None
        if rule.decision is other.decision:
            return "duplicate", "it says the same as"
        return (
            "contradictory",
            f"it speaks of the same and is not {other.decision.word} as",
        )
    if within and other.decision >= rule.decision:
        return "shadowed", f"all it speaks of is {other.decision.word} already by"
    return None


def _within(rule: Rule, other: Rule) -> bool:
    """Whatever the first rule speaks of, the second one speaks of as well."""
    if bool(rule.effect) is not bool(other.effect):
        return False  # one speaks of effects, the other of programs
    return all(_key_within(key, rule, other) for key in _KEYS)


def _key_within(key: str, rule: Rule, other: Rule) -> bool:
    inner: tuple[str, ...] = getattr(rule, key)
    outer: tuple[str, ...] = getattr(other, key)
    if not outer:
        return True
    if not inner:
        return False
    if key == "path":
        return all(any(_glob_within(one, wide) for wide in outer) for one in inner)
    return set(inner) <= set(outer)


def _glob_within(glob: str, wide: str) -> bool:
    """Every path of the one is a path of the other, as far as the texts show it."""
    if glob == wide:
        return True
    if not is_live(glob):
        return matches(wide, glob)
    if not wide.endswith("/**") or is_live(wide[:-3]):
        return False
    return glob.startswith(wide[:-2])


def _overrides(subject: Subject) -> Iterator[Remark]:
    for one in subject.policy.overrides:
        mine = one.where.startswith(f"{subject.file.name}:")
        if mine and one.was is one.override.decision:
            yield Remark(
                where=one.where,
                rule=one.override.rule,
                kind="no-change",
                text=f"{one.override.rule} is {one.was.word} without the override",
            )


def _remark(placed: PlacedRule, kind: str, text: str) -> Remark:
    return Remark(where=placed.where, rule=placed.rule.id, kind=kind, text=text)
