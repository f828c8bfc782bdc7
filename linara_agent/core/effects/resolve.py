"""From a script to everything that it does."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from linara_agent.core.effects.catalogue import Catalogue, Program
from linara_agent.core.effects.commands import (
    resolve_command,
)
from linara_agent.core.effects.effect import (
    Certainty,
    Effect,
    EffectKind,
    Form,
    PathClass,
)
from linara_agent.core.effects.environment import (
    changes_what_runs,
    holds_secret,
    set_by_builtin,
    set_by_constructs,
)
from linara_agent.core.effects.flows import flows
from linara_agent.core.effects.functions import (
    bodies_with_parameters,
    calls_itself,
    defined_before,
)
from linara_agent.core.effects.parameters import with_parameters
from linara_agent.core.effects.place import Place
from linara_agent.core.effects.replaced import replaced
from linara_agent.core.effects.second_reading import (
    in_opaque,
    in_variable,
    takes_lines,
)
from linara_agent.core.effects.standing import Standing
from linara_agent.core.effects.trace import (
    Analyser,
    Call,
    Code,
    Nested,
    Resolution,
    Sink,
    Taint,
    Texts,
)
from linara_agent.core.shell.script import (
    Assignment,
    Invocation,
    Redirection,
    Script,
    Span,
    Word,
)

_WRITES = frozenset((">", ">>", ">|", "&>", "&>>", "<>"))
_NETWORK_FILE = re.compile(r"/dev/(?:tcp|udp)/([^/]*)")
_NO_PROGRAM = Program(name="", summary="assignments and redirections alone")


def resolve(
    script: Script,
    places: tuple[Place, ...],
    catalogue: Catalogue,
    analysers: Mapping[str, Analyser],
    *,
    read: Callable[[str], Script],
) -> Resolution:
    """Every effect of the script, in the order of its text; `read` reads strings
    that are code.
    """
    resolution = Resolution(
        script=script,
        catalogue=catalogue,
        analysers=analysers,
        texts=Texts(read=read),
        standing=Standing(script, places),
    )
    return _completed(resolution, places)


def _completed(resolution: Resolution, places: tuple[Place, ...]) -> Resolution:
    script = resolution.script
    _walk(resolution)
    if resolution.standing.came_back:
        everywhere = resolution.standing.everywhere()
        again = Standing(script, places, again=everywhere)
        resolution = resolution.afresh(again)
        _walk(resolution)
    resolution.effects.extend(flows(resolution))
    resolution.effects.extend(_set_by_constructs(script))
    return resolution


def _set_by_constructs(script: Script) -> Iterator[Effect]:
    for name in set_by_constructs(script.text):
        yield Effect(
            kind=EffectKind.ENVIRONMENT,
            target=name,
            certainty=Certainty.POSSIBLE,
            span=(0, len(script.text)),
        )


def _walk(resolution: Resolution) -> None:
    for index, invocation in enumerate(resolution.script.invocations):
        _invocation(resolution, index, invocation)
    for index, multiplies in calls_itself(resolution.script):
        call = _call(resolution, index, resolution.script.invocations[index])
        if multiplies:
            call.effect(EffectKind.PROCESS, "fork bomb")
        call.unknown("the function calls itself and may never end")
    for place, code in in_opaque(resolution.script):
        around = place if place is not None else _OUTSIDE
        nested(_call(resolution, around, _invocation_at(resolution, place)), code)


_OUTSIDE = -1
"""Stands for no invocation."""
_NONE = Invocation(
    program=None, words=(), assignments=(), redirections=(), span=Span(0, 0)
)


def _invocation_at(resolution: Resolution, index: int | None) -> Invocation:
    return _NONE if index is None else resolution.script.invocations[index]


def _call(resolution: Resolution, index: int, invocation: Invocation) -> Call:
    certainty = Certainty.POSSIBLE if invocation.conditional else Certainty.CERTAIN
    return Call(
        resolution=resolution,
        index=index,
        invocation=invocation,
        program=_NO_PROGRAM,
        words=(),
        places=_places(resolution, index),
        certainty=certainty,
    )


def _places(resolution: Resolution, index: int) -> tuple[Place, ...]:
    standing = resolution.standing
    return standing.everywhere() if index == _OUTSIDE else standing.of(index)


def _invocation(resolution: Resolution, index: int, invocation: Invocation) -> None:
    call = _call(resolution, index, invocation)
    for assignment in invocation.assignments:
        _assignment(call, assignment)
    for redirection in invocation.redirections:
        _redirection(call, redirection)
    _secret_variables(call, invocation)
    program = invocation.program
    if program is None:
        return
    words = (program, *invocation.words)
    for name in set_by_builtin(program.known or "", [w.known for w in words[1:]]):
        call.effect(EffectKind.ENVIRONMENT, name)
    _by_alias(call, program)
    _by_function(call, program)
    if not _calls_function(resolution, index, program):
        resolve_command(call, words)


def _by_alias(call: Call, program: Word) -> None:
    """A name that an alias was given is that text, and what follows the name."""
    name = program.source
    value = call.resolution.aliases.get(name)
    if value is None or name != program.known:
        return
    behind = call.resolution.script.text[program.span.end : call.invocation.span.end]
    what = f"the text of the alias {name}"
    others = {n: t for n, t in call.resolution.aliases.items() if n != name}
    alone = replace(call, resolution=replace(call.resolution, aliases=others))
    nested_here(alone, Code(text=value + behind, what=what, where=program))


def _by_function(call: Call, program: Word) -> None:
    """The body of a function once more, with the words of this very call."""
    words = call.invocation.words
    script = call.resolution.script
    if program.known is None or any(word.known is None for word in words):
        return
    given = (program.known, *(word.known or "" for word in words))
    what = f"the body of the function {program.known}"
    for span in bodies_with_parameters(script, program.known):
        text = script.text[span.start : span.end]
        nested(call, Code(text=text, what=what, where=program, parameters=given))


def _calls_function(resolution: Resolution, index: int, program: Word) -> bool:
    """It certainly runs a function of the script, whose body is judged where it
    stands; a name that a program has too is judged as both.
    """
    name = program.known
    if name is None or name not in resolution.script.functions:
        return False
    if resolution.catalogue.find(name) is not None:
        return False
    return name in defined_before(resolution.script, index)


def _assignment(call: Call, assignment: Assignment) -> None:
    if changes_what_runs(assignment.name):
        call.effect(EffectKind.ENVIRONMENT, assignment.name, word=assignment.value)
    if assignment.value is not None:
        code = in_variable(assignment.name, assignment.value)
        if code is not None:
            nested(call, code)


def _secret_variables(call: Call, invocation: Invocation) -> None:
    """Expanding a variable that is named like a secret reads that secret."""
    bodies = [r.body for r in invocation.redirections if r.body is not None]
    program = [invocation.program] if invocation.program else []
    values = [a.value for a in invocation.assignments if a.value is not None]
    for word in (*program, *invocation.words, *bodies, *values):
        for name in word.variables:
            if holds_secret(name):
                call.trace.emits.add(Taint.SECRETS)
                call.effect(
                    EffectKind.READ, f"${name}", cls=PathClass.SECRETS, word=word
                )


def _redirection(call: Call, redirection: Redirection) -> None:
    target = redirection.target
    if target is None:
        return
    text = target.known
    certain = text if text is not None else getattr(target.value, "prefix", "")
    network = _NETWORK_FILE.match(certain)
    if network is not None:
        _wired(call)
        if call.invocation.program is not None and not call.invocation.words:
            call.resolution.wires.add(redirection.descriptor or "")
        call.effect(EffectKind.NETWORK, network[1], word=target)
    elif redirection.operator in (">&", "<&"):
        _descriptor(call, redirection, target)
    elif redirection.operator in _WRITES:
        call.path(EffectKind.MODIFY, target)
    elif redirection.operator == "<" and not _is_process(target):
        call.path(EffectKind.READ, target)


def _wired(call: Call) -> None:
    """Its input or output is a connection."""
    call.trace.sinks.add(Sink.NETWORK)
    call.trace.emits.add(Taint.NETWORK)
    call.trace.wired = True


def _is_process(word: Word) -> bool:
    return word.source.startswith(("<(", ">("))


def _descriptor(call: Call, redirection: Redirection, target: Word) -> None:
    """`2>&1` copies a descriptor; `>&file` writes a file."""
    text = target.known
    if text is not None and text.rstrip("-") in call.resolution.wires:
        _wired(call)
    if text is not None and re.fullmatch(r"\d*-?", text):
        return
    if redirection.operator == ">&" and text is not None:
        call.path(EffectKind.MODIFY, target)
    elif text is None:
        call.unknown("the descriptor it is tied to cannot be known", target)


def nested(call: Call, code: Code) -> None:
    """The effects of a text that is run as a script of its own."""
    inner = _nested(call, code)
    if inner is None:
        return
    for index, trace in inner.traces.items():
        call.trace.emits |= trace.emits
        piped = index != _OUTSIDE and inner.script.invocations[index].piped_from
        if not piped:
            call.trace.sinks |= trace.sinks


def nested_here(call: Call, code: Code) -> None:
    """The same for a text that this very shell runs: it may change its directory."""
    code = replace(code, bash=code.bash and call.resolution.bash)
    inner = _nested(call, code)
    nested_places = () if inner is None else inner.standing.at_the_end()
    if inner is not None:
        call.resolution.aliases.update(inner.aliases)
    if inner is not None and nested_places != call.places:
        call.resolution.standing.move(call.index, nested_places, sure=False)


def _nested(call: Call, code: Code) -> Resolution | None:
    resolution = call.resolution
    if resolution.depth > 8:  # noqa: PLR2004 — nobody nests shells that deep
        call.unknown("shells started within shells too deep", code.where)
        return None
    found = resolution.texts.script(code.text)
    if found is None:
        call.unknown("too many texts that are run as scripts", code.where)
        return None
    script = with_parameters(found, code.parameters)
    for doubt in script.opaque:
        call.unknown(f"{code.what}: {doubt.reason}", code.where)
    eater = takes_lines(script) if code.lines else None
    if eater is not None:
        name = eater.program.source if eater.program is not None else "it"
        reason = f"{name} may take the lines behind it as its own input"
        call.unknown(f"{code.what}: {reason}", code.where)
    fresh = resolution.afresh(Standing(script, call.places))
    inner = replace(
        fresh,
        script=script,
        depth=resolution.depth + 1,
        aliases=dict(resolution.aliases),
        bash=code.bash,
        replaced=resolution.replaced | replaced(resolution.script, but=call.index),
    )
    inner = _completed(inner, call.places)
    _take_over(call, code, inner)
    return inner


def _take_over(call: Call, code: Code, inner: Resolution) -> None:
    """What a nested script does, the outer one does, where the text stands."""
    resolution = call.resolution
    index = call.index if call.index != _OUTSIDE else None
    found = Nested(
        invocation=index,
        span=code.where.span,
        what=code.what,
        script=inner.script,
        inner=tuple(inner.nested),
    )
    resolution.nested.append(found)
    before = len(resolution.commands)
    span = (code.where.span.start, code.where.span.end)
    resolution.commands += [
        replace(one, invocation=call.index, span=span) for one in inner.commands
    ]
    for effect in inner.effects:
        command = None if effect.command is None else effect.command + before
        note = f"{code.what}: {effect.note}" if effect.note else f"in {code.what}"
        resolution.effects.append(
            replace(effect, invocation=index, span=span, command=command, note=note)
        )


def unread(script: Script) -> Iterator[Effect]:
    """An opaque part may do anything."""
    for doubt in script.opaque:
        yield Effect(
            kind=EffectKind.UNKNOWN,
            target=None,
            form=Form.UNKNOWN,
            certainty=Certainty.POSSIBLE,
            span=(doubt.span.start, doubt.span.end),
            note=doubt.reason,
        )
