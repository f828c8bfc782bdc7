"""The text of a policy file, with the line each rule stands on."""

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal

from pydantic import Field, ValidationError

from linara_agent.core.decision import Decision
from linara_agent.core.effects.effect import PathClass
from linara_agent.core.policy.rule import (
    ClassPaths,
    Examples,
    Model,
    Override,
    PolicyLimits,
    Rule,
    SandboxSettings,
)
from linara_agent.errors import PolicyProblem


class PolicyFile(Model):
    """What a file may hold.

    `extends` names the bases whose rules a base adds to; `bases`, in the system's
    layer alone, the bases that may be chosen.
    """

    version: Literal[1]
    extends: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    classes: Mapping[str, ClassPaths] = Field(default_factory=dict)
    limits: PolicyLimits | None = None
    sandbox: SandboxSettings = SandboxSettings()
    rule: tuple[Rule, ...] = ()
    override: tuple[Override, ...] = ()
    examples: Examples = Examples()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedRule:
    """A rule and where it stands, as `file:line`; `shipped` with linara-agent."""

    rule: Rule
    where: str
    shipped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedOverride:
    """An override, where it stands, and what the rule had decided without it."""

    override: Override
    where: str
    was: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedFile:
    """`name` is what a person is told; `digest` the SHA-256 of the text."""

    name: str
    text: str
    content: PolicyFile
    rules: tuple[PlacedRule, ...]
    digest: str
    shipped: bool = False


def policy_file_from(text: str, *, file: str, shipped: bool = False) -> LoadedFile:
    """Read one file; raises PolicyProblem that names all its problems by line."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise unusable([_toml_problem(text, file, error)]) from None
    try:
        content = PolicyFile.model_validate(data)
    except ValidationError as error:
        found = [_place(text, file, one) for one in error.errors()]
        raise unusable([*found, *_twice(data, text, file)]) from None
    lines = _lines(text, "rule")
    if len(lines) != len(content.rule):
        raise unusable([f"{file}:1: rule: write each rule as its own [[rule]] table"])
    twice = _twice(data, text, file)
    if twice:
        raise unusable(twice)
    return LoadedFile(
        name=file,
        text=text,
        content=content,
        rules=tuple(
            PlacedRule(rule=rule, where=f"{file}:{line}", shipped=shipped)
            for rule, line in zip(content.rule, lines, strict=True)
        ),
        digest=sha256(text.encode()).hexdigest(),
        shipped=shipped,
    )


def must_fit(files: Iterable[LoadedFile]) -> None:
    """Raise PolicyProblem that names all that does not fit between a base's files."""
    listed = tuple(files)
    ids = {one.rule.id: one.where for file in listed for one in file.rules}
    classes = {name for file in listed for name in file.content.classes}
    problems: list[str] = []
    for file in listed:
        problems += [*clashes(file, ids), *class_problems(file, classes)]
        problems += [
            f"{where}: override: there is no rule {override.rule}"
            for where, override in placed_overrides(file)
            if override.rule not in ids
        ]
        if file.content.bases:
            line = key_line(file, "bases")
            problems.append(f"{file.name}:{line}: bases: {_ONLY_THE_SYSTEM}")
    if problems:
        raise unusable(problems)


_ONLY_THE_SYSTEM = "only the system's layer permits bases"


def clashes(file: LoadedFile, ids: Mapping[str, str]) -> list[str]:
    """The rules whose id stands somewhere else; `ids` is id → place."""
    return [
        f"{one.where}: id: {one.rule.id} is used at {ids[one.rule.id]} too"
        for one in file.rules
        if ids.get(one.rule.id, one.where) != one.where
    ]


def class_problems(file: LoadedFile, classes: Collection[str]) -> list[str]:
    """Rules of classes that nobody defines, and classes with a name of ours."""
    known = {*classes, *PathClass}
    return [
        f"{one.where}: class: there is no class {name}"
        for one in file.rules
        for name in one.rule.cls
        if name not in known
    ] + [
        f"{file.name}:{class_line(file, name)}: classes: {name} has a meaning already"
        for name in file.content.classes
        if name in frozenset(PathClass)
    ]


