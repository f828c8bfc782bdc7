"""What a sed script does beside editing.

Source: sed(1) of GNU sed 4.9; that a label ends at a blank, and that a delimiter in
a bracket expression delimits nothing, was tried. What is not known is unknown.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ADDRESS = re.compile(r"[0-9]+|\$|~[0-9]+|\+[0-9]+|,|[ \t]+|!|[IM](?=[,!{ ]|[a-zA-Z=])")
_ALONE = "=dDgGhHnNpPxzF"
_NUMBERED = "lLqQ"
_JUMPS = "btT:"
_TEXTS = "aic"
_EDITING = frozenset("{}#" + _ALONE + _NUMBERED + _JUMPS + _TEXTS)
_FLAGS = re.compile(r"[0-9gpIiMm]*[ \t]*")
_END = re.compile(r"[ \t]*(?:[;\n}#]|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """`reads` and `writes` name a file; `unknown` says what cannot be told."""

    kind: str
    argument: str


def acts(text: str) -> Iterator[Act]:
    """Everything a script does but edit; ends at the first thing that is unknown."""
    scan = _Scan(text)
    while scan.more():
        found = scan.command()
        if found is not None:
            yield found
            if found.kind == "unknown":
                return


class _Scan:
    """Walks a sed script command by command."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def more(self) -> bool:
        self._skip(" \t\n;{}")
        return self.at < len(self.text)

    def command(self) -> Act | None:
        if not self._address():
            return _unknown("has an address that is not known")
        if self.at >= len(self.text):
            return None
        char = self.text[self.at]
        self.at += 1
        if char in "rRwW":
            return self._file("writes" if char in "wW" else "reads")
        if char in "sy":
            return self._substitute(char)
        if char not in _EDITING:
            return _unknown(f"uses the command {char}")
        self._argument(char)
        return None

    def _argument(self, char: str) -> None:
        """Skip what belongs to a command that only edits."""
        if char in _TEXTS:
            self._rest_of_text()
        elif char == "#":
            self._until("\n")
        elif char in _JUMPS:
            self._skip(" \t")
            self._until(" \t\n;}" if char != ":" else " \t\n;")
        elif char in _NUMBERED:
            self._skip(" \t0123456789")

    def _skip(self, characters: str) -> None:
        while self.at < len(self.text) and self.text[self.at] in characters:
            self.at += 1

    def _address(self) -> bool:
        """`N`, `$`, `/re/`, `first~step`, `addr,+N`, and `!`."""
        while self.at < len(self.text):
            char = self.text[self.at]
            if char in "/\\":
                self.at += 1 if char == "\\" else 0
                if not self._delimited(self.at, patterns=1, parts=1):
                    return False
                continue
            match = _ADDRESS.match(self.text, self.at)
            if match is None:
                return True
            self.at = match.end()
        return True

    def _delimited(self, start: int, *, patterns: int, parts: int) -> bool:
        """Skip `parts` texts between the delimiter at `start`; the first `patterns`
        of them are patterns, in which brackets hide the delimiter.
        """
        delimiter = self.text[start : start + 1]
        if delimiter in ("", "\\", "\n"):
            return False
        self.at = start + 1
        while self.at < len(self.text) and parts:
            char = self.text[self.at]
            if char == "\\":
                self.at += 2
            elif char == delimiter:
                self.at += 1
                parts -= 1
                patterns -= 1
            elif char == "[" and patterns > 0:
                if not self._bracket():
                    return False
            else:
                self.at += 1
        return not parts

    def _bracket(self) -> bool:
        """A bracket expression; an escaped end is read in two ways, so in none."""
        found = _BRACKET.match(self.text, self.at)
        if found is None or "\\]" in found[0]:
            return False
        self.at = found.end()
        return True

    def _file(self, kind: str) -> Act:
        return Act(kind=kind, argument=self._until("\n").strip(" \t"))

    def _until(self, characters: str) -> str:
        start = self.at
        while self.at < len(self.text) and self.text[self.at] not in characters:
            self.at += 1
        return self.text[start : self.at]

    def _rest_of_text(self) -> None:
        """Text of `a`, `i`, `c`: to the end of a line without a trailing backslash."""
        while self.at < len(self.text):
            if self.text[self.at] == "\\":
                self.at += 1
            elif self.text[self.at] == "\n":
                return
            self.at += 1

    def _substitute(self, char: str) -> Act | None:
        patterns = 1 if char == "s" else 0
        if not self._delimited(self.at, patterns=patterns, parts=2):
            return _unknown(f"has a command {char} that cannot be told apart")
        if char == "s":
            flags = _FLAGS.match(self.text, self.at)
            self.at = flags.end() if flags else self.at
        following = self.text[self.at : self.at + 1]
        if char == "s" and following == "w":
            self.at += 1
            return self._file("writes")
        if char == "s" and following == "e":
            return _unknown("runs what it substitutes")
        if not _END.match(self.text, self.at):
            return _unknown(f"has a command {char} with an unknown flag")
        return None


_BRACKET = re.compile(r"\[\^?\]?(?:\[[:.=].*?[:.=]\]|[^\]])*\]", re.DOTALL)


def _unknown(what: str) -> Act:
    return Act(kind="unknown", argument=what)
