"""What `echo` and `printf` print, where that is certain.

Source: the builtins of bash 5.2 with `xpg_echo` off, and those of dash 0.5.12. Where
the two differ, or a byte is no ASCII character, nothing is certain.
"""

import re
from collections.abc import Iterable

_OPTIONS = re.compile(r"-[neE]+")
_PLAIN = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
}
_OF_BASH = {**_PLAIN, "e": "\x1b", "E": "\x1b"}
_ESCAPE = re.compile(
    r"\\(?:x(?P<hex>[0-9A-Fa-f]{1,2})|0(?P<zero>[0-7]{0,3})|(?P<octal>[1-7][0-7]{0,2})"
    r"|(?P<letter>.)|$)",
    re.DOTALL,
)
_ESCAPE_OF_FORMAT = re.compile(
    r"\\(?:x(?P<hex>[0-9A-Fa-f]{1,2})|(?P<octal>[0-7]{1,3})|(?P<letter>.)|$)", re.DOTALL
)
_PIECE = re.compile(r"%%|%s|%b|(?P<other>%)|(?P<text>[^%]+)", re.DOTALL)


class _Doubtful(Exception):
    """What is printed cannot be told."""


def echoed(words: Iterable[str], *, bash: bool) -> str | None:
    """The output of `echo WORD…`; None where it is not certain."""
    rest = list(words)
    given: list[str] = []
    while rest and _OPTIONS.fullmatch(rest[0]):
        given.append(rest.pop(0))
    text = " ".join(rest)
    if not bash and (given not in ([], ["-n"]) or "\\" in text):
        return None
    letters = "".join(given)
    end = "" if "n" in letters else "\n"
    if "e" not in letters:
        return text + end
    if "E" in letters:
        return None
    try:
        return _decoded(text, _ESCAPE, bash=bash) + end
    except _Doubtful:
        return None


def formatted(words: Iterable[str], *, bash: bool) -> str | None:
    """The output of `printf FORMAT WORD…`; None where it is not certain."""
    rest = list(words)
    if rest[:1] == ["--"]:
        rest.pop(0)
    elif rest and rest[0].startswith("-"):
        return None
    if not rest:
        return None
    pattern = rest.pop(0)
    try:
        found = _once(pattern, rest, bash=bash)
        takes = sum(piece[0] in ("%s", "%b") for piece in _PIECE.finditer(pattern))
        while takes and rest:
            found += _once(pattern, rest, bash=bash)
    except _Doubtful:
        return None
    return found


def _once(pattern: str, rest: list[str], *, bash: bool) -> str:
    """The format gone through one time, with words taken from `rest`."""
    found = ""
    for piece in _PIECE.finditer(pattern):
        if piece["other"]:
            raise _Doubtful
        if piece["text"]:
            found += _decoded(piece["text"], _ESCAPE_OF_FORMAT, bash=bash)
        elif piece[0] == "%%":
            found += "%"
        else:
            word = rest.pop(0) if rest else ""
            found += _decoded(word, _ESCAPE, bash=bash) if piece[0] == "%b" else word
    return found


def _decoded(text: str, escape: re.Pattern[str], *, bash: bool) -> str:
    return escape.sub(lambda match: _character(match, bash=bash), text)


def _character(match: re.Match[str], *, bash: bool) -> str:
    groups = match.groupdict()
    if groups["letter"] is not None:
        letters = _OF_BASH if bash else _PLAIN
        if groups["letter"] not in letters:
            raise _Doubtful
        return letters[groups["letter"]]
    if groups["hex"] is not None:
        code = int(groups["hex"], 16) if bash else 0
    elif groups.get("zero") is not None:
        code = int(groups["zero"] or "0", 8)
    else:
        # In `echo -e`, and in another shell's `%b`, only `\0NNN` is octal.
        code = int(groups["octal"] or "0", 8) if match.re is _ESCAPE_OF_FORMAT else 0
    if not 0 < code < 0x80:  # noqa: PLR2004 — the ASCII characters
        raise _Doubtful
    return chr(code)
