"""Read a script with both parsers; what they do not agree on is opaque."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from linara_agent.core.shell.bashlex_reader import CommandSpans, commands
from linara_agent.core.shell.guards.lexical import (
    broken_tokens,
    fences,
    hidden_characters,
    lookalikes,
    openers_agree,
    without_quotes,
)
from linara_agent.core.shell.guards.modes import changed_rules
from linara_agent.core.shell.guards.shadows import certain_functions
from linara_agent.core.shell.guards.subscripts import run_by_subscript
from linara_agent.core.shell.mvdan.lowering import Lowering
from linara_agent.core.shell.mvdan.misread import misread
from linara_agent.core.shell.mvdan.reader import lower
from linara_agent.core.shell.reading import (
    BashlexTree,
    Failure,
    NotParsed,
    Parsers,
)
from linara_agent.core.shell.script import Invocation, Opaque, Script, Span
from linara_agent.core.shell.values.words import Surroundings

_TOO_SLOW = Failure.DEADLINE.value
_MOST_CHARACTERS = 20_000
"""Of single commands; bashlex needs about a second for so many."""


def read(text: str, parsers: Parsers, *, home: str | None) -> Script:
    """The script as bash would run it; never raises, whatever the text."""
    if not text.strip():
        return _unread(text, "there is nothing to read")
    if "\0" in text:
        return _unread(text, "a NUL character, which bash drops")
    parsed = parsers.mvdan(text)
    if isinstance(parsed, NotParsed):
        detail = f" ({parsed.detail})" if parsed.detail else ""
        return _unread(text, f"it {parsed.failure}{detail}")
    try:
        return _read(text, parsed.file, parsers, home)
    except RecursionError:
        return _unread(text, "it is nested too deep")
    except Exception as error:  # noqa: BLE001 — a tree we do not know is opaque
        return _unread(text, f"the reader does not know it ({type(error).__name__})")


def _unread(text: str, reason: str) -> Script:
    whole = Opaque(span=Span(0, len(text)), reason=reason)
    return Script(text=text, nodes=(), invocations=(), opaque=(whole,))


def _read(
    text: str, file: dict[str, object], parsers: Parsers, home: str | None
) -> Script:
    nodes, lowering = lower(file, text, Surroundings(home=home))
    opaque = [*lowering.opaque, *hidden_characters(text)]
    unquoted = without_quotes(file, text, lowering.offsets)
    opaque += [*broken_tokens(unquoted), *fences(unquoted)]
    if not openers_agree(file, unquoted):
        reason = "the substitutions in it cannot be counted for certain"
        opaque.append(Opaque(span=Span(0, len(text)), reason=reason))
    opaque += misread(file, text, lowering.offsets)
    opaque += _disagreements(text, lowering, parsers)
    invocations = tuple(lowering.invocations)
    opaque += changed_rules(text, invocations)
    opaque += run_by_subscript(invocations)
    return Script(
        text=text,
        nodes=nodes,
        invocations=invocations,
        opaque=tuple(opaque),
        misleading=tuple(lookalikes(text)),
        functions=certain_functions(lowering.functions, invocations),
    )


def _disagreements(text: str, lowering: Lowering, parsers: Parsers) -> Iterator[Opaque]:
    text = _shown(text, lowering)
    tree = parsers.bashlex(text)
    if isinstance(tree, BashlexTree):
        seen = set(commands(tree))
        ours = {spans: i for i, spans in _spans(lowering.invocations)}
        hidden = {i for spans, i in ours.items() if spans not in seen}
        extra = [spans for spans in seen if spans not in ours]
        disputed = hidden - lowering.substituted
        yield from _extra(extra, disputed, lowering)
        yield from _hidden(extra, disputed, lowering)
        doubtful: Iterable[int] = hidden & lowering.substituted
    elif tree.failure is Failure.DEADLINE:
        yield Opaque(span=Span(0, len(text)), reason=f"for bashlex it {_TOO_SLOW}")
        return
    else:
        doubtful = range(len(lowering.invocations))
    yield from _leaves(text, sorted(doubtful), lowering, parsers)


def _shown(text: str, lowering: Lowering) -> str:
    """The text for bashlex, without what it is known to misread."""
    characters = list(text)
    for (start, end), filler in lowering.unknown_to_bashlex:
        characters[start:end] = filler * (end - start)
    return "".join(characters)


def _spans(invocations: list[Invocation]) -> Iterator[tuple[int, CommandSpans]]:
    for index, invocation in enumerate(invocations):
        spans = _word_spans(invocation)
        if spans:
            yield index, spans


def _word_spans(invocation: Invocation) -> CommandSpans:
    found = {word.span for word in invocation.words}
    found |= {assignment.span for assignment in invocation.assignments}
    if invocation.program is not None:
        found.add(invocation.program.span)
    return tuple(sorted(found))


def _extra(
    extra: list[CommandSpans], disputed: set[int], lowering: Lowering
) -> Iterator[Opaque]:
    """Commands that bashlex alone sees.

    It is known to see some where there are none: in here-documents inside other
    constructs, in `(( ))`, and in single quotes glued to other text. Where mvdan/sh
    sees one too, with other words, that is told once.
    """
    known = [*lowering.plain, *(lowering.invocations[one].span for one in disputed)]
    for spans in extra:
        here = _hull(spans)
        if not any(_covers(span, here) for span in known):
            reason = "bashlex sees a command here, mvdan/sh sees none"
            yield Opaque(span=here, reason=reason)


def _hidden(
    extra: list[CommandSpans], disputed: set[int], lowering: Lowering
) -> Iterator[Opaque]:
    """Commands that mvdan/sh alone sees, and those that bashlex reads otherwise.

    bashlex is known to hide those in substitutions (multi-line ones, in
    here-documents, in `${ }`, glued to quotes); anywhere else it is a dispute.
    """
    for index in sorted(disputed):
        span = lowering.invocations[index].span
        count = sum(_covers(span, _hull(spans)) for spans in extra)
        seen = {0: "no command", 1: "other words"}.get(count, f"{count} commands")
        reason = f"bashlex sees {seen} here, mvdan/sh sees one command"
        yield Opaque(span=span, reason=reason)


def _hull(spans: CommandSpans) -> Span:
    return Span(spans[0].start, spans[-1].end)


def _covers(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _leaves(
    text: str, indices: Iterable[int], lowering: Lowering, parsers: Parsers
) -> Iterator[Opaque]:
    """Ask bashlex about single commands, until one takes too long."""
    # Those that stand in others come after them.
    lowering.blots.sort(key=lambda blot: (blot[0].start, -blot[0].end))
    characters = 0
    is_slow = False
    rest = list(indices)
    while rest:
        invocation = lowering.invocations[rest[0]]
        characters += invocation.span.end - invocation.span.start
        if is_slow or characters > _MOST_CHARACTERS:
            start = min(lowering.invocations[index].span.start for index in rest)
            span = Span(start, len(text))
            yield Opaque(span=span, reason="bashlex would take too long to read it")
            return
        for found in _leaf(text, invocation, lowering, parsers):
            is_slow = is_slow or _TOO_SLOW in found.reason
            yield found
        rest.pop(0)


def _leaf(
    text: str, invocation: Invocation, lowering: Lowering, parsers: Parsers
) -> Iterator[Opaque]:
    """Ask bashlex about one simple command, its inner constructs blotted out."""
    expected = _word_spans(invocation)
    if not expected:
        return
    start, end = expected[0].start, max(expected[-1].end, invocation.span.end)
    source = _blotted(text, start, end, lowering)
    tree = parsers.bashlex(source)
    if isinstance(tree, NotParsed):
        reason = f"for bashlex it {tree.failure}"
        yield Opaque(span=invocation.span, reason=reason)
        return
    seen = [
        tuple(Span(s.start + start, s.end + start) for s in spans)
        for spans in commands(tree)
    ]
    if seen != [expected]:
        count = "other words" if len(seen) == 1 else f"{len(seen)} commands"
        reason = f"bashlex sees {count} here, mvdan/sh sees one command"
        yield Opaque(span=invocation.span, reason=reason)


def _blotted(text: str, start: int, end: int, lowering: Lowering) -> str:
    """The source with each inner construct replaced by as many plain letters.

    They are judged on their own; a here-document's redirection becomes blanks.
    """
    characters = list(text[start:end])
    done = start
    first = bisect_left(lowering.blots, start, key=lambda blot: blot[0].start)
    for index in range(first, len(lowering.blots)):
        span, filler = lowering.blots[index]
        if span.start >= end:
            break
        if done <= span.start and span.end <= end:
            length = span.end - span.start
            characters[span.start - start : span.end - start] = filler * length
            done = span.end
    return "".join(characters)