def placed_overrides(file: LoadedFile) -> list[tuple[str, Override]]:
    """Each override with its `file:line`, the line of its `rule` key."""
    lines = _lines(file.text, "override")
    return [
        (f"{file.name}:{_line_of(file.text, 'rule', line)}", override)
        for line, override in zip(lines, file.content.override, strict=False)
    ]


def class_line(file: LoadedFile, name: str) -> int:
    """The line on which a class is defined."""
    for number, line in enumerate(file.text.splitlines(), 1):
        if re.match(rf"^\s*\[\s*classes\s*\.\s*{re.escape(name)}\s*\]", line):
            return number
    return _line_of(file.text, "classes", 1)


def example_place(file: LoadedFile, placed: PlacedRule | None, key: str) -> str:
    """`file:line` of a rule's `match` or `not_match`, or of a key of `[examples]`."""
    if placed is None:
        start = _line_of(file.text, "examples", 1)
    else:
        start = int(placed.where.rpartition(":")[2])
    return f"{file.name}:{_line_of(file.text, key, start)}"


def key_line(file: LoadedFile, key: str) -> int:
    """The line on which a key of the outermost table stands."""
    return _line_of(file.text, key, 1)


def _lines(text: str, table: str) -> list[int]:
    header = re.compile(rf"^\s*\[\[\s*{table}\s*\]\]")
    return [n for n, line in enumerate(text.splitlines(), 1) if header.match(line)]


def _toml_problem(text: str, file: str, error: tomllib.TOMLDecodeError) -> str:
    """`file:line: key: message`, from the place that the parser's message ends in."""
    message = str(error)
    found = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", message)
    lines = text.splitlines() or [""]
    line = int(found[1]) if found is not None and found[1] else len(lines)
    key = re.match(r"\s*([\w.-]+)\s*=", lines[min(line, len(lines)) - 1])
    named = f"{key[1]}: " if key is not None else ""
    plain = message[: found.start()] if found is not None else message
    return f"{file}:{line}: {named}{plain}"


def _twice(data: Mapping[str, Any], text: str, file: str) -> list[str]:
    """Rule ids that are used more than once, each at its later place."""
    rules = data.get("rule")
    listed = rules if isinstance(rules, list) else []
    ids = [one.get("id") if isinstance(one, dict) else None for one in listed]
    return [
        f"{file}:{_line_of(text, 'id', line)}: id: the rule id {name} is used twice"
        for index, (name, line) in enumerate(
            zip(ids, _lines(text, "rule"), strict=False)
        )
        if name is not None and name in ids[:index]
    ]


def _place(text: str, file: str, error: Any) -> str:  # noqa: ANN401 — pydantic's ErrorDetails is not exported
    """`file:line: key: message`, the line of the key where it can be found."""
    location = list(error["loc"])
    start = 1
    if len(location) > 1 and isinstance(location[1], int):
        lines = _lines(text, str(location[0]))
        start = lines[location[1]] if location[1] < len(lines) else 1
    elif len(location) > 1:
        start = _line_of(text, str(location[0]), 1)
    key = next((str(part) for part in reversed(location) if isinstance(part, str)), "")
    line = _line_of(text, key, start)
    dotted = ".".join(str(part) for part in location) or "file"
    unknown = error["type"] == "extra_forbidden"
    message = "no such key" if unknown else error["msg"].removeprefix("Value error, ")
    return f"{file}:{line}: {dotted}: {message}"


_TABLE = re.compile(r"^\s*\[\[?\s*([\w.-]+)\s*\]\]?")


def _line_of(text: str, key: str, start: int) -> int:
    """The line of the key in the table that starts there, else that start."""
    pattern = re.compile(rf"^\s*(\[+\s*)?{re.escape(key)}\b")
    for number, line in enumerate(text.splitlines(), 1):
        if number > start and _TABLE.match(line) and start > 1:
            break
        if number >= start and pattern.match(line):
            return number
    return start


def unusable(problems: list[str]) -> PolicyProblem:
    listed = "\n  ".join(problems)
    return PolicyProblem(
        f"The policy cannot be used:\n  {listed}",
        not_done="Nothing was judged, and nothing ran.",
        remedy="Correct the file; policies/README.md lists the keys of a rule.",
    )
