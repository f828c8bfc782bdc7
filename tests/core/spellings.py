"""Several ways to write one and the same command."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from hypothesis import strategies as st

from linara_agent.core.effects.catalogue import Option, Program, Role
from linara_agent.rulebook import load_catalogue
from tests.core.gates import PLACE, gate

PATH_ROLES = frozenset(
    (Role.READ, Role.WRITE, Role.CREATE, Role.MODIFY, Role.DELETE, Role.METADATA)
)
OPERANDS = ("x", "src/a.c", "/etc/passwd", "/tmp/a", "/home/u/.bashrc", "/usr/bin/env")
VALUES = ("x", "5", "/etc/passwd", "/tmp/a b", "a=b", "~")


@cache
def argv(command: str) -> tuple[str, ...] | None:
    """The words of a single command, where all of them are known."""
    script = gate().read(command, PLACE)
    if len(script.invocations) != 1 or script.opaque:
        return None
    one = script.invocations[0]
    words = (one.program, *one.words)
    known = tuple(word.known for word in words if word is not None)
    plain = not one.assignments and not one.redirections
    whole = None not in known and plain and script.nodes[0].kind == "invocation"
    return tuple(text or "" for text in known) if whole else None


def _single(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _double(text: str) -> str:
    return '"' + "".join("\\" + c if c in '\\"$`' else c for c in text) + '"'


def _escaped(text: str) -> str:
    return "".join("\\" + c for c in text) if text else "''"


def _hexadecimal(text: str) -> str:
    return "$'" + "".join(f"\\x{byte:02x}" for byte in text.encode()) + "'"


def _octal(text: str) -> str:
    return "$'" + "".join(f"\\{byte:03o}" for byte in text.encode()) + "'"


STYLES = (_single, _double, _escaped, _hexadecimal, _octal)


@st.composite
def quoted(draw: st.DrawFn, text: str) -> str:
    """One word of shell that is worth this text."""
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=2)))
    parts = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    return "".join(draw(st.sampled_from(STYLES))(part) for part in parts)


@st.composite
def respelled_path(draw: st.DrawFn, path: str) -> str:
    """The same path with redundant slashes, dots and names."""
    steps = path.split("/")
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(1, len(steps))) if path.startswith("/") else 0
        steps[at:at] = draw(st.sampled_from(([""], ["."], ["q", ".."], [".", "."])))
    text = "/".join(steps)
    if path.startswith("/"):
        return text
    return "./" + text.lstrip("/")


@dataclass(frozen=True, slots=True)
class Chosen:
    """An option that is given, with its value."""

    option: Option
    name: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Command:
    """A program with options and operands, still without a spelling.

    `called` are the words before them: the program's name, and a subcommand's.
    """

    called: tuple[str, ...]
    program: Program
    chosen: tuple[Chosen, ...]
    operands: tuple[str, ...]

    def plain(self) -> list[str]:
        """The first name of each option, its value attached where it may be."""
        words = [word for one in self.chosen for word in _joined(one.name, one.value)]
        return [*self.called, *words, "--", *self.operands]


def _joined(name: str, value: str | None) -> list[str]:
    if value is None:
        return [name]
    return [f"{name}={value}" if name.startswith("--") else name + value]


CHANGE_THE_READING = frozenset(("set", "shopt"))
"""After these the text may be read by other rules, whatever their words."""


def _usable(program: Program) -> bool:
    plain = not (
        program.name in CHANGE_THE_READING
        or program.subcommand
        or program.command_from
        or program.analyser
        or program.single_dash_long
        or program.no_options
        or program.old_style
    )
    return plain and any(_names(one) for one in program.option)


def _names(option: Option) -> list[str]:
    """The names that can be spelled in more than one way."""
    return [
        name
        for name in option.names
        if (name.startswith("--") and len(name) > 2)
        or (name.startswith("-") and len(name) == 2 and name != "--")
    ]


@cache
def programs() -> tuple[tuple[tuple[str, ...], Program], ...]:
    """Programs and subcommands, each with the words that it is called by."""
    found = load_catalogue().programs
    named = {one.name: one for one in (found[name] for name in found)}
    return tuple(pair for one in named.values() for pair in _called((one.name,), one))


def _called(
    words: tuple[str, ...], program: Program
) -> Iterator[tuple[tuple[str, ...], Program]]:
    if _usable(program):
        yield words, program
    if program.analyser is None:
        for one in program.subcommand:
            yield from _called((*words, one.name), one)


@st.composite
def commands(draw: st.DrawFn) -> Command:
    called, program = draw(st.sampled_from(programs()))
    options = [one for one in program.option if _names(one)]
    chosen: list[Chosen] = []
    for option in draw(st.lists(st.sampled_from(options), min_size=1, max_size=3)):
        if option.role is Role.CWD and option in [one.option for one in chosen]:
            continue  # each goes on from where the one before it led
        name = draw(st.sampled_from(_names(option)))
        needs = option.value == "required" or (
            option.value == "optional" and draw(st.booleans())
        )
        value = draw(st.sampled_from(VALUES)) if needs else None
        chosen.append(Chosen(option, name, value))
    operands = draw(st.lists(st.sampled_from(OPERANDS), max_size=2))
    return Command(called, program, tuple(chosen), tuple(operands))


@st.composite
def spelled(draw: st.DrawFn, command: Command) -> list[str]:
    """The words of the command in some other spelling and order."""
    program = command.program
    groups = [draw(_spelled_option(program, one)) for one in command.chosen]
    groups = draw(st.permutations(groups))
    if draw(st.booleans()):
        groups = _clustered(program, groups)
    if program.options_first or draw(st.booleans()):
        dashes = ["--"] if draw(st.booleans()) else []
        words = [word for group in groups for word in group]
        return [*command.called, *words, *dashes, *command.operands]
    for operand in reversed(command.operands):
        # Operands keep their order among each other.
        last = next(
            (i for i, one in enumerate(groups) if one[0] in OPERANDS), len(groups)
        )
        groups.insert(draw(st.integers(0, last)), [operand])
    return [*command.called, *(word for group in groups for word in group)]


@st.composite
def _spelled_option(draw: st.DrawFn, program: Program, one: Chosen) -> list[str]:
    name = draw(st.sampled_from(_names(one.option)))
    if name.startswith("--"):
        name = draw(st.sampled_from(_abbreviations(program, one.option, name)))
    if one.value is not None and one.option.value == "required" and draw(st.booleans()):
        return [name, one.value]
    return _joined(name, one.value)


def _abbreviations(program: Program, option: Option, name: str) -> list[str]:
    shorter = [name[:end] for end in range(3, len(name))]
    return [name, *(one for one in shorter if program.find(one) is option)]


def _clustered(program: Program, groups: list[list[str]]) -> list[list[str]]:
    """Letters without values go together before the first that follows."""
    letters = [
        group[0][1]
        for group in groups
        if len(group) == 1 and len(group[0]) == 2 and group[0] in program.options
        and program.options[group[0]].value == "none"
    ]  # fmt: skip
    if len(letters) < 2 or "-" + "".join(letters) in program.options:
        return groups
    joined = ["-" + "".join(letters)]
    rest = [group for group in groups if group[0] not in {"-" + one for one in letters}]
    return [joined, *rest]
