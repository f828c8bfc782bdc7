"""What a program could do with a word that may become one of its options.

Where every option of a program is described (`complete`), a word that is not known can
only become one of these, so that its harm is bounded by what all of them do together.
"""

from collections.abc import Iterator, Mapping

from linara_agent.core.effects.catalogue import Option, Program, Role
from linara_agent.core.effects.effect import EffectKind
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


def doubtful(call: Call, word: Word, reason: str) -> None:
    """A word that is an option that is not known, or may become one that is."""
    kinds = reach(call.program) if word.known is None else None
    if kinds is None:
        call.unknown(reason, word)
        return
    if EffectKind.NETWORK in kinds:
        call.trace.emits.add(Taint.NETWORK)
        call.trace.sinks.add(Sink.NETWORK)
    for kind in kinds:
        call.effect(kind, None, word=word, note=reason, possible=True)


def reach(program: Program) -> tuple[EffectKind, ...] | None:
    """All kinds of effects that any option or operand may have; None if not known.

    An option may take the word behind it as its value, give the operands another
    role, or move one to another place: so each kind counts, whatever the words are.
    A program that runs its operands may run another one then: nothing is known.
    """
    runs = program.subcommand or program.command_from is not None
    if not program.complete or program.analyser is not None or runs:
        return None
    if not any(one.position == "rest" for one in program.operand):
        return None  # the word may be several, and one more may mean anything
    found = dict.fromkeys(
        (
            *program.effects,
            *(kind for one in program.option for kind in _of_option(one)),
            *(kind for one in program.operand for kind in one.effects),
            *(kind for one in program.operand for kind in _KINDS.get(one.role, ())),
        )
    )
    return None if EffectKind.UNKNOWN in found else tuple(found)


def _of_option(option: Option) -> Iterator[EffectKind]:
    yield from option.effects
    yield from _KINDS.get(option.role, ())
    if option.operands is not None:
        yield from _KINDS.get(option.operands, ())
