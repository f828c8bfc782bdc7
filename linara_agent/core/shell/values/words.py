"""The static value of a word, from the parts that mvdan/sh gives it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from linara_agent.core.shell.mvdan.tree import Tree, each
from linara_agent.core.shell.script import Known, Pattern, Unknown, Value
from linara_agent.core.shell.values.braces import TooManyWords, expand_braces
from linara_agent.core.shell.values.quoting import (
    decode_ansi_c,
    escape_glob,
    is_live,
    unescape_bare,
    unescape_double_quoted,
)

Part = Tree

EVERY = "*"
"""Stands for every variable among the unsettled ones."""

_MOST = 4_000_000
"""Characters that all the words of a script may hold; a megabyte may mean far more:
`x=$x$x` doubles a text, `{1..999}` repeats one."""
_OF_ONE_WORD = 400
"""What a word costs besides its characters when braces make it."""
_TOO_LONG = "a text that is too long"

_COMMANDS = ("CmdSubst", "ProcSubst")
_SPLITS = re.compile(r"[ \t\n*?\[\\]")
# Parts that no brace expansion looks into are replaced by these while it is done;
# as characters of a script they are opaque anyway (private use).
_STAND_IN = 0xF0000
_STAND_INS = re.compile("([\U000f0000-\U000ffffd])")
_LIKE_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*(\[.*\])?\+?=", re.DOTALL)
_INNER_TILDE = re.compile(r"[=:]~")


@dataclass(slots=True)
class Surroundings:
    """What a word may be resolved with: constant variables and the home.

    `unsettled` are variables that the script sets where it may or may not run;
    `left` is how many characters may still be expanded.
    """

    variables: dict[str, str] = field(default_factory=dict)
    home: str | None = None
    unsettled: frozenset[str] = frozenset()
    left: int = _MOST

    def affords(self, characters: int) -> bool:
        """Take so many from what is left; False when there is no more."""
        self.left -= characters
        return self.left >= 0

    def variable(self, name: str) -> str | None:
        if self.is_unsettled(name):
            return None
        value = self.variables.get(name)
        return self.home if value is None and name == "HOME" else value

    def is_unsettled(self, name: str) -> bool:
        return name in self.unsettled or EVERY in self.unsettled

    def splits_at_blanks(self) -> bool:
        """Nothing has changed how unquoted values are split."""
        return "IFS" not in self.variables and not self.is_unsettled("IFS")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one of the words is worth; `single` tells that it stays one word."""

    value: Value
    single: bool


@dataclass(slots=True)
class _Builder:
    """Collects a word's value piece by piece; the first unknown piece decides.

    `certain` is what the word begins with whatever files there are.
    """

    known: Surroundings
    text: str = ""
    glob: str = ""
    certain: str = ""
    open: bool = True
    reason: str | None = None

    def add(self, text: str) -> None:
        if not self.known.affords(len(text)):
            self.fail(_TOO_LONG)
            return
        self.text += text
        self.glob += escape_glob(text)
        if self.open:
            self.certain += text

    def add_bare(self, raw: str) -> None:
        if not self.known.affords(len(raw)):
            self.fail(_TOO_LONG)
            return
        bare = unescape_bare(raw)
        self.text += bare.text
        self.glob += bare.glob
        if self.open:
            self.certain += bare.certain
            self.open = bare.certain == bare.text

    def fail(self, reason: str) -> None:
        self.open = False
        if self.reason is None:
            self.reason = reason

    def value(self) -> Value:
        if self.reason is not None:
            return Unknown(self.reason, self.certain)
        return Pattern(self.glob) if is_live(self.glob) else Known(self.text)


def meanings(parts: Iterable[Part], known: Surroundings) -> tuple[Meaning, ...]:
    """The words that one word becomes: several when braces expand."""
    listed = tuple(parts)
    joined = "".join(
        part["Value"] if part["Type"] == "Lit" else chr(_STAND_IN + index)
        for index, part in enumerate(listed)
    )
    if any(_reopens_quotes(part) for part in listed):
        return (_open("a brace between quotes within backquotes within quotes"),)
    if "{" not in joined:
        return (_meaning(listed, known),)
    try:
        words = expand_braces(joined)
    except TooManyWords:
        return (_open("a brace expansion into very many words"),)
    if len(words) > 1 and any(_holds_brace(part) for part in listed):
        return (_open("a brace expansion around a brace inside `${ }`"),)
    if len(words) > 1 and _completes_expansion(listed):
        # Braces come first: `$x{1,2}` is `$x1 $x2`, `{$,}HOME` is `$HOME HOME`.
        return (_open("a brace expansion that makes a new expansion"),)
    if not known.affords(_OF_ONE_WORD * len(words)):
        return (_open("one of very many words that braces make"),)
    # An empty one vanishes: `{,}` is no word at all.
    return tuple(_meaning(_split(word, listed), known) for word in words if word)


def _reopens_quotes(part: Part) -> bool:
    """To brace expansion the inner quotes of "`: "{a,b}"`" end the outer ones."""
    backquoted = [
        list(each(tree))
        for tree in each(part if part["Type"] == "DblQuoted" else None)
        if tree.get("Backquotes")
    ]
    return any(
        any(tree.get("Type") == "DblQuoted" for tree in trees)
        and any("{" in str(tree.get("Value", "")) for tree in trees)
        for trees in backquoted
    )


def _open(reason: str) -> Meaning:
    return Meaning(Unknown(reason), single=False)


