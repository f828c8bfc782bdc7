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
from linara_agent.core.effects.functions import calls_itself, defined_before
from linara_agent.core.effects.place import Place
from linara_agent.core.effects.standing import Standing
from linara_agent.core.effects.trace import Analyser, Call, Resolution, Sink, Taint
from linara_agent.core.shell.script import (
    Assignment,
    Invocation,
    Redirection,
    Script,
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
    depth: int = 0,
) -> Resolution:
    """Every effect of the script, in the order of its text; `read` reads strings
    that are code.
    """
    resolution = Resolution(
        script=script,
        catalogue=catalogue,
        analysers=analysers,
        read=read,
        standing=Standing(script, places),
        depth=depth,
    )
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


def _call(resolution: Resolution, index: int, invocation: Invocation) -> Call:
    certainty = Certainty.POSSIBLE if invocation.conditional else Certainty.CERTAIN
    return Call(
        resolution=resolution,
        index=index,
        invocation=invocation,
        program=_NO_PROGRAM,
        words=(),
        places=resolution.standing.of(index),
        certainty=certainty,
    )


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
    if not _calls_function(resolution, index, program):
        resolve_command(call, words)


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


def nested(call: Call, text: str, word: Word) -> None:
    """The effects of a text that is run as a script of its own."""
    inner = _nested(call, text, word)
    if inner is None:
        return
    for index, trace in inner.traces.items():
        call.trace.emits |= trace.emits
        if not inner.script.invocations[index].piped_from:
            call.trace.sinks |= trace.sinks


def nested_here(call: Call, text: str, word: Word) -> None:
    """The same for a text that this very shell runs: it may change its directory."""
    inner = _nested(call, text, word)
    nested_places = () if inner is None else inner.standing.at_the_end()
    if inner is not None and nested_places != call.places:
        call.resolution.standing.move(call.index, nested_places, sure=False)


def _nested(call: Call, text: str, word: Word) -> Resolution | None:
    resolution = call.resolution
    if resolution.depth > 8:  # noqa: PLR2004 — nobody nests shells that deep
        call.unknown("shells started within shells too deep", word)
        return None
    script = resolution.read(text)
    for opaque in script.opaque:
        call.unknown(f"the script it is given: {opaque.reason}", word)
    inner = resolve(
        script,
        call.places,
        resolution.catalogue,
        resolution.analysers,
        read=resolution.read,
        depth=resolution.depth + 1,
    )
    before = len(resolution.commands)
    span = (word.span.start, word.span.end)
    resolution.commands += [
        replace(one, invocation=call.index, span=span) for one in inner.commands
    ]
    for effect in inner.effects:
        command = None if effect.command is None else effect.command + before
        resolution.effects.append(
            replace(effect, invocation=call.index, span=span, command=command)
        )
    return inner


def unread(script: Script) -> Iterator[Effect]:
    """An opaque part may do anything."""
    for opaque in script.opaque:
        yield Effect(
            kind=EffectKind.UNKNOWN,
            target=None,
            form=Form.UNKNOWN,
            certainty=Certainty.POSSIBLE,
            span=(opaque.span.start, opaque.span.end),
            note=opaque.reason,
        )
