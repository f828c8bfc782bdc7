"""Is what bash did among what was read?"""

from linara_agent.core.shell.agree import read
from linara_agent.core.shell.script import (
    Invocation,
    Known,
    Pattern,
    Script,
    Unknown,
    Word,
)
from linara_agent.parsers.both import BothParsers
from tests.core.shell.oracle import HOME, Ran

PARSERS = BothParsers()


def reading(text: str) -> Script:
    return read(text, PARSERS, home=HOME)


def values(text: str) -> tuple[Word, ...]:
    """The words of a text that is one command named `printf`."""
    [invocation] = reading(text).invocations
    return invocation.words


def foreseen(ran: Ran, script: Script) -> bool:
    """An invocation says it, or an opaque part holds the marker's name.

    Where a variable's text is run, the name stands where it was assigned.
    """
    if any(_fits(ran, one) for one in script.invocations):
        return True
    return any(
        ran.name in script.text[opaque.span.start : opaque.span.end]
        or "holds" in opaque.reason
        or opaque.span == (0, len(script.text))
        for opaque in script.opaque
    )


def _fits(ran: Ran, invocation: Invocation) -> bool:
    program = invocation.program
    if program is None:
        return False
    return matches((program, *invocation.words), (ran.name, *ran.words))


def matches(expected: tuple[Word, ...], seen: tuple[str, ...]) -> bool:
    """The words may have become these; an unknown one that can split is any many."""
    if not expected:
        return not seen
    word, rest = expected[0], expected[1:]
    if isinstance(word.value, Unknown) and not word.quoted:
        prefix = word.value.prefix
        counts = range(1 if prefix else 0, len(seen) + 1)
        return any(
            (not prefix or seen[0].startswith(prefix)) and matches(rest, seen[n:])
            for n in counts
        )
    if not seen or not _is(word, seen[0]):
        return False
    return matches(rest, seen[1:])


def _is(word: Word, text: str) -> bool:
    match word.value:
        case Known(known):
            return known == text
        case Pattern(pattern):
            # There are no files, so a pattern stays as it was written.
            return text.replace("\\", "") == pattern.replace("\\", "")
        case Unknown(prefix=prefix):
            return text.startswith(prefix)
