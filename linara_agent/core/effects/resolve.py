"""From a script to everything that it does."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from linara_agent.core.effects.catalogue import Catalogue, Program
from linara_agent.core.effects.commands import (
    moved,
    resolve_command,
)
from linara_agent.core.effects.effect import (
    Certainty,
    Effect,
    EffectKind,
    Form,
    PathClass,
)
from linara_agent.core.effects.environment import changes_what_runs, holds_secret
from linara_agent.core.effects.flows import flows
from linara_agent.core.effects.place import Place
from linara_agent.core.effects.trace import Analyser, Call, Resolution, Sink, Taint
from linara_agent.core.shell.script import (
    Assignment,
    Invocation,
    Redirection,
    Script,
    Word,
)

_MOST_PLACES = 4
_WRITES = frozenset((">", ">>", ">|", "&>", "&>>", "<>"))
_NETWORK_FILE = re.compile(r"/dev/(?:tcp|udp)/([^/]*)/.*")
_NO_PROGRAM = Program(name="", summary="assignments and redirections alone")


def resolve(
    script: Script,
    places: tuple[Place, ...],
    catalogue: Catalogue,
    analysers: Mapping[str, Analyser],
    *,
    read: Callable[[str], Script],
    depth: int = 0,
) -> tuple[Effect, ...]:
    """Every effect of the script, in the order of its text; `read` reads strings
    that are code.
    """
    resolution = Resolution(
        script=script,
        catalogue=catalogue,
        analysers=analysers,
        read=read,
        depth=depth,
    )
    standing = _Standing(places)
    for index, invocation in enumerate(script.invocations):
        _invocation(resolution, index, invocation, standing)
    resolution.effects.extend(flows(resolution))
    return tuple(dict.fromkeys(resolution.effects))


class _Standing:
    """The directories each subshell may be in; the outermost is `()`."""

    def __init__(self, places: tuple[Place, ...]) -> None:
        self._at: dict[tuple[int, ...], tuple[Place, ...]] = {(): places}

    def of(self, scope: tuple[int, ...]) -> tuple[Place, ...]:
        while scope not in self._at:
            scope = scope[:-1]
        return self._at[scope]

    def move(self, invocation: Invocation, places: tuple[Place, ...]) -> None:
        scope = invocation.scope
        if invocation.conditional:
            places = tuple(dict.fromkeys((*self.of(scope), *places)))
        if len(places) > _MOST_PLACES:
            places = (places[0].at(None),)
        self._at[scope] = places


def _invocation(
    resolution: Resolution, index: int, invocation: Invocation, standing: _Standing
) -> None:
    certainty = Certainty.POSSIBLE if invocation.conditional else Certainty.CERTAIN
    call = Call(
        resolution=resolution,
        index=index,
        invocation=invocation,
        program=_NO_PROGRAM,
        words=(),
        places=standing.of(invocation.scope),
        certainty=certainty,
    )
    for assignment in invocation.assignments:
        _assignment(call, assignment)
    for redirection in invocation.redirections:
        _redirection(call, redirection)
    _secret_variables(call, invocation)
    program = invocation.program
    if program is None or program.known in resolution.script.functions:
        return
    resolve_command(call, (program, *invocation.words))
    if program.known in ("cd", "pushd", "popd"):
        _change_directory(call, invocation, standing)


def _change_directory(call: Call, invocation: Invocation, standing: _Standing) -> None:
    targets = [
        word for word in invocation.words if not (word.known or "").startswith("-")
    ]
    leaves = any(word.known == "-" for word in invocation.words)
    program = invocation.program.known if invocation.program else None
    if leaves or program == "popd" or (program == "pushd" and not targets):
        standing.move(invocation, (call.places[0].at(None),))
    elif targets:
        standing.move(invocation, moved(call, targets[0]))
    else:
        home = tuple(place.at(place.home) for place in call.places[:1])
        standing.move(invocation, home)


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
    network = _NETWORK_FILE.fullmatch(text) if text is not None else None
    if network is not None:
        call.trace.sinks.add(Sink.NETWORK)
        call.effect(EffectKind.NETWORK, network[1], word=target)
    elif redirection.operator in (">&", "<&"):
        _descriptor(call, redirection, target)
    elif redirection.operator in _WRITES:
        call.path(EffectKind.MODIFY, target)
    elif redirection.operator == "<" and not _is_process(target):
        call.path(EffectKind.READ, target)


def _is_process(word: Word) -> bool:
    return word.source.startswith(("<(", ">("))


def _descriptor(call: Call, redirection: Redirection, target: Word) -> None:
    """`2>&1` copies a descriptor; `>&file` writes a file."""
    text = target.known
    if text is not None and re.fullmatch(r"\d*-?", text):
        return
    if redirection.operator == ">&" and text is not None:
        call.path(EffectKind.MODIFY, target)
    elif text is None:
        call.unknown("the descriptor it is tied to cannot be known", target)


def nested(call: Call, text: str, word: Word) -> None:
    """The effects of a text that is run as a script of its own."""
    resolution = call.resolution
    if resolution.depth > 8:  # noqa: PLR2004 — nobody nests shells that deep
        call.unknown("shells started within shells too deep", word)
        return
    script = resolution.read(text)
    for opaque in script.opaque:
        call.unknown(f"the script it is given: {opaque.reason}", word)
    effects = resolve(
        script,
        call.places,
        resolution.catalogue,
        resolution.analysers,
        read=resolution.read,
        depth=resolution.depth + 1,
    )
    for effect in effects:
        resolution.effects.append(
            replace(
                effect, invocation=call.index, span=(word.span.start, word.span.end)
            )
        )
        _inherit(call, effect)


def _inherit(call: Call, effect: Effect) -> None:
    if effect.kind is EffectKind.NETWORK:
        call.trace.emits.add(Taint.NETWORK)
        call.trace.sinks.add(Sink.NETWORK)


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
