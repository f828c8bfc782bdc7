"""What a program could do with a word that is not known.

Where every option of a program is described (`complete`), a word that is not known can
only become one of these, so that its harm is bounded by what all of them do together.
Where they are not, or a word is a text in the program's own language, the catalogue may
say itself what the program can do at worst (`reaches`).
"""

from collections.abc import Iterator, Mapping

from linara_agent.core.effects.arguments import splits
from linara_agent.core.effects.catalogue import Option, Program, Role
from linara_agent.core.effects.effect import AT_WORST, EffectKind
from linara_agent.core.effects.trace import Call, Sink, Taint
from linara_agent.core.shell.script import Word

ON_PATHS: Mapping[Role, tuple[EffectKind, ...]] = {
    Role.READ: (EffectKind.READ,),
    Role.PATHS: (EffectKind.READ,),
    Role.WRITE: (EffectKind.MODIFY,),
    Role.CREATE: (EffectKind.CREATE,),
    Role.MODIFY: (EffectKind.MODIFY,),
    Role.DELETE: (EffectKind.DELETE,),
    Role.MOVE: (EffectKind.READ, EffectKind.DELETE),
    Role.METADATA: (EffectKind.METADATA,),
}
"""What a program does with the path that a word in this role is."""

_KINDS: Mapping[Role, tuple[EffectKind, ...]] = {
    **ON_PATHS,
    Role.RUN: (EffectKind.EXECUTE,),
    Role.CODE: (EffectKind.EXECUTE,),
    Role.HOST: (EffectKind.NETWORK,),
}

TEXT_NOT_KNOWN = "the text it goes by cannot be known"
"""Of a program that has a language of its own."""


def doubtful(call: Call, word: Word, reason: str) -> None:
    """A word that is an option that is not known, or may become one that is."""
    if word.known is None:
        _bounded(call, word, reason, note=reason)
    else:
        call.unknown(reason, word)


def at_worst(call: Call, word: Word, reason: str) -> None:
    """What the word makes the program do is not known, only what it does at worst."""
    _bounded(call, word, reason, note=AT_WORST + reason)


def _bounded(call: Call, word: Word, reason: str, *, note: str) -> None:
    kinds = reach(call.program, several=splits(word))
    if kinds is None:
        call.unknown(reason, word)
        return
    if EffectKind.NETWORK in kinds:
        call.trace.emits.add(Taint.NETWORK)
        call.trace.sinks.add(Sink.NETWORK)
    for kind in kinds:
        call.effect(kind, None, word=word, note=note, possible=True)


def reach(program: Program, *, several: bool) -> tuple[EffectKind, ...] | None:
    """All kinds of effects that any option or operand may have; None if not known.

    `several`: the word may be more than one; more of them than the operands that are
    described may mean anything.

    An option may take the word behind it as its value, give the operands another
    role, or move one to another place: so each kind counts, whatever the words are.
    A program that runs its operands may run another one then: nothing is known.
    """
    if program.reaches is not None:
        return program.reaches
    runs = program.subcommand or program.command_from is not None
    if not program.complete or program.analyser is not None or runs:
        return None
    if several and not any(one.position == "rest" for one in program.operand):
        return None
    found = described_kinds(program)
    return None if EffectKind.UNKNOWN in found else found


def described_kinds(program: Program) -> tuple[EffectKind, ...]:
    """The kinds of all effects that its options and operands are said to have."""
    return tuple(
        dict.fromkeys(
            (
                *program.effects,
                *(kind for one in program.option for kind in _of_option(one)),
                *(kind for one in program.operand for kind in one.effects),
                *(kind for one in program.operand for kind in _KINDS.get(one.role, ())),
            )
        )
    )


def on_listed_paths(call: Call, word: Word) -> None:
    """What the program does with the paths that stand in a file: nobody knows these."""
    operands = [one.role for one in call.program.operand]
    operands += [o.operands for o in call.program.option if o.operands is not None]
    kinds = dict.fromkeys(kind for one in operands for kind in ON_PATHS.get(one, ()))
    note = "its path is one of those that are listed in a file"
    for kind in kinds:
        call.effect(kind, None, word=word, note=note)
    if not kinds:
        at_worst(call, word, "it takes paths from a file")


def _of_option(option: Option) -> Iterator[EffectKind]:
    yield from option.effects
    yield from _KINDS.get(option.role, ())
    if option.operands is not None:
        yield from _KINDS.get(option.operands, ())
