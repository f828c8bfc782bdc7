"""The gate with the policy in force: a base, and the layers that are found here.

What is wrong with any of them stops everything.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from linara_agent import __version__
from linara_agent.core.decision import Decision
from linara_agent.core.effects.catalogue import Catalogue
from linara_agent.core.effects.effect import EffectKind
from linara_agent.core.effects.trace import Reading
from linara_agent.core.gate import Gate
from linara_agent.core.policy.examples import PLACE, Readings, Subject, count, unmet
from linara_agent.core.policy.layers import Layer, LayerKind, with_layers
from linara_agent.core.policy.match import Policy, policy_from
from linara_agent.core.policy.policy_file import (
    LoadedFile,
    PlacedRule,
    unusable,
)
from linara_agent.core.policy.rule import Rule
from linara_agent.core.shell.script import Script
from linara_agent.errors import PolicyProblem
from linara_agent.parsers.both import BothParsers
from linara_agent.rulebook import (
    SHIPPED,
    base_files,
    base_name,
    catalogue_stamp,
    load_catalogue,
    proven,
    shipped_rules,
)
from linara_agent.settings.layer_files import (
    PROJECT_FILE,
    FoundLayer,
    Ground,
    found_layers,
    read_project_file,
)
from linara_agent.settings.remembered import Remembered
from linara_agent.settings.trust import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """The base's files, the layers that were found, and the policy they make."""

    files: tuple[LoadedFile, ...]
    found: tuple[FoundLayer, ...]
    policy: Policy

    def subjects(self) -> tuple[Subject, ...]:
        """Each file with the policy that its examples are judged by."""
        own = tuple(subject_of(_reference(file)) for file in self.files)
        layers = tuple(
            Subject(file=one.file, policy=self.policy, layer=True)
            for one in self.found
            if one.counts and one.file is not None
        )
        return (*own, *layers)


def load_gate(reference: str, ground: Ground) -> Gate:
    """The gate of everything that judges. Raises PolicyProblem, SettingsProblem."""
    catalogue = load_catalogue(ground.directories.cache)
    found = in_force(reference, ground)
    _check_examples(found, catalogue, ground)
    return Gate(parsers=BothParsers(), catalogue=catalogue, policy=found.policy)


def in_force(reference: str, ground: Ground) -> InForce:
    """The base with its layers, examples unchecked; names all problems at once."""
    problems: list[str] = []
    files: tuple[LoadedFile, ...] = ()
    base: Policy | None = None
    try:
        files = base_files(reference)
        base = policy_from(base_name(reference), files)
    except PolicyProblem as problem:
        problems.append(problem.what)
    found: list[FoundLayer] = []
    for kind in LayerKind:
        try:
            found += found_layers(kind, ground)
        except PolicyProblem as problem:
            problems.append(problem.what)
    if problems or base is None:
        raise unusable(_listed(problems))
    return _layered(base, files, tuple(found))


def _layered(
    base: Policy, files: tuple[LoadedFile, ...], found: tuple[FoundLayer, ...]
) -> InForce:
    layers = tuple(
        Layer(kind=one.kind, file=one.file)
        for one in found
        if one.counts and one.file is not None
    )
    policy = with_layers(base, layers, elsewhere=shipped_rules)
    for one in found:
        policy = _marked(policy, one)
    return InForce(files=files, found=found, policy=policy)


def if_trusted(reference: str, ground: Ground, path: Path) -> Subject:
    """A project's file as it would count once it is trusted. Raises PolicyProblem."""
    file = read_project_file(path)
    others = in_force(reference, replace(ground, workspace=None))
    base = policy_from(base_name(reference), others.files)
    project = FoundLayer(
        kind=LayerKind.PROJECT, path=path, file=file, trust=Trust.TRUSTED
    )
    whole = _layered(base, others.files, (*others.found, project))
    return Subject(file=file, policy=whole.policy, layer=True)


