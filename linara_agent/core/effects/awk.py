"""`awk`: a program text that may write, read, pipe or run.

Source: awk(1), POSIX and gawk 5.2. The text is taken apart into tokens; it is harmless
when none of them can reach outside. What cannot be taken apart for certain is unknown.
"""

import re
from collections.abc import Iterator

from linara_agent.core.effects.arguments import splits
from linara_agent.core.effects.commands import parsed
from linara_agent.core.effects.effect import EffectKind
from linara_agent.core.effects.reach import TEXT_NOT_KNOWN, at_worst
from linara_agent.core.effects.trace import Call
from linara_agent.core.shell.script import Unknown, Word

_TOKEN = re.compile(
    r"""(?P<blank>[ \t\r]+|\\\r?\n)
    |(?P<comment>\#[^\n]*)
    |(?P<string>"(?:\\.|[^"\\\n])*")
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)
    |(?P<name>[A-Za-z_]\w*)
    |(?P<sign>\|\||&&|\+\+|--|>>|[<>=!+*%^-]=|!~|[^/"\\])
    |(?P<slash>/)""",
    re.VERBOSE | re.DOTALL,
)
_PATTERN = re.compile(
    r"/(?:\\.|\[\^?\]?(?:\[:\w+:\]|\\.|[^\]\\\n])*\]|[^\[/\\\n])+/", re.DOTALL
)
_REACHES_OUT = frozenset(
    ("system", "getline", "close", "fflush", "ENVIRON", "PROCINFO", "SYMTAB", "FUNCTAB",
     "ARGV", "ARGC", "|", "@")
)  # fmt: skip
_BEFORE_A_PATTERN = frozenset(("print", "printf", "return", "case", "in", "else", "do"))
_OPENS = {"(": ")", "[": "]"}
_ENDS_A_PRINT = frozenset((";", "{", "}", "\n"))
_GOES_ON = frozenset((",", "&&", "||", "?", ":", "do", "else"))
_OPERAND_THAT_ASSIGNS = re.compile(r"[A-Za-z_]\w*=")


def awk(call: Call) -> None:
    call, arguments, words = parsed(call, options_first=True)
    if arguments.has("--version", "--help"):
        return
    texts = arguments.values("-e")
    elsewhere = texts or arguments.has("-f", "-E", "-i")
    # Behind a word that may be an option, the first one may be a file as well.
    files = words if elsewhere or arguments.doubtful else words[1:]
    for text in texts or (() if elsewhere else words[:1]):
        _program(call, text)
    for operand in files:
        if not _assigns(operand):
            call.path(EffectKind.READ, operand)


def _assigns(operand: Word) -> bool:
    """`x=1` among the files sets a variable."""
    text = operand.known
    if isinstance(operand.value, Unknown) and not splits(operand):
        text = operand.value.prefix
    return _OPERAND_THAT_ASSIGNS.match(text or "") is not None


def _program(call: Call, word: Word) -> None:
    text = word.known
    if text is None:
        at_worst(call, word, TEXT_NOT_KNOWN)
        return
    reason = reaches_out(text)
    if reason is not None:
        at_worst(call, word, f"awk's program {reason}")


def reaches_out(text: str) -> str | None:
    """What in an awk program may touch more than its input, None if nothing."""
    try:
        tokens = tuple(_tokens(text))
    except _CannotTell as error:
        return str(error)
    for token in tokens:
        if token in _REACHES_OUT:
            return f"uses {token}"
    return "writes a file" if _prints_to_file(tokens) else None


class _CannotTell(Exception):
    """The text cannot be taken apart for certain."""


def _tokens(text: str) -> Iterator[str]:
    """Strings as `""`, patterns as `//`, no blanks and no comments."""
    at, before = 0, "\n"
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise _CannotTell("has quotes that cannot be paired")
        kind, token = found.lastgroup, found[0]
        if kind == "slash" and not _divides(before):
            pattern = _PATTERN.match(text, at)
            if pattern is None:
                raise _CannotTell("has a pattern that does not end")
            at, before = pattern.end(), "//"
            yield before
            continue
        if kind == "slash" and before in (")", "//", "$"):
            _must_not_matter(text[at + 1 :])
        at = found.end()
        if kind in ("blank", "comment"):
            continue
        before = '""' if kind == "string" else token
        yield before


def _divides(before: str) -> bool:
    """A slash after an operand divides; anywhere else it begins a pattern."""
    if before in _BEFORE_A_PATTERN:
        return False
    return before in (")", "]", '""', "//", "++", "--", "$") or bool(
        re.match(r"\w|\.\d", before)
    )


def _must_not_matter(rest: str) -> None:
    """Behind `)` a pattern may stand as well (`if (x) /re/`)."""
    if "/" in rest and re.search(r'["#()\[\]{};]', rest.partition("/")[0]):
        raise _CannotTell("has a slash that may divide or begin a pattern")


def _prints_to_file(tokens: tuple[str, ...]) -> bool:
    """A `>` behind `print`, outside of parentheses, in the same statement."""
    depth, printing, before = 0, False, ""
    for one in tokens:
        if one in _OPENS:
            depth += 1
        elif one in _OPENS.values():
            depth = max(0, depth - 1)
        elif one in ("print", "printf"):
            printing, depth = True, 0
        elif one in _ENDS_A_PRINT and not _goes_on(one, before, depth):
            printing = False
        elif one in (">", ">>") and printing and not depth:
            return True
        before = one
    return False


def _goes_on(end: str, before: str, depth: int) -> bool:
    """The statement does not end with this line."""
    return end == "\n" and (depth > 0 or before in _GOES_ON)
