r"""What is quoted in a text, seen without a grammar.

For texts that may not be shell at all, and for questions of looks. It knows quotes,
`$'…'`, comments, substitutions inside double quotes, and here-documents; a quote or
here-document without an end is read as plain text. What runs is for the readers.
"""

import re
from enum import IntEnum

_SIGN = re.compile(
    r"\\.?|\$?'|\$?\"|\$\(\(|\(\(|\$?\(|\)|`|#|\n|<<<|<<|[^\\$'\"()`#\n<]+|.", re.DOTALL
)
_SINGLE = re.compile(r"'[^']*'")
_ANSI_C = re.compile(r"\$'(?>(?:[^'\\]|\\.)*)'", re.DOTALL)
_COMMENT = re.compile(r"#[^\n]*")
_HERE = re.compile(
    r"<<(?P<dash>-?)[ \t]*(?:'(?P<single>[^'\n]+)'|\"(?P<double>[^\"\n]+)\""
    r"|(?P<escape>\\?)(?P<plain>[\w.+-]+))"
)
_BEFORE_COMMENT = " \t\n;|&("


class Looks(IntEnum):
    """What a character seems to be part of."""

    BARE = 0
    COMMENT = 1
    QUOTED = 2
    """In quotes of any kind."""
    EXPANDED = 3
    """In a here-document whose substitutions run."""
    DATA = 4
    """In a here-document with a quoted delimiter."""


class _Here:
    __slots__ = ("delimiter", "look", "tabs")

    def __init__(self, match: re.Match[str]) -> None:
        quoted = match["single"] or match["double"]
        self.delimiter = quoted or match["plain"]
        self.look = Looks.DATA if quoted or match["escape"] else Looks.EXPANDED
        self.tabs = bool(match["dash"])


def looks(text: str) -> bytes:
    """One of `Looks` for each character of the text; linear in its length."""
    return _Glance(text).run()


class _Glance:
    def __init__(self, text: str) -> None:
        self._text = text
        self._looks = bytearray(len(text))
        self._open: list[tuple[str, int]] = []  # `"`, a bracket or a backquote
        self._waiting: list[_Here] = []
        self._missing: set[str] = set()

    def run(self) -> bytes:
        position = 0
        while position < len(self._text):
            match = _SIGN.match(self._text, position)
            if match is None:
                break
            if self._in_double_quotes():
                position = self._double(match)
            else:
                position = self._bare(match)
        for opener, start in self._open:
            if opener == '"':  # it has no end
                self._mark(start, len(self._text), Looks.BARE)
                break
        return bytes(self._looks)

    def _in_double_quotes(self) -> bool:
        return bool(self._open) and self._open[-1][0] == '"'

    def _mark(self, start: int, end: int, look: Looks) -> int:
        self._looks[start:end] = bytes((look,)) * (end - start)
        return end

    def _double(self, match: re.Match[str]) -> int:
        sign = match[0]
        end = match.end()
        if sign in ('"', '$"'):
            self._open.pop()
        elif sign in ("$(", "$((", "`"):
            self._opened(sign, match.start())
        return self._mark(match.start(), end, Looks.QUOTED)

    def _opened(self, sign: str, start: int) -> None:
        if sign == "`" and any(opener == "`" for opener, _ in self._open[-3:]):
            while self._open.pop()[0] != "`":
                pass
        else:
            self._open += [(sign, start)] * (2 if sign.endswith("((") else 1)

    def _bare(self, match: re.Match[str]) -> int:
        sign, start = match[0], match.start()
        if sign in ("'", "$'"):
            quoted = (_SINGLE if sign == "'" else _ANSI_C).match(self._text, start)
            return self._mark(start, (quoted or match).end(), self._quoted(quoted))
        if sign in ('"', '$"'):
            self._open.append(('"', start))
            return self._mark(start, match.end(), Looks.QUOTED)
        if sign.endswith(("(", "`")):
            self._opened(sign, start)
        elif sign == ")" and self._open and self._open[-1][0] not in '"`':
            self._open.pop()
        elif sign == "#" and (not start or self._text[start - 1] in _BEFORE_COMMENT):
            comment = _COMMENT.match(self._text, start)
            return self._mark(start, (comment or match).end(), Looks.COMMENT)
        elif sign == "<<":
            return self._here(match)
        elif sign == "\n" and self._waiting:
            return self._bodies(match.end())
        return match.end()

    @staticmethod
    def _quoted(match: re.Match[str] | None) -> Looks:
        return Looks.BARE if match is None else Looks.QUOTED

    def _here(self, match: re.Match[str]) -> int:
        shift = bool(self._open) and self._open[-1][0].endswith("((")
        found = None if shift else _HERE.match(self._text, match.start())
        if found is None:
            return match.end()
        self._waiting.append(_Here(found))
        return found.end()

    def _bodies(self, position: int) -> int:
        """Mark the bodies that begin here, each with the line break before it."""
        for here in self._waiting:
            end = self._end(here, position)
            if end is not None:
                position = self._mark(position - 1, end, here.look)
                position += position < len(self._text)  # past the line break
        self._waiting.clear()
        return position

    def _end(self, here: _Here, position: int) -> int | None:
        """The end of the closing line, without its line break; None without one."""
        if here.delimiter in self._missing:
            return None
        tabs = r"\t*" if here.tabs else ""
        line = re.compile(rf"^{tabs}{re.escape(here.delimiter)}$", re.MULTILINE)
        found = line.search(self._text, position)
        if found is None:
            self._missing.add(here.delimiter)
            return None
        return found.end()