def _holds_brace(value: object, *, inside: bool = False) -> bool:
    """`${x={1..3}{1,2}`: bash pairs a brace inside an expansion with one outside."""
    if isinstance(value, Mapping):
        within = inside or value.get("Type") == "ParamExp"
        text = value.get("Value")
        found = within and isinstance(text, str) and "{" in text
        return found or any(_holds_brace(one, inside=within) for one in value.values())
    if isinstance(value, list):
        return any(_holds_brace(one, inside=inside) for one in value)
    return False


def _completes_expansion(parts: tuple[Part, ...]) -> bool:
    dollar = any(
        part["Type"] == "Lit" and "$" in re.sub(r"\\.", "", part["Value"])
        for part in parts
    )
    return dollar or any(
        part["Type"] == "ParamExp"
        and part.get("Short")
        and following["Type"] == "Lit"
        and following["Value"].startswith("{")
        for part, following in pairwise(parts)
    )


def _split(word: str, parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Put the parts back in the place of their stand-ins."""
    return tuple(
        parts[ord(piece) - _STAND_IN]
        if _STAND_INS.fullmatch(piece)
        else {"Type": "Lit", "Value": piece}
        for piece in _STAND_INS.split(word)
        if piece
    )


def _meaning(parts: tuple[Part, ...], known: Surroundings) -> Meaning:
    first = parts[0]["Value"] if parts and parts[0]["Type"] == "Lit" else ""
    marks = _INNER_TILDE if _LIKE_ASSIGNMENT.match(first) else None
    value = _value(parts, known, tilde_ends="/", tilde_marks=marks)
    return Meaning(value, single=is_single(parts))


def value_of(parts: Iterable[Part], known: Surroundings) -> Value:
    """The value of what is assigned: no braces and no files, other tildes."""
    value = _value(
        tuple(parts), known, tilde_ends="/:", tilde_marks=re.compile(":~|^~")
    )
    return Known(_unescaped(value.text)) if isinstance(value, Pattern) else value


def _unescaped(glob: str) -> str:
    return re.sub(r"\\(.)", r"\1", glob, flags=re.DOTALL)


def _value(
    parts: tuple[Part, ...],
    known: Surroundings,
    *,
    tilde_ends: str,
    tilde_marks: re.Pattern[str] | None,
) -> Value:
    builder = _Builder(known)
    for index, part in enumerate(parts):
        raw = part["Value"] if part["Type"] == "Lit" else None
        if raw is None:
            _add_part(builder, part)
            continue
        if index == 0 and raw.startswith("~"):
            raw = _home(builder, raw, tilde_ends, alone=len(parts) == 1)
        if tilde_marks is not None and tilde_marks.search(raw):
            builder.fail("a tilde inside it")
        builder.add_bare(raw)
    return builder.value()


def _home(builder: _Builder, raw: str, ends: str, *, alone: bool) -> str:
    """Expand the tilde that the word begins with; returns what follows it.

    Nothing is expanded when a quote or an expansion belongs to its name.
    """
    found = re.match(rf"~([^{ends}]*)", raw)
    name = found[1] if found else ""
    ended = alone or len(name) + 1 < len(raw)
    if ":" in name or "=~" in name:
        # There too bash may end the name (`bash_tilde_suffixes2` of its general.c).
        builder.fail("a tilde before a colon or another tilde")
        return raw[len(name) + 1 :]
    if not ended or "\\" in name:
        builder.add("~")
        return raw[1:]
    home = builder.known.variable("HOME")
    if name:
        builder.fail("another user's home")
    elif home is None:
        builder.fail("the home")
    else:
        builder.add(home)
    return raw[len(name) + 1 :]


_NOT_STATIC = {
    "CmdSubst": "the output of a command",
    "ArithmExp": "the result of arithmetic",
    "ExtGlob": "an extended glob",
}


def _add_part(builder: _Builder, part: Part) -> None:
    match part["Type"]:
        case "SglQuoted":
            _add_single_quoted(builder, part)
        case "DblQuoted":
            if part.get("Dollar"):
                builder.fail("a text that is translated")
            for inner in part.get("Parts", ()):
                _add_double_quoted(builder, inner)
        case "ParamExp":
            _add_variable(builder, part, quoted=False)
        case "ProcSubst":
            # With nothing in it it is no word at all.
            builder.add("/dev/fd/" if part.get("Stmts") else "")
            builder.fail("a pipe from or to a command")
        case other:
            builder.fail(_NOT_STATIC.get(other, f"a construct named {other}"))


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
    elif not value or _SPLITS.search(value) or not builder.known.splits_at_blanks():
        builder.fail(f"${name} is split or expanded")
    else:
        builder.add(value)


def variables_in(value: object) -> tuple[str, ...]:
    """The names of all variables that a word's parts expand, in order."""
    names = [
        str((tree.get("Param") or {}).get("Value", "?"))
        for tree in each(value, stop=_COMMANDS)
        if tree.get("Type") == "ParamExp"
    ]
    return tuple(dict.fromkeys(names))


def is_single(parts: Iterable[Part]) -> bool:
    """The word stays one word, and matches no files."""
    listed = tuple(parts)
    bare = "".join(part["Value"] for part in listed if part["Type"] == "Lit")
    quoted = [part for part in listed if part["Type"] != "Lit"]
    return not is_live(unescape_bare(bare).glob) and all(
        part["Type"] in ("SglQuoted", "DblQuoted") and not _is_several(part)
        for part in quoted
    )


def _is_several(part: Part) -> bool:
    """Something like `$@`, which becomes several words even between quotes."""
    return any(
        tree.get("Type") == "ParamExp" and _names_several(tree)
        for tree in each(part, stop=_COMMANDS)
    )


def _names_several(part: Part) -> bool:
    name = (part.get("Param") or {}).get("Value")
    index = str(part.get("Index") or "")
    return name == "@" or bool(part.get("Excl")) or "'@'" in index
