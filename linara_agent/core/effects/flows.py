"""Data that reaches an interpreter or the network through pipes and words."""

from collections.abc import Iterator

from linara_agent.core.effects.effect import (
    Certainty,
    Effect,
    EffectKind,
    Form,
    PathClass,
)
from linara_agent.core.effects.trace import Resolution, Sink, Taint
from linara_agent.core.shell.script import Word


def flows(resolution: Resolution) -> Iterator[Effect]:
    """One effect for each kind of data that reaches each kind of sink.

    Its target is `SOURCE>SINK`: `network>interpreter`, `secrets>network`, …
    """
    for effect in resolution.effects:
        secret = effect.kind is EffectKind.READ and effect.cls is PathClass.SECRETS
        if secret and effect.invocation is not None:
            resolution.trace(effect.invocation).emits.add(Taint.SECRETS)
    _into_calls(resolution)
    for index, invocation in enumerate(resolution.script.invocations):
        trace = resolution.trace(index)
        if not trace.sinks:
            continue
        own = trace.emits if trace.wired else trace.emits - {Taint.NETWORK}
        reaching = own | _reaching(resolution, index, set())
        for sink in sorted(trace.sinks):
            for taint in sorted(_telling(reaching, sink)):
                yield Effect(
                    kind=EffectKind.FLOW,
                    target=f"{taint}>{sink}",
                    form=Form.EXACT,
                    certainty=Certainty.CERTAIN,
                    invocation=index,
                    span=(invocation.span.start, invocation.span.end),
                    program=invocation.program.known if invocation.program else None,
                )


def _into_calls(resolution: Resolution) -> None:
    """What a function's body emits and takes in, its call does."""
    invocations = resolution.script.invocations
    called = set(resolution.script.functions)
    for _ in called:
        for index, one in enumerate(invocations):
            name = one.program.known if one.program is not None else None
            if name not in called:
                continue
            trace = resolution.trace(index)
            for inner, body in enumerate(invocations):
                if body.function == name and inner != index:
                    trace.emits |= resolution.trace(inner).emits
                    trace.sinks |= resolution.trace(inner).sinks


def _telling(reaching: set[Taint], sink: Sink) -> set[Taint]:
    """Network data sent on to the network is nothing of its own."""
    if sink is Sink.NETWORK:
        return reaching - {Taint.NETWORK, Taint.DECODED}
    return reaching


def _reaching(resolution: Resolution, index: int, seen: set[int]) -> set[Taint]:
    """What comes in through pipes, substitutions and process substitutions."""
    invocation = resolution.script.invocations[index]
    words = [*invocation.words, *([invocation.program] if invocation.program else [])]
    for redirection in invocation.redirections:
        words += [w for w in (redirection.target, redirection.body) if w is not None]
    sources = [*invocation.piped_from]
    for word in words:
        sources += word.substitutions
        sources += _assigned(resolution, word)
    found: set[Taint] = set()
    for source in sources:
        if source in seen:
            continue
        seen.add(source)
        found |= {Taint.DATA} | resolution.trace(source).emits
        found |= _reaching(resolution, source, seen)
    return found


def _assigned(resolution: Resolution, word: Word) -> Iterator[int]:
    """The commands whose output the variables in the word were set to."""
    if not word.variables:
        return
    for invocation in resolution.script.invocations:
        for assignment in invocation.assignments:
            if assignment.value is not None and assignment.name in word.variables:
                yield from assignment.value.substitutions
