"""What the system, the person and the project add to the base: only ever more strict.

A layer has no rules that allow, defines no class anew, and an override of its makes a
rule stricter. One exception: the person's own file may loosen a rule that ships with
linara-agent, by naming its id, with a reason. The system's layer and the project's are
not bound by that: where they make the same rule stricter, it is stricter.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from linara_agent.core.decision import Decision
from linara_agent.core.effects.effect import PathClass
from linara_agent.core.policy.match import FLOORS, Policy, with_decision
from linara_agent.core.policy.policy_file import (
    LoadedFile,
    PlacedOverride,
    PlacedRule,
    clashes,
    class_line,
    class_problems,
    key_line,
    placed_overrides,
    unusable,
)
from linara_agent.core.policy.rule import Override, PolicyLimits, SandboxSettings
from linara_agent.core.sandbox_plan import View


class LayerKind(StrEnum):
    """In the order in which they are put on the base."""

    SYSTEM = "system"
    USER = "user"
    PROJECT = "project"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    kind: LayerKind
    file: LoadedFile


def with_layers(
    base: Policy, layers: tuple[Layer, ...], *, elsewhere: Callable[[], Collection[str]]
) -> Policy:
    """The base with the layers on it.

    `elsewhere` gives the ids of rules of all bases that ship: an override may name
    one that this base lacks, and then says nothing. Raises PolicyProblem that names
    everything that is wrong in any layer.
    """
    problems = [*_problems(base, layers, elsewhere)]
    if problems:
        raise unusable(problems)
    rules, overrides = _overridden(base, layers)
    added = tuple(one for layer in layers for one in layer.file.rules)
    files = tuple(layer.file for layer in layers)
    classes = {n: c.paths for file in files for n, c in file.content.classes.items()}
    return replace(
        base,
        rules=(*rules, *added),
        overrides=(*base.overrides, *overrides),
        classes={**base.classes, **classes},
        limits=_limits(base.limits, files),
        sandbox=_sandbox(base.sandbox, files),
        layers=tuple(f"{one.kind}:{one.file.digest[:12]}" for one in layers),
    )


def _limits(base: PolicyLimits, files: Iterable[LoadedFile]) -> PolicyLimits:
    """Of each limit the smallest."""
    found = base.model_dump()
    for file in files:
        given = file.content.limits
        if given is not None:
            for key in given.model_fields_set:
                found[key] = min(found[key], getattr(given, key))
    return PolicyLimits.model_validate(found)


def _sandbox(base: SandboxSettings, files: Iterable[LoadedFile]) -> SandboxSettings:
    """All masks, the shortest time, the view that shows less, the network shut."""
    masks, timeout_s, view = base.masks, base.timeout_s, base.view
    network = base.network
    for file in files:
        given = file.content.sandbox
        masks += given.masks
        if "timeout_s" in given.model_fields_set:
            timeout_s = min(timeout_s, given.timeout_s)
        if given.view is View.COPY:
            view = View.COPY
        if given.network == "never":
            network = given.network
    return SandboxSettings(masks=masks, timeout_s=timeout_s, view=view, network=network)


def _overridden(
    base: Policy, layers: Iterable[Layer]
) -> tuple[list[PlacedRule], list[PlacedOverride]]:
    """The base's rules: first as the person has them, then the others' if stricter."""
    ordered = sorted(layers, key=lambda layer: layer.kind is not LayerKind.USER)
    rules = {one.rule.id: one for one in base.rules}
    done: list[PlacedOverride] = []
    for layer in ordered:
        for where, one in placed_overrides(layer.file):
            placed = rules.get(one.rule)
            if placed is None:
                continue
            was = placed.rule.decision
            if layer.kind is LayerKind.USER or one.decision > was:
                rules[one.rule] = with_decision(placed, one.decision)
                done.append(PlacedOverride(override=one, where=where, was=was))
    return list(rules.values()), done


def _problems(
    base: Policy,
    layers: tuple[Layer, ...],
    elsewhere: Callable[[], Collection[str]],
) -> Iterator[str]:
    ids = {one.rule.id: one.where for one in base.rules}
    classes = set(base.classes)
    for layer in layers:
        file = layer.file
        yield from _not_for_layers(layer)
        yield from _permitted(base, layer)
        yield from _taken(file, classes)
        classes |= set(file.content.classes)
        yield from class_problems(file, classes)
        yield from clashes(file, ids)
        ids = {one.rule.id: one.where for one in file.rules} | ids
        for where, one in placed_overrides(file):
            problem = _override_problem(base, layer.kind, one, elsewhere)
            if problem is not None:
                yield f"{where}: override: {problem}"


def _not_for_layers(layer: Layer) -> Iterator[str]:
    file = layer.file
    if file.content.extends:
        line = key_line(file, "extends")
        yield f"{file.name}:{line}: extends: a layer adds to the base that is chosen"
    if file.content.bases and layer.kind is not LayerKind.SYSTEM:
        line = key_line(file, "bases")
        yield f"{file.name}:{line}: bases: only the system's layer permits bases"
    if file.content.examples.allow:
        line = key_line(file, "examples")
        yield f"{file.name}:{line}: examples.allow: a layer cannot make sure of that"
    for placed in file.rules:
        if placed.rule.decision is Decision.ALLOW:
            yield (
                f"{placed.where}: decision: a layer only makes the base stricter;"
                " allow in a base, or loosen a shipped rule by its id in an"
                " [[override]] of your own policy file"
            )


def _permitted(base: Policy, layer: Layer) -> Iterator[str]:
    file = layer.file
    if file.content.bases and base.name not in file.content.bases:
        line, listed = key_line(file, "bases"), ", ".join(file.content.bases)
        yield (
            f"{file.name}:{line}: bases: the system does not permit the base"
            f" {base.name}; choose one of these with --policy: {listed}"
        )


def _taken(file: LoadedFile, classes: Collection[str]) -> Iterator[str]:
    for name in file.content.classes:
        if name in classes:
            line = class_line(file, name)
            yield f"{file.name}:{line}: classes: {name} is defined in the base already"


def _override_problem(
    base: Policy,
    kind: LayerKind,
    override: Override,
    elsewhere: Callable[[], Collection[str]],
) -> str | None:
    placed = next((one for one in base.rules if one.rule.id == override.rule), None)
    if placed is None:
        known = override.rule in elsewhere()
        return None if known else f"there is no rule {override.rule} in the base"
    was = placed.rule.decision
    if override.decision >= was:
        return None
    if kind is not LayerKind.USER:
        return (
            f"the {kind}'s layer may not loosen {override.rule} (it is {was.word});"
            " only your own policy file may"
        )
    if not placed.shipped:
        return f"{override.rule} is not a shipped rule; change it at {placed.where}"
    floor = _floor(placed)
    if override.decision < floor:
        return f"{override.rule} is never less than {floor.word}"
    return None


def _floor(placed: PlacedRule) -> Decision:
    """The mildest that a rule about changes of certain places may become."""
    named = frozenset(placed.rule.cls) & frozenset(FLOORS)
    if "read" in placed.rule.effect or not named:
        return Decision.ALLOW
    return max(FLOORS[PathClass(name)] for name in named)
