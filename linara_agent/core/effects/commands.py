"""Resolve one command by its catalogue entry."""

import posixpath
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from linara_agent.core.effects.arguments import Arguments, take_apart
from linara_agent.core.effects.catalogue import Operand, Program, Role
from linara_agent.core.effects.effect import EffectKind
from linara_agent.core.effects.place import Place
from linara_agent.core.effects.trace import Call, Sink, Taint
from linara_agent.core.shell.script import Known, Unknown, Word

STANDARD_DIRECTORIES = ("/bin", "/usr/bin", "/sbin", "/usr/sbin")
_DEEPEST = 12

_PATH_EFFECTS: Mapping[Role, tuple[EffectKind, ...]] = {
    Role.READ: (EffectKind.READ,),
    Role.PATHS: (EffectKind.READ,),
    Role.WRITE: (EffectKind.MODIFY,),
    Role.CREATE: (EffectKind.CREATE,),
    Role.MODIFY: (EffectKind.MODIFY,),
    Role.DELETE: (EffectKind.DELETE,),
    Role.MOVE: (EffectKind.READ, EffectKind.DELETE),
    Role.METADATA: (EffectKind.METADATA,),
}
_INTERPRETERS = frozenset(
    ("sh", "python3", "perl", "ruby", "node", "php", "lua", "zsh", "fish", "ksh")
)


def resolve_command(call: Call, words: tuple[Word, ...]) -> None:
    """The effects of `words` (a program and its arguments) run by `call`."""
    if not words:
        return
    program_word, arguments = words[0], words[1:]
    name = program_word.known
    if name is None:
        reason = getattr(program_word.value, "reason", "a pattern")
        call.unknown(f"which program runs is {reason}", program_word)
        return
    if not name:
        call.unknown("an empty program name", program_word)
        return
    found = _program(call, name)
    if found is None:
        _unknown_program(call, name, program_word)
        return
    resolve_program(call.inside(found, arguments))


def _program(call: Call, name: str) -> Program | None:
    directory, _, plain = name.rpartition("/")
    if directory and directory not in STANDARD_DIRECTORIES:
        return None
    return call.resolution.catalogue.find(plain)


def _unknown_program(call: Call, name: str, word: Word) -> None:
    if "/" in name:
        for place in call.places:
            call.at(EffectKind.EXECUTE, place.absolute(name), place, word=word)
    stand_in = Program(name=name, summary="not in the catalogue")
    call.inside(stand_in, ()).unknown(f"the catalogue does not know {name}", word)
    if posixpath.basename(name) in _INTERPRETERS:
        call.trace.sinks.add(Sink.INTERPRETER)


def resolve_program(call: Call) -> None:
    program = call.program
    for kind in program.effects:
        _own_effect(call, kind)
    if program.analyser is not None:
        analyser = call.resolution.analysers.get(program.analyser)
        if analyser is None:
            call.unknown(f"nothing can read {program.name}'s operands yet")
        else:
            analyser(call)
        return
    _described(call)


def _own_effect(call: Call, kind: EffectKind, word: Word | None = None) -> None:
    if kind is EffectKind.NETWORK:
        call.trace.emits.add(Taint.NETWORK)
        call.trace.sinks.add(Sink.NETWORK)
    if kind is EffectKind.EXECUTE and call.program.name in _INTERPRETERS:
        call.trace.sinks.add(Sink.INTERPRETER)
    call.effect(kind, call.program.name, word=word)


def parsed(
    call: Call, *, options_first: bool = False
) -> tuple[Call, Arguments, tuple[Word, ...]]:
    """Take the words apart, and have the effects of the options.

    Returns the call as `-C DIR` leaves it, the arguments, and the operands (with
    `options_first`: all words from the first operand on).
    """
    first = options_first or call.program.options_first
    arguments, rest = take_apart(call.program, call.words, options_first=first)
    for word, reason in arguments.doubtful:
        call.unknown(reason, word)
    operands = rest if first else tuple(arguments.operands)
    return _options(call, arguments), arguments, operands


def _described(call: Call) -> None:
    program = call.program
    first = bool(program.subcommand) or isinstance(program.command_from, int)
    call, arguments, rest = parsed(call, options_first=first)
    if program.subcommand:
        _subcommand(call, rest)
    elif program.command_from is not None:
        _wrapped(call, arguments, rest)
    else:
        _operands(call, arguments, rest)


def _options(call: Call, arguments: Arguments) -> Call:
    for given in arguments.given:
        for kind in given.option.effects:
            _own_effect(call, kind, given.value)
        if given.option.decodes:
            call.trace.emits.add(Taint.DECODED)
        if given.value is None:
            continue
        if given.option.role is Role.CWD:
            call = replace(call, places=moved(call, given.value))
        else:
            with_role(call, given.option.role, given.value)
    return call


def moved(call: Call, word: Word) -> tuple[Place, ...]:
    """The places after changing to the directory that the word names."""
    text = word.known
    if text is None or text == "-":
        return (call.places[0].at(None),)
    return tuple(dict.fromkeys(p.at(p.absolute(text or p.home)) for p in call.places))


def _subcommand(call: Call, rest: tuple[Word, ...]) -> None:
    if not rest:
        return
    name = rest[0].known
    found = call.program.subcommands.get(name) if name is not None else None
    if found is None:
        call.unknown(
            f"{call.program.name} {name or 'with an unknown subcommand'}", rest[0]
        )
        return
    full = found.model_copy(update={"name": f"{call.program.name} {found.name}"})
    resolve_program(call.inside(full, rest[1:]))


