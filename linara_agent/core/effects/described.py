"""What the catalogue knows of a program, in words and as JSON."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from linara_agent.core.effects.catalogue import Operand, Option, Program, Role
from linara_agent.core.effects.effect import EffectKind
from linara_agent.core.need import WORDS

_ROLES: Mapping[Role, str] = {
    Role.NONE: "has no effect",
    Role.READ: "is read",
    Role.WRITE: "is created or overwritten",
    Role.CREATE: "is created",
    Role.MODIFY: "is changed",
    Role.DELETE: "is deleted",
    Role.MOVE: "is read and deleted",
    Role.METADATA: "gets another owner, mode or time",
    Role.RUN: "is a program that it runs",
    Role.HOST: "is a host that it talks to",
    Role.PATTERN: "is a pattern",
    Role.CWD: "is the directory that it works in",
    Role.FD: "is a descriptor",
    Role.PATHS: "is a file that lists paths",
    Role.CODE: "is code that it runs",
    Role.ASSIGNMENT: "is an assignment",
}
_KINDS: Mapping[EffectKind, str] = {
    EffectKind.READ: "reads files",
    EffectKind.OBSERVE: "looks at the state of the machine",
    EffectKind.CREATE: "creates files",
    EffectKind.MODIFY: "changes files",
    EffectKind.DELETE: "deletes files",
    EffectKind.METADATA: "changes owners, modes or times",
    EffectKind.EXECUTE: "runs other code",
    EffectKind.NETWORK: "uses the network",
    EffectKind.PROCESS: "signals or changes processes",
    EffectKind.SYSTEM: "changes the running system",
    EffectKind.ENVIRONMENT: "changes what programs do",
    EffectKind.FLOW: "passes data on",
    EffectKind.UNKNOWN: "may do what is not known",
}
_NUMBERS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An option, an operand or a subcommand: its names, its value, what it does.

    `changes` tells that it is more than harmless.
    """

    names: tuple[str, ...]
    value: str
    does: str
    changes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """`facts` are sentences about the program as a whole."""

    name: str
    aliases: tuple[str, ...]
    summary: str
    version: str | None
    facts: tuple[str, ...]
    operands: tuple[Line, ...]
    options: tuple[Line, ...]
    subcommands: tuple["Described", ...]
    analyser: str | None


def described(program: Program, *, above: str = "") -> Described:
    """`above` is the program that this is a subcommand of."""
    name = f"{above} {program.name}".strip()
    return Described(
        name=name,
        aliases=program.aliases,
        summary=program.summary,
        version=program.version,
        facts=tuple(_facts(program)),
        operands=tuple(map(_operand, program.operand)),
        options=tuple(map(_option, program.option)),
        subcommands=tuple(described(one, above=name) for one in program.subcommand),
        analyser=program.analyser,
    )


def _facts(program: Program) -> Iterator[str]:
    if program.effects:
        yield f"Whatever its words are, it {_does(program.effects)}."
    if program.analyser is not None:
        yield f"Its words are read by the analyser `{program.analyser}`."
    if program.command_from is not None:
        yield f"{_from(program.command_from)} stands a command, which is judged too."
    if program.reaches is not None:
        reached = _does(program.reaches) or "does nothing of its own"
        yield f"Whatever a word turns out to be, at worst it {reached}."
    for need in program.needs:
        yield f"It needs {WORDS[need]}."
    if program.safe_options:
        yield "None of its options does harm."
    if not program.abbreviations:
        yield "Its long options must be written in full."


def _from(place: int | str) -> str:
    if isinstance(place, int):
        return f"From its {_NUMBERS.get(place, f'{place}th')} operand on"
    return "Behind `--`"


def _operand(operand: Operand) -> Line:
    position = operand.position
    where = {"first": "the first", "last": "the last", "rest": "every other"}
    if isinstance(position, int):
        name = f"the {_NUMBERS.get(position, f'{position}th')}"
    else:
        name = where[position]
    parts = [_ROLES[operand.role]]
    if operand.recursive:
        parts.append("with everything below it")
    if operand.default is not None:
        parts.append(f"it is {operand.default} where none is given")
    if operand.effects:
        parts.append(f"with it the program {_does(operand.effects)}")
    return Line(
        names=(name,),
        value="",
        does=", ".join(parts),
        changes=operand.role not in _HARMLESS or bool(operand.effects),
    )


_HARMLESS = (Role.NONE, Role.PATTERN, Role.FD)
_VALUES = {"none": "", "required": "VALUE", "optional": "[VALUE]"}


def _option(option: Option) -> Line:
    parts: list[str] = []
    if option.value != "none" and option.role is not Role.NONE:
        parts.append(f"its value {_ROLES[option.role]}")
    if option.effects:
        parts.append(f"with it the program {_does(option.effects)}")
    if option.recursive:
        parts.append("operands stand for everything below them")
    if option.operands is not None:
        parts.append(f"each operand {_ROLES[option.operands]}")
    if option.drops is not None:
        parts.append(f"the {option.drops} operand is one like the others")
    if option.decodes:
        parts.append("what it prints could not be read before")
    changes = option.role not in _HARMLESS or bool(option.effects or option.operands)
    return Line(
        names=option.names,
        value=_VALUES[option.value],
        does=", ".join(parts) or "has no effect of its own",
        changes=changes,
    )


def _does(kinds: tuple[EffectKind, ...]) -> str:
    return " and ".join(_KINDS[kind] for kind in kinds)
