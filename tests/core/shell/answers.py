"""Is what bash did among what was read?"""

import re
from collections.abc import Iterator

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
_QUOTES = re.compile(r"[\\'\"]")


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
    return in_sight(ran, script) or any(
        ran.name in _QUOTES.sub("", script.text[slice(*opaque.span)])
        or re.search("holds|a second time", opaque.reason)
        or opaque.span == (0, len(script.text))
        for opaque in script.opaque
    )


def in_sight(ran: Ran, script: Script) -> bool:
    """An invocation says it, in the script or in a text that one of these runs."""
    return any(
        _fits(ran, one, script) or any(foreseen(ran, inner) for inner in _texts(one))
        for one in script.invocations
    )


def _texts(invocation: Invocation) -> Iterator[Script]:
    """The text that `eval` or `trap` is given, read by itself and without a home."""
    called = [word.known for word in invocation.called if word.known != "--"]
    program, operands = called[0] if called else None, called[1:]
    texts = operands[:1] if program == "trap" else operands
    if program in ("eval", "trap") and texts:
        whole = " ".join(text if text is not None else "$unknown" for text in texts)
        yield read(whole, PARSERS, home=None)


def _fits(ran: Ran, invocation: Invocation, script: Script) -> bool:
    program = invocation.program
    if program is None or program.known in script.functions:
        # A call of a function is judged by its body, never as the program.
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
    if isinstance(word.value, Pattern) and word.value.text.startswith("/"):
        # There are files at the root.
        return any(matches(rest, seen[n:]) for n in range(1, len(seen) + 1))
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


def told(script: Script) -> list[str]:
    """Each invocation as one line.

    Words that need it are quoted; `glob(*)` is a pattern, `a…` something unknown
    that begins with `a`. Redirections follow, then `if` (it need not run), `sub`
    (in a subshell), `f:` (in a function), `<0` (fed by the invocation 0).
    """
    return [_line(one) for one in script.invocations]


def _line(one: Invocation) -> str:
    words = (one.program, *one.words) if one.program else ()
    pieces = [
        f"{each.name}{'+' if each.appended else ''}={_said(each.value)}"
        for each in one.assignments
    ]
    pieces += [_said(word) for word in words]
    for each in one.redirections:
        body = each.body if each.operator.startswith("<<") else each.target
        operator = "<<" if each.operator == "<<-" else each.operator
        pieces.append(f"{each.descriptor or ''}{operator}{_said(body)}")
    pieces += [f"{one.function}:"] if one.function else []
    pieces += ["if"] if one.conditional else []
    pieces += ["sub"] * len(one.scope)
    pieces += [f"<{index}" for index in one.piped_from]
    return " ".join(pieces)


def _said(word: Word | None) -> str:
    match word.value if word is not None else Known(""):
        case Known(text):
            return text if re.fullmatch(r"[\w.,:/{}+=@%~[\]-]+", text) else repr(text)
        case Pattern(text):
            return f"glob({text})"
        case Unknown(prefix=prefix):
            return f"{prefix}…"