def _wrapped(
    call: Call,
    arguments: Arguments,
    rest: tuple[Word, ...],
) -> None:
    place = call.program.command_from
    if place == "after:--":
        start = arguments.dashes
        command = tuple(arguments.operands[start:]) if start is not None else ()
    else:
        command = rest[int(place or 1) - 1 :]
        for word in rest[: int(place or 1) - 1]:
            if may_hide(word):
                call.unknown("the command it runs cannot be told apart", word)
    run(call, command)


def may_hide(word: Word) -> bool:
    """An unquoted unknown may become no word at all, or several."""
    return isinstance(word.value, Unknown) and not word.quoted


def run(call: Call, command: tuple[Word, ...]) -> None:
    """What a wrapper runs is judged as if it stood there itself."""
    deeper = call.resolution
    deeper.depth += 1
    try:
        if deeper.depth > _DEEPEST:
            call.unknown("commands wrapped too deep")
        else:
            resolve_command(call, command)
    finally:
        deeper.depth -= 1


def _operands(
    call: Call,
    arguments: Arguments,
    operands: tuple[Word, ...],
) -> None:
    program = call.program
    recursive = any(given.option.recursive for given in arguments.given)
    override = [g.option.operands for g in arguments.given if g.option.operands]
    drops = {given.option.drops for given in arguments.given if given.option.drops}
    specs = [one for one in program.operand if one.position not in drops]
    for spec in specs:
        chosen = _chosen(spec, operands, specs)
        if not chosen and spec.default is not None and not operands:
            chosen = (_default_word(call, spec.default),)
        for word in chosen:
            if spec.harmless and re.fullmatch(spec.harmless, word.known or ""):
                continue
            for kind in spec.effects:
                _own_effect(call, kind, word)
            role = override[0] if override else spec.role
            with_role(call, role, word, recursive=recursive or spec.recursive)
    _unforeseen(call, specs, operands, drops)
    _lists(call, operands, specs)


def _default_word(call: Call, text: str) -> Word:
    return Word(span=call.invocation.span, source=text, value=Known(text))


def _chosen(
    spec: Operand, operands: tuple[Word, ...], specs: list[Operand]
) -> tuple[Word, ...]:
    """The operands that a description speaks of."""
    positions = {one.position for one in specs}
    count = len(operands)
    match spec.position:
        case "first":
            return operands[:1]
        case "last":
            taken = 1 if "first" in positions else 0
            return operands[-1:] if count > taken else ()
        case "rest":
            start = 1 if "first" in positions else 0
            single = count == start + 1
            end = count - 1 if "last" in positions and not single else count
            numbered = {n - 1 for n in positions if isinstance(n, int)}
            return tuple(
                word
                for i, word in enumerate(operands)
                if start <= i < end and i not in numbered
            )
        case int(number):
            return operands[number - 1 : number]


def _unforeseen(
    call: Call, specs: list[Operand], operands: tuple[Word, ...], drops: Collection[str]
) -> None:
    """Operands that no description speaks of are not known to be harmless."""
    if not operands or any(one.position == "rest" for one in specs):
        return
    described = [word for one in specs for word in _chosen(one, operands, specs)]
    if len(described) < len(operands) and not drops:
        extra = next(word for word in operands if word not in described)
        call.unknown(f"{call.program.name} takes no such operand", extra)


def _lists(call: Call, operands: tuple[Word, ...], specs: list[Operand]) -> None:
    """Which paths its output names: those of its operands, or of its input."""
    named = [word for word in operands if word.known != "-"]
    if call.program.output == "operands":
        words = named or [_default_word(call, ".")]
        roots = [p.absolute(w.known) for p in call.places for w in words if w.known]
        if len(roots) == len(words) * len(call.places) and None not in roots:
            call.trace.lists = tuple(root for root in roots if root is not None)
    if call.program.output == "input" and (not named or _only_pattern(specs, operands)):
        call.trace.lists = incoming(call)
        call.trace.rooted = incoming_rooted(call)


def _only_pattern(specs: list[Operand], operands: tuple[Word, ...]) -> bool:
    first = [one for one in specs if one.position == "first"]
    return bool(first) and first[0].role is Role.PATTERN and len(operands) == 1


def incoming(call: Call) -> tuple[str, ...] | None:
    """The roots of the paths on its standard input."""
    listed = [call.resolution.trace(i).lists for i in call.invocation.piped_from]
    if not listed or None in listed:
        return None
    return tuple(dict.fromkeys(root for roots in listed for root in roots or ()))


def incoming_rooted(call: Call) -> bool:
    """The paths on its standard input all begin with a slash, a dot or a name."""
    sources = call.invocation.piped_from
    return bool(sources) and all(call.resolution.trace(i).rooted for i in sources)


def with_role(
    call: Call,
    role: Role,
    word: Word,
    *,
    recursive: bool = False,
) -> None:
    """The effects that a word has in its role."""
    if role in _PATH_EFFECTS:
        for kind in _PATH_EFFECTS[role]:
            call.path(kind, word, recursive=recursive)
        if role is Role.PATHS:
            call.unknown("it takes paths from a file", word)
        return
    other = _OTHER_ROLES.get(role)
    if other is not None:
        other(call, word)


def _run_role(call: Call, word: Word) -> None:
    call.effect(EffectKind.EXECUTE, word.known, word=word)
    call.unknown("it runs the program that an option names", word)


def _host_role(call: Call, word: Word) -> None:
    call.trace.emits.add(Taint.NETWORK)
    call.trace.sinks.add(Sink.NETWORK)
    call.effect(EffectKind.NETWORK, word.known, word=word)


def _code_role(call: Call, word: Word) -> None:
    call.effect(EffectKind.EXECUTE, call.program.name, word=word, note="runs code")


_OTHER_ROLES: Mapping[Role, Callable[[Call, Word], None]] = {
    Role.RUN: _run_role,
    Role.HOST: _host_role,
    Role.CODE: _code_role,
}
