"""The text of a policy file, with the line each rule stands on."""

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal

from pydantic import Field, ValidationError

from linara_agent.core.policy.rule import (
    ClassPaths,
    Model,
    Override,
    PolicyLimits,
    Rule,
    SandboxSettings,
)
from linara_agent.errors import PolicyProblem


class PolicyFile(Model):
    """What a file may hold; `extends` names bases whose rules it adds to."""

    version: Literal[1]
    extends: tuple[str, ...] = ()
    classes: Mapping[str, ClassPaths] = Field(default_factory=dict)
    limits: PolicyLimits | None = None
    sandbox: SandboxSettings = SandboxSettings()
    rule: tuple[Rule, ...] = ()
    override: tuple[Override, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedRule:
    """A rule and where it stands, as `file:line`."""

    rule: Rule
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedFile:
    name: str
    text: str
    content: PolicyFile
    rules: tuple[PlacedRule, ...]
    digest: str


def policy_file_from(text: str, *, file: str) -> LoadedFile:
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
            PlacedRule(rule=rule, where=f"{file}:{line}")
            for rule, line in zip(content.rule, lines, strict=True)
        ),
        digest=sha256(text.encode()).hexdigest(),
    )


def must_fit(files: Iterable[LoadedFile], classes: Collection[str]) -> None:
    """Raise PolicyProblem that names all that does not fit between the files."""
    listed = tuple(files)
    known = {one.rule.id: one.where for file in listed for one in file.rules}
    problems: list[str] = []
    for file in listed:
        for placed in file.rules:
            if known[placed.rule.id] != placed.where:
                other = known[placed.rule.id]
                problems.append(
                    f"{placed.where}: id: {placed.rule.id} is used at {other} too"
                )
            problems += [
                f"{placed.where}: class: there is no class {name}"
                for name in placed.rule.cls
                if name not in classes
            ]
        lines = _lines(file.text, "override")
        for line, override in zip(lines, file.content.override, strict=False):
            if override.rule not in known:
                where = f"{file.name}:{_line_of(file.text, 'rule', line)}"
                problems.append(f"{where}: override: there is no rule {override.rule}")
    if problems:
        raise unusable(problems)


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