def subjects(
    references: Iterable[str], base: str, ground: Ground
) -> tuple[Subject, ...]:
    """The files that are named, else all that are in force; each with its policy.

    A layer's file is taken on the base, any other as a base of its own.
    """
    given = tuple(references)
    if not given:
        return in_force(base, ground).subjects()
    return tuple(_subject(one, base, ground) for one in given)


def _subject(reference: str, base: str, ground: Ground) -> Subject:
    path = Path(reference).absolute()
    if reference in SHIPPED:
        return subject_of(reference)
    if path.name == PROJECT_FILE:
        return if_trusted(base, ground, path)
    if path in (ground.path(LayerKind.SYSTEM), ground.path(LayerKind.USER)):
        for one in in_force(base, ground).subjects():
            if one.layer and one.file.name == str(path):
                return one
    return subject_of(reference)


def _listed(problems: list[str]) -> list[str]:
    """The lines of several errors, without their headings."""
    return [line.strip() for one in problems for line in one.splitlines()[1:]]


def _marked(policy: Policy, layer: FoundLayer) -> Policy:
    """Say what does not count; a trusted file that changed leaves no `allow`.

    Or the change that takes a rule away would be the way around it.
    """
    if layer.trust in (None, Trust.TRUSTED):
        return policy
    if layer.trust is Trust.UNTRUSTED:
        notice = (
            f"the project's policy {layer.path} does not count: it is not trusted."
            " Read it, then call `linara-agent policy trust`."
        )
        return _with_notice(policy, notice, layer)
    notice = (
        f"the project's policy {layer.path} does not count: it has changed since you"
        " trusted it. Until you call `linara-agent policy trust` again, everything is"
        " reviewed."
    )
    rule = Rule(
        id="project-policy-changed",
        decision=Decision.REVIEW,
        because="The project's policy has changed since you trusted it;"
        " read it, then call `linara-agent policy trust`.",
        effect=tuple(EffectKind),
    )
    guard = PlacedRule(rule=rule, where=f"{layer.path}:1")
    marked = _with_notice(policy, notice, layer)
    return replace(marked, rules=(*policy.rules, guard))


def _with_notice(policy: Policy, notice: str, layer: FoundLayer) -> Policy:
    return replace(
        policy,
        notices=(*policy.notices, notice),
        layers=(*policy.layers, f"{layer.kind}:{layer.trust}"),
    )


def subject_of(reference: str) -> Subject:
    """A base's own file, with the base as the policy of its examples."""
    files = base_files(reference)
    return Subject(file=files[-1], policy=policy_from(base_name(reference), files))


def _reference(file: LoadedFile) -> str:
    name = file.name.rpartition("/")[2].removesuffix(".toml")
    return name if file.shipped else file.name


def readings(catalogue: Catalogue) -> Readings:
    """Reads examples with the real parsers."""
    empty = policy_from("none", ())
    gate = Gate(parsers=BothParsers(), catalogue=catalogue, policy=empty)

    def read(text: str) -> tuple[Script, Reading]:
        script = gate.read(text, PLACE)
        return script, gate.resolve(script, PLACE)

    return Readings(read=read)


def _check_examples(found: InForce, catalogue: Catalogue, ground: Ground) -> None:
    """Of files that nobody has checked yet; each reading costs some milliseconds."""
    layered = any(one.counts for one in found.found)
    if not layered and all(proven(file) for file in found.files):
        return
    key = _key(found)
    memory = Remembered(cache=ground.directories.cache)
    if memory.holds(key):
        return
    read = readings(catalogue)
    unproven = [one for one in found.subjects() if count(one.file)]
    problems = [
        line for one in unproven if not proven(one.file) for line in unmet(one, read)
    ]
    if problems:
        raise unusable(problems)
    memory.remember(key)


def _key(found: InForce) -> str:
    """Everything that the examples' outcome depends on."""
    layers = [f"{one.kind}:{one.file.digest}" for one in found.found if one.file]
    digests = [file.digest for file in found.files]
    listed = [__version__, catalogue_stamp(), found.policy.name, digests, layers]
    return sha256(json.dumps(listed).encode()).hexdigest()
