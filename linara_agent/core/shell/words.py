"""The static value of a word, from the parts that mvdan/sh gives it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from linara_agent.core.shell.quoting import (
    GLOB_CHARACTERS,
    decode_ansi_c,
    escape_glob,
    expand_braces,
    unescape_bare,
    unescape_double_quoted,
)
from linara_agent.core.shell.script import Known, Pattern, Unknown, Value

Part = Mapping[str, Any]

_SPLITS = re.compile(r"[ \t\n*?\[\\]")


EVERY = "*"
"""Stands for every variable among the unsettled ones."""


@dataclass(slots=True)
class Surroundings:
    """What a word may be resolved with: constant variables and the home.

    `unsettled` are variables that the script sets where it may or may not run.
    """

    variables: dict[str, str] = field(default_factory=dict)
    home: str | None = None
    unsettled: frozenset[str] = frozenset()

    def variable(self, name: str) -> str | None:
        if name in self.unsettled or EVERY in self.unsettled:
            return None
        value = self.variables.get(name)
        return self.home if value is None and name == "HOME" else value


@dataclass(slots=True)
class _Builder:
    """Collects a word's value piece by piece; the first unknown piece decides."""

    known: Surroundings
    text: str = ""
    glob: str = ""
    live: bool = False
    reason: str | None = None
    prefix: str = ""

    def add(self, text: str) -> None:
        self.text += text
        self.glob += escape_glob(text)

    def add_bare(self, raw: str) -> None:
        value, live = unescape_bare(raw)
        if live:
            self.live = True
            self.text += value
            self.glob += value
        else:
            self.add(value)

    def fail(self, reason: str) -> None:
        if self.reason is None:
            self.reason = reason
            self.prefix = self.text

    def value(self) -> Value:
        if self.reason is not None:
            return Unknown(self.reason, self.prefix)
        return Pattern(self.glob) if self.live else Known(self.text)


def values_of(parts: Iterable[Part], known: Surroundings) -> tuple[Value, ...]:
    """The values of one word as it stands: several when braces expand."""
    listed = tuple(parts)
    bare = [part["Value"] for part in listed if part["Type"] == "Lit"]
    if len(bare) != len(listed):
        if any(_may_expand(text) for text in bare):
            return (Unknown("a brace expansion around a quote or expansion"),)
        return (_value(listed, known),)
    words = expand_braces("".join(bare))
    if words is None:
        return (Unknown("a brace expansion into very many words"),)
    return tuple(_value(({"Type": "Lit", "Value": w},), known) for w in words)


def _may_expand(text: str) -> bool:
    return bool(re.search(r"(?<![\\$])\{", text))


def value_of(parts: Iterable[Part], known: Surroundings) -> Value:
    """The value where braces do not expand: assignments, redirection targets."""
    return _value(tuple(parts), known)


def _value(parts: tuple[Part, ...], known: Surroundings) -> Value:
    builder = _Builder(known)
    for index, part in enumerate(parts):
        _add_part(builder, part, first=index == 0)
    return builder.value()


_NOT_STATIC = {
    "CmdSubst": "the output of a command",
    "ArithmExp": "the result of arithmetic",
    "ExtGlob": "an extended glob",
}


def _add_part(builder: _Builder, part: Part, *, first: bool) -> None:
    match part["Type"]:
        case "Lit":
            _add_literal(builder, part["Value"], first=first)
        case "SglQuoted":
            _add_single_quoted(builder, part)
        case "DblQuoted":
            for inner in part.get("Parts", ()):
                _add_double_quoted(builder, inner)
        case "ParamExp":
            _add_variable(builder, part, quoted=False)
        case "ProcSubst":
            builder.add("/dev/fd/")
            builder.fail("a pipe from or to a command")
        case other:
            builder.fail(_NOT_STATIC.get(other, f"a construct named {other}"))


def _add_literal(builder: _Builder, raw: str, *, first: bool) -> None:
    if first and raw.startswith("~"):
        name, slash, rest = raw.partition("/")
        home = builder.known.variable("HOME")
        if name == "~" and home is not None:
            builder.add(home)
            raw = slash + rest
        else:
            builder.fail("another user's home" if name != "~" else "the home")
            return
    builder.add_bare(raw)


def _add_single_quoted(builder: _Builder, part: Part) -> None:
    if not part.get("Dollar"):
        builder.add(part.get("Value", ""))
        return
    decoded = decode_ansi_c(part.get("Value", ""))
    if decoded is None:
        builder.fail("bytes that are no text")
    else:
        builder.add(decoded)


def _add_double_quoted(builder: _Builder, part: Part) -> None:
    match part["Type"]:
        case "Lit":
            builder.add(unescape_double_quoted(part["Value"]))
        case "ParamExp":
            _add_variable(builder, part, quoted=True)
        case other:
            builder.fail(_NOT_STATIC.get(other, f"a construct named {other}"))


def is_plain(part: Part) -> bool:
    """A parameter expansion that is just the variable's value."""
    extras = ("Excl", "Length", "Width", "Index", "Slice", "Repl", "Names", "Exp")
    return not any(part.get(name) for name in extras)


def _add_variable(builder: _Builder, part: Part, *, quoted: bool) -> None:
    name = str((part.get("Param") or {}).get("Value", "?"))
    value = builder.known.variable(name)
    if value is None or not is_plain(part):
        builder.fail(f"the value of ${name}")
    elif quoted:
        builder.add(value)
    elif not value or _SPLITS.search(value) or "IFS" in builder.known.variables:
        builder.fail(f"${name} is split or expanded")
    else:
        builder.add(value)


def variables_in(value: object) -> tuple[str, ...]:
    """The names of all variables that a word's parts expand, in order."""
    return tuple(dict.fromkeys(_names(value)))


def _names(value: object) -> Iterable[str]:
    if isinstance(value, Mapping):
        if value.get("Type") == "ParamExp":
            yield str((value.get("Param") or {}).get("Value", "?"))
        if value.get("Type") in ("CmdSubst", "ProcSubst"):
            return
        for inner in value.values():
            yield from _names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _names(inner)


def is_quoted(parts: Iterable[Part]) -> bool:
    """Nothing in the word can split it or match files."""
    return all(
        part["Type"] in ("SglQuoted", "DblQuoted")
        or (part["Type"] == "Lit" and not GLOB_CHARACTERS & set(part["Value"]))
        for part in parts
    )
