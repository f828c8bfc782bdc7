"""Arithmetic runs what the variables in it hold, if that is a subscript.

After `x='a[$(cmd)]'` the expansion `$((x))` runs `cmd`. So arithmetic is only read
for certain when all that flows into it can be no more than numbers and names.
Arguments (`$1`) and the environment are not followed: they come from the caller.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from linara_agent.core.shell.mvdan.tree import Tree, each

_NAME = re.compile(r"[A-Za-z_]\w*")
_HARMLESS_TEXT = re.compile(r"[\w\s+*/%.,:()<>!&|^~?#-]*")
_ARITHMETIC = frozenset(("ArithmExp", "ArithmCmd", "LetClause", "CStyleLoop"))
_COMPARISONS = frozenset(("-eq", "-ne", "-lt", "-le", "-gt", "-ge"))
_READING = frozenset(("read", "mapfile", "readarray", "printf", "getopts"))
_COMMANDS = ("CmdSubst", "ProcSubst")
# What these print is numbers, or made of their words.
_PRINT_THEIR_WORDS = frozenset(
    ("echo", "printf", "date", "expr", "seq", "stat", "id", "nproc", "tput", "getconf")
)
_DIGITS_ONLY = [
    [option, digits] for option in ("-cd", "-dc") for digits in ("0-9", "[:digit:]")
]


@dataclass(slots=True)
class _Sources:
    """What flows into each variable: other variables, and whether text may."""

    names: dict[str, set[str]] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)

    def reach(self, start: set[str]) -> set[str]:
        reached: set[str] = set()
        waiting = list(start)
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting += self.names.get(name, ())
        return reached


def open_arithmetic(file: Tree) -> Iterator[tuple[Tree, str]]:
    """Each place where arithmetic evaluates a text that cannot be foreseen."""
    places = list(_places(file))
    if not places:
        return
    sources = _sources(file)
    for place in places:
        inside = [place.get("Slice"), place.get("Index")]
        names, is_open = _flows(inside if any(inside) else place)
        if is_open:
            yield place, "arithmetic evaluates a text that cannot be foreseen"
            continue
        found = sorted(sources.reach(names) & sources.open)
        if found:
            yield place, f"arithmetic evaluates what ${found[0]} holds"


def _places(file: Tree) -> Iterator[Tree]:
    keyed = {
        str((one.get("Name") or {}).get("Value"))
        for tree in each(file)
        if tree.get("Type") == "DeclClause" and _is_keyed(tree)
        for one in tree.get("Args") or ()
    }
    for tree in each(file):
        name = (tree.get("Param") or tree.get("Name") or {}).get("Value")
        if (
            tree.get("Type") in _ARITHMETIC
            or (tree.get("Type") == "BinaryTest" and tree.get("Op") in _COMPARISONS)
            or "Slice" in tree
            or ("Index" in tree and name not in keyed and not _is_all(tree["Index"]))
        ):
            yield tree


def _is_all(index: Tree) -> bool:
    return _text(index) in ("@", "*")


def _is_keyed(declaration: Tree) -> bool:
    return any(
        re.match(r"-\w*A", text or "")
        for text in map(_text, declaration.get("Args") or ())
    )


def _sources(file: Tree) -> _Sources:
    found = _Sources()
    for tree in each(file):
        name = (tree.get("Name") or {}).get("Value")
        type_ = tree.get("Type")
        if name is not None and ("Value" in tree or "Array" in tree):
            _add(found, name, [tree.get("Value"), tree.get("Array")])
        elif type_ == "WordIter":
            _add(found, name, tree.get("Items") or [])
        elif type_ == "CallExpr":
            found.open.update(_read_into(tree))
    return found


def _read_into(call: Tree) -> Iterator[str]:
    """The names that `read` and its like fill with foreign text."""
    words = [_text(word) or "" for word in call.get("Args") or ()]
    formats = "printf" in words[:2] and not any(w.startswith("-v") for w in words[:3])
    if _READING & set(words[:2]) and not formats:
        for word in words[1:]:
            yield from _NAME.findall(word)


def _add(sources: _Sources, name: object, values: list[object]) -> None:
    names, is_open = _flows(values)
    sources.names.setdefault(str(name), set()).update(names)
    if is_open or any(_matches_files(value) for value in values):
        sources.open.add(str(name))


def _matches_files(value: object) -> bool:
    """Names of files come in: they may be any text."""
    return any(
        tree.get("Type") == "Lit" and set("*?") & set(str(tree.get("Value")))
        for tree in each(value, stop=(*_COMMANDS, "DblQuoted", "ArithmExp"))
    )


def _flows(value: object) -> tuple[set[str], bool]:
    """The variables that flow into a value, and whether foreign text may."""
    names: set[str] = set()
    is_open = False
    for tree in each(value, stop=_COMMANDS):
        type_ = tree.get("Type")
        if type_ in _COMMANDS:
            is_open = is_open or not _prints_a_number(tree)
        elif type_ in ("Lit", "SglQuoted"):
            text = str(tree.get("Value", ""))
            names.update(_NAME.findall(text))
            is_open = is_open or not _HARMLESS_TEXT.fullmatch(text)
        elif type_ == "ParamExp" and not tree.get("Length"):
            names.add(str((tree.get("Param") or {}).get("Value")))
    return names, is_open


def _prints_a_number(substitution: Tree) -> bool:
    statements = list(substitution.get("Stmts") or ())
    if len(statements) != 1:
        return False
    command = statements[0].get("Cmd") or {}
    while command.get("Type") == "BinaryCmd" and command.get("Op") == "|":
        command = command["Y"].get("Cmd") or {}
    words = [_text(word) for word in command.get("Args") or ()]
    known = [word for word in words if word is not None]
    if command.get("Type") != "CallExpr" or not known or len(known) < len(words):
        return False
    program, operands = known[0], known[1:]
    if program == "wc":
        return all(operand.startswith("-") for operand in operands)
    if program in ("grep", "pgrep"):
        return any(re.match(r"-\w*c", operand) for operand in operands)
    if program == "tr":
        return operands in _DIGITS_ONLY
    return program in _PRINT_THEIR_WORDS and all(
        _HARMLESS_TEXT.fullmatch(operand) for operand in operands
    )


def _text(word: Tree) -> str | None:
    """The text of a word without expansions, else None."""
    parts: list[Tree] = list((word.get("Value") or word).get("Parts") or ())
    flat = [
        inner
        for part in parts
        for inner in (
            part.get("Parts") or () if part.get("Type") == "DblQuoted" else (part,)
        )
    ]
    if any(part.get("Type") not in ("Lit", "SglQuoted") for part in flat):
        return None
    return "".join(str(part.get("Value", "")) for part in flat)
