"""The text of a policy file, with the line each rule stands on."""

import re
import tomllib
from collections.abc import Mapping
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
    content: PolicyFile
    rules: tuple[PlacedRule, ...]
    digest: str


_RULE = re.compile(r"^\s*\[\[\s*rule\s*\]\]")
_TABLE = re.compile(r"^\s*\[\[?\s*([\w.-]+)\s*\]\]?")


def policy_file_from(text: str, *, file: str) -> LoadedFile:
    """Read one file; raises PolicyProblem that names all its problems by line."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _problem([f"{file}: {error}"]) from None
    lines = [n for n, line in enumerate(text.splitlines(), 1) if _RULE.match(line)]
    try:
        content = PolicyFile.model_validate(data)
    except ValidationError as error:
        found = [_place(text, file, lines, one) for one in error.errors()]
        raise _problem(found) from None
    rules = tuple(
        PlacedRule(rule=rule, where=f"{file}:{line}")
        for rule, line in zip(content.rule, lines, strict=False)
    )
    if len(rules) != len(content.rule):
        raise _problem([f"{file}: write each rule as its own [[rule]] table"])
    ids = [rule.id for rule in content.rule]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise _problem([f"{file}: rule ids used twice: {', '.join(twice)}"])
    digest = sha256(text.encode()).hexdigest()
    return LoadedFile(name=file, content=content, rules=rules, digest=digest)


def _place(text: str, file: str, lines: list[int], error: Any) -> str:  # noqa: ANN401 — pydantic's ErrorDetails is not exported
    """`file:line: key: message`, the line of the key where it can be found."""
    location = list(error["loc"])
    start = 1
    if location[:1] == ["rule"] and len(location) > 1 and location[1] < len(lines):
        start = lines[location[1]]
    key = next((str(part) for part in reversed(location) if isinstance(part, str)), "")
    line = _line_of(text, key, start)
    dotted = ".".join(str(part) for part in location) or "file"
    unknown = error["type"] == "extra_forbidden"
    message = "no such key" if unknown else error["msg"].removeprefix("Value error, ")
    return f"{file}:{line}: {dotted}: {message}"


def _line_of(text: str, key: str, start: int) -> int:
    pattern = re.compile(rf"^\s*(\[+\s*)?{re.escape(key)}\b")
    for number, line in enumerate(text.splitlines(), 1):
        if number > start and _TABLE.match(line) and start > 1:
            break
        if number >= start and pattern.match(line):
            return number
    return start


def _problem(problems: list[str]) -> PolicyProblem:
    listed = "\n  ".join(problems)
    return PolicyProblem(
        f"The policy cannot be used:\n  {listed}",
        not_done="Nothing was judged, and nothing ran.",
        remedy="Correct the file; policies/README.md lists the keys of a rule.",
    )
