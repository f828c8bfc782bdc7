"""Which subcommand the words of a command mean, and how they stand in the text."""

from dataclasses import dataclass, replace

from linara_agent.core.effects.arguments import Given, take_apart
from linara_agent.core.effects.catalogue import Program
from linara_agent.core.effects.effect import EffectKind
from linara_agent.core.effects.trace import Command
from linara_agent.core.shell.script import Invocation, Known, Span, Unknown, Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """The subcommand that is meant, with the options of all levels."""

    program: Program
    words: tuple[Word, ...]
    given: tuple[Given, ...] = ()
    operands: tuple[Word, ...] = ()
    verb: str = ""
    always: frozenset[EffectKind] = frozenset()


def descend(program: Program, words: tuple[Word, ...]) -> Meant:
    meant = Meant(program=program, words=words)
    while True:
        program = meant.program
        wraps = bool(program.subcommand) or isinstance(program.command_from, int)
        first = wraps or program.options_first
        arguments, rest = take_apart(program, meant.words, options_first=first)
        meant = replace(
            meant,
            given=(*meant.given, *arguments.given),
            operands=rest if first else tuple(arguments.operands),
            always=meant.always | frozenset(program.effects),
        )
        name = rest[0].known if program.subcommand and rest else None
        found = program.subcommands.get(name) if name is not None else None
        if found is None or name is None:
            return meant
        meant = replace(meant, program=found, words=rest[1:], verb=name)


def _word(text: str | None, stands: Word | None, span: tuple[int, int]) -> Word:
    """The word as the command has it, with its place where it stands in the text."""
    if stands is not None and stands.known == text:
        return stands
    if stands is not None and text is None:
        value = stands.value if stands.known is None else Unknown("filled in")
        return Word(span=stands.span, source=stands.source, value=value)
    value = Unknown("filled in") if text is None else Known(text)
    return Word(span=Span(*span), source=text or "each name", value=value)


def words_of(
    command: Command, invocation: Invocation | None
) -> tuple[tuple[Word, ...], bool]:
    """The command's words, and whether they are the invocation's own.

    They are not where the command stands in a text that is run (`sh -c`).
    """
    program = None if invocation is None else invocation.program
    every: tuple[Word, ...] = ()
    if program is not None and invocation is not None:
        every = (program, *invocation.words)
    starts = [
        i
        for i, word in enumerate(every)
        if (word.span.start, word.span.end) == command.span
        and (word.known or "").rpartition("/")[2] == command.program
    ]
    behind = every[starts[0] + 1 :] if starts else ()
    found: list[Word] = []
    for index, text in enumerate(command.words):
        word = behind[index] if index < len(behind) else None
        found.append(_word(text, word, command.span))
    return tuple(found), bool(starts)
