"""Which variables of a script have one value that is known for certain.

Only those that the script assigns once, where it cannot be skipped, and that
nothing else in it can set. Whoever sets a variable by other means *touches* it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from linara_agent.core.shell.mvdan.tree import each
from linara_agent.core.shell.script import (
    Assignment,
    Known,
    Pattern,
    Unknown,
    Value,
    Word,
)
from linara_agent.core.shell.values.words import EVERY, Part, is_plain

_NAME = re.compile(r"[A-Za-z_]\w*")

# Set, kept or ignored by bash itself (its manual, "Bash Variables").
_OF_BASH = re.compile(
    r"_|BASH\w*|COMP_\w+|COPROC\w*|COLUMNS|DIRSTACK|EPOCH\w+|EUID|FUNCNAME|GROUPS"
    r"|HISTCMD|HOSTNAME|HOSTTYPE|LINENO|LINES|MACHTYPE|MAPFILE|OLDPWD|OPT\w+|OSTYPE"
    r"|PIPESTATUS|PPID|PWD|RANDOM|READLINE_\w+|REPLY|SECONDS|SHELLOPTS|SHLVL|SRANDOM"
    r"|UID"
)

_SETTERS = frozenset(
    (
        "read",
        "mapfile",
        "readarray",
        "getopts",
        "wait",
        "unset",
        "let",
        "export",
        "declare",
        "typeset",
        "local",
        "readonly",
    )
)
# They run a text, or may set through a reference.
_SET_ANYTHING = frozenset(("eval", "source", ".", "trap", "compgen", "complete"))
_DECLARING = frozenset(("declare", "typeset", "local"))


@dataclass(slots=True)
class Constants:
    """What one pass over a script learns; `risky` holds until the line ends.

    After some errors (division by zero, a bad substitution) bash drops the rest of
    the line and goes on with the next: what is assigned there may not be.
    """

    touched: set[str] = field(default_factory=set)
    assigned: set[str] = field(default_factory=set)
    risky: bool = False

    def touch(self, names: Iterable[str]) -> None:
        self.touched.update(names)

    def touch_all(self) -> None:
        self.touched.add(EVERY)

    def settle(self, one: Assignment, *, certain: bool) -> str | None:
        """The constant value that an assignment gives; touches the name else."""
        value = one.value.known if one.value is not None else None
        once = one.name not in self.assigned
        self.assigned.add(one.name)
        if (
            value is None
            or one.appended
            or self.risky
            or not (certain and once)
            or one.name == "HOME"
            or _OF_BASH.fullmatch(one.name)
        ):
            self.risky = self.risky or bool(_OF_BASH.fullmatch(one.name))
            self.touched.add(one.name)
            return None
        return value


def is_risky(parts: Iterable[Part]) -> bool:
    """Expanding it may end in an error that makes bash drop the line."""
    return any(
        tree.get("Type") == "ArithmExp"
        or (tree.get("Type") == "ParamExp" and not is_plain(tree))
        for part in parts
        for tree in each(part)
    )


def touched_by_expansion(value: object) -> Iterator[str]:
    """Names that `${x:=…}`, a subscript, a slice or arithmetic may set."""
    for tree in each(value):
        if tree.get("Type") == "ArithmExp":
            yield from touched_by_arithmetic(tree)
        elif tree.get("Type") == "ParamExp":
            yield from touched_by_arithmetic(tree.get("Index"))
            yield from touched_by_arithmetic(tree.get("Slice"))
            if "=" in str((tree.get("Exp") or {}).get("Op", "")):
                yield str((tree.get("Param") or {}).get("Value"))


def touched_by_arithmetic(value: object) -> Iterator[str]:
    """Every name in it: arithmetic also evaluates what the variables hold."""
    for tree in each(value):
        yield from _NAME.findall(str(tree.get("Value", "")))


def touched_by_call(called: tuple[Word, ...]) -> Iterator[str]:
    """Names that a simple command's words let it set; EVERY when that is open."""
    if not called:
        return
    program, *operands = called
    if program.known is None or program.known in _SET_ANYTHING:
        yield EVERY
    elif program.known in _SETTERS:
        yield from _named(program.known, operands)
    elif program.known == "printf" and operands:
        yield from _by_printf(operands)


def _named(program: str, operands: list[Word]) -> Iterator[str]:
    for word in operands:
        text = word.known
        reference = text is not None and text.startswith("-") and "n" in text
        if text is None or (program in _DECLARING and reference):
            yield EVERY
            return
        yield from _names_in(text)


def _by_printf(operands: list[Word]) -> Iterator[str]:
    if not _may_be_option(operands[0].value):
        return
    for word in operands[:2]:
        yield from (EVERY,) if word.known is None else _names_in(word.known)


def _may_be_option(value: Value) -> bool:
    match value:
        case Known(text):
            return text.startswith("-")
        case Pattern(text):
            return text[0] in "-*?["
        case Unknown(prefix=prefix):
            return not prefix or prefix.startswith("-")


def _names_in(text: str) -> Iterator[str]:
    """Every name in the text; in `-vHOME` every ending may be one."""
    for name in _NAME.findall(text):
        yield name
        if text.startswith("-"):
            yield from (name[start:] for start in range(1, len(name)))
