"""Resolve one command by its catalogue entry."""

import posixpath
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from linara_agent.core.effects.arguments import (
    Arguments,
    splits,
    take_apart,
    with_text,
)
from linara_agent.core.effects.catalogue import Operand, Program, Role
from linara_agent.core.effects.effect import EffectKind
from linara_agent.core.effects.given_options import remember_options
from linara_agent.core.effects.listing import default_word, remember_listed
from linara_agent.core.effects.place import Place
from linara_agent.core.effects.reach import ON_PATHS, doubtful, on_listed_paths
from linara_agent.core.effects.trace import Call, Command, Sink, Taint
from linara_agent.core.shell.script import Unknown, Word

STANDARD_DIRECTORIES = ("/bin", "/usr/bin", "/sbin", "/usr/sbin")
_DEEPEST = 12

_INTERPRETERS = frozenset(
    ("sh", "python3", "perl", "ruby", "node", "php", "lua", "zsh", "fish", "ksh")
)
_UNREAD_SHELLS = frozenset(("zsh", "fish", "ksh", "csh"))
"""Whether they take their input for code (`-s`) is not told from their options."""


def resolve_command(call: Call, words: tuple[Word, ...]) -> None:
    """The effects of `words` (a program and its arguments) run by `call`."""
    if not words:
        return
    program_word, arguments = words[0], words[1:]
    name = program_word.known
    if name is None:
        reason = getattr(program_word.value, "reason", "a pattern")
        call.unread(f"which program runs is {reason}", program_word)
        return
    if not name:
        call.unknown("an empty program name", program_word)
        return
    standard = _standard(call, name)
    span = (program_word.span.start, program_word.span.end)
    call.resolution.commands.append(
        Command(
            program=posixpath.basename(name),
            words=tuple(word.known for word in arguments),
            invocation=call.index,
            span=span,
        )
    )
    call = replace(call, command=len(call.resolution.commands) - 1)
    found = call.resolution.catalogue.find(standard) if standard is not None else None
    if found is None:
        _unknown_program(call, name, program_word)
        return
    resolve_program(call.inside(found, arguments))
    if found.name in _MOVE:
        _moves(call, found.name, arguments)


def _standard(call: Call, name: str) -> str | None:
    """The plain name, unless its path leads to another program of that name."""
    if "/" not in name:
        return name
    paths = [place.absolute(name) or name for place in call.places]
    found = {posixpath.dirname(path) in STANDARD_DIRECTORIES for path in paths}
    if found == {True, False}:
        call.unknown(f"which program {name} is depends on the directory")
    return posixpath.basename(paths[0]) if True in found else None


_MOVE = frozenset(("cd", "pushd", "popd"))


def _moves(call: Call, name: str, words: tuple[Word, ...]) -> None:
    targets = [
        word
        for word in words
        if not (word.known or "").startswith(("-", "+")) and word.known != ""
    ]
    back = any(re.fullmatch(r"-|[+-]\d+", word.known or "") for word in words)
    if back or name == "popd" or (name == "pushd" and not targets):
        places: tuple[Place, ...] = (call.places[0].at(None),)
    elif targets:
        places = moved(call, targets[0])
    elif words and words[-1].known == "":
        return
    else:
        places = tuple(place.at(place.home) for place in call.places[:1])
    program = call.invocation.program
    sure = program is not None and program.known in (*_MOVE, "builtin", "command")
    call.resolution.standing.move(call.index, places, sure=sure)


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
    if not program.subcommand and not _only_tells(call):
        _own_effects(call)
    if program.analyser is not None:
        analyser = call.resolution.analysers.get(program.analyser)
        if analyser is None:
            call.unknown(f"nothing can read {program.name}'s operands yet")
        else:
            analyser(call)
        return
    _described(call)


def _only_tells(call: Call) -> bool:
    """One of its options makes it say something and do nothing (`kill -l`)."""
    if not any(option.tells for option in call.program.option):
        return False
    arguments, _ = take_apart(call.program, call.words)
    return any(given.option.tells for given in arguments.given)


def _own_effects(call: Call) -> None:
    for kind in call.program.effects:
        _own_effect(call, kind)


def _own_effect(call: Call, kind: EffectKind, word: Word | None = None) -> None:
    if kind is EffectKind.NETWORK:
        call.trace.emits.add(Taint.NETWORK)
        call.trace.sinks.add(Sink.NETWORK)
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
        doubtful(call, word, reason)
    remember_options(call, arguments)
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
        described(call, arguments, rest)


def _options(call: Call, arguments: Arguments) -> Call:
    """The call as its `-C DIR` leave it.

    Most programs go there before they look at anything, whatever the order of their
    options (`patch -o FILE -d DIR`); a path may be meant from either place.
    """
    started = call
    for given in arguments.given:
        if given.option.role is Role.CWD and given.value is not None:
            call = replace(call, places=moved(call, given.value))
    places = tuple(dict.fromkeys((*started.places, *call.places)))
    either = replace(call, places=places)
    for given in arguments.given:
        for kind in given.option.effects:
            _own_effect(call, kind, given.value)
        if given.option.decodes:
            call.trace.emits.add(Taint.DECODED)
        if given.value is not None and given.option.role is not Role.CWD:
            with_role(either, given.option.role, given.value)
    return call


def moved(call: Call, word: Word) -> tuple[Place, ...]:
    """The places after changing to the directory that the word names."""
    text = word.known
    if text is None or text == "-":
        return (call.places[0].at(None),)
    return tuple(dict.fromkeys(p.at(p.absolute(text or p.home)) for p in call.places))


def _subcommand(call: Call, rest: tuple[Word, ...]) -> None:
    name = rest[0].known if rest else None
    found = call.program.subcommands.get(name) if name is not None else None
    if found is None or found.inherits:
        _own_effects(call)
    if not rest:
        return
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
    if any(given.option.operands is Role.NONE for given in arguments.given):
        return  # it only tells what would run (`command -v`)
    if place == "after:--":
        start = arguments.dashes
        command = tuple(arguments.operands[start:]) if start is not None else ()
    else:
        command = rest[int(place or 1) - 1 :]
        for word in rest[: int(place or 1) - 1]:
            if may_hide(word):
                call.unread("the command it runs cannot be told apart", word)
    run(call, command)


def may_hide(word: Word) -> bool:
    """It may become no word at all, or several."""
    return isinstance(word.value, Unknown) and splits(word)


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


def described(
    call: Call,
    arguments: Arguments,
    operands: tuple[Word, ...],
) -> None:
    """The effects that the operands have by the program's description."""
    program = call.program
    recursive = any(given.option.recursive for given in arguments.given)
    override = [g.option.operands for g in arguments.given if g.option.operands]
    # `python -c CODE` reads no program from its input.
    code = any(given.option.role is Role.CODE for given in arguments.given)
    drops = {given.option.drops for given in arguments.given if given.option.drops}
    specs = [one for one in program.operand if one.position not in drops]
    for spec in specs:
        chosen = _chosen(spec, operands, specs)
        if not (chosen or operands or code) and spec.default is not None:
            chosen = (default_word(call, spec.default),)
        for word in chosen:
            if spec.harmless and re.fullmatch(spec.harmless, word.known or ""):
                continue
            for kind in spec.effects:
                _own_effect(call, kind, word)
            role = override[0] if override else spec.role
            whole = recursive or spec.recursive
            if role is Role.READ and program.names_only:
                call.path(EffectKind.READ, word, recursive=whole, names_only=True)
            else:
                with_role(call, role, word, recursive=whole)
    _unforeseen(call, specs, operands, drops)
    remember_listed(call, arguments, operands)


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


def with_role(
    call: Call,
    role: Role,
    word: Word,
    *,
    recursive: bool = False,
) -> None:
    """The effects that a word has in its role."""
    if role in ON_PATHS:
        for kind in ON_PATHS[role]:
            call.path(kind, word, recursive=recursive)
        if role is Role.PATHS:
            on_listed_paths(call, word)
        return
    other = _OTHER_ROLES.get(role)
    if other is not None:
        other(call, word)


_PLAIN_COMMAND = re.compile(r"[\w./][\w./=:,@+-]*(?: +[\w./=:,@+-]+)*")


def _run_role(call: Call, word: Word) -> None:
    """The program, with its arguments where these are plain words, is judged too."""
    text = word.known or ""
    call.effect(EffectKind.EXECUTE, word.known, word=word)
    if _PLAIN_COMMAND.fullmatch(text):
        run(call, tuple(with_text(word, part) for part in text.split()))
    else:
        call.unread("it runs the program that an option names", word)


def _host_role(call: Call, word: Word) -> None:
    call.trace.emits.add(Taint.NETWORK)
    call.trace.sinks.add(Sink.NETWORK)
    host = None if word.known is None else host_of(word.known)
    call.effect(EffectKind.NETWORK, host, word=word)


_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_HOST = re.compile(
    r"(?:[^/?#\\]*@)?([\w.-]+|\[[\da-fA-F:.]+\])(?::\d*)?(?:[/?#].*)?", re.DOTALL
)


def host_of(text: str) -> str | None:
    """The host in a URL, in `user@host`, or alone; None where none can be told."""
    scheme = _SCHEME.match(text)
    found = _HOST.fullmatch(text, scheme.end() if scheme is not None else 0)
    return None if found is None else found[1].strip("[]").lower()


def _code_role(call: Call, word: Word) -> None:
    read = word.known in ("-", "/dev/stdin", "/dev/fd/0") or word.known is None
    name = call.program.name
    if (read and name in _INTERPRETERS) or name in _UNREAD_SHELLS:
        call.trace.sinks.add(Sink.INTERPRETER)
    call.effect(EffectKind.EXECUTE, call.program.name, word=word, note="runs code")


_OTHER_ROLES: Mapping[Role, Callable[[Call, Word], None]] = {
    Role.RUN: _run_role,
    Role.HOST: _host_role,
    Role.CODE: _code_role,
}
