"""`sed`: its options, and a script that may write files or run commands.

Source: sed(1) of GNU sed 4.9. The script is scanned command by command; what the
scan does not know is unknown.
"""

import re

from linara_agent.core.effects.arguments import with_text
from linara_agent.core.effects.commands import parsed
from linara_agent.core.effects.effect import EffectKind
from linara_agent.core.effects.trace import Call
from linara_agent.core.shell.script import Word

_ADDRESS = re.compile(r"[0-9]+|\$|~[0-9]+|\+[0-9]+|,|[ \t]+|!|[IM](?=[,!{ ]|[a-zA-Z=])")


def sed(call: Call) -> None:
    call, arguments, operands = parsed(call)
    if arguments.has("--version", "--help"):
        return
    scripts = arguments.values("-e")
    files = list(operands)
    if not scripts and files:
        scripts = [files.pop(0)]
    for script in scripts:
        _script(call, script)
    for file in files:
        call.path(EffectKind.READ, file)
        if arguments.has("-i"):
            call.path(EffectKind.MODIFY, file)


def _script(call: Call, word: Word) -> None:
    text = word.known
    if text is None:
        call.unknown("sed's script cannot be known", word)
        return
    problem = _Scan(text).dangerous()
    if problem is not None:
        kind, argument = problem
        if kind == "writes":
            target = with_text(word, argument)
            call.path(EffectKind.MODIFY, target)
            call.unknown("sed's script writes a file", word)
        else:
            call.unknown(f"sed's script {kind} {argument}".strip(), word)


_HARMLESS = {
    "{}=dDgGhHnNpPxzF": "",
    ":": "\n;",
    "btT": "\n;}",
    "qQlL": "\n;}",
    "#": "\n",
}
"""Commands that only edit, and where their argument ends."""


class _Scan:
    """Walks a sed script; anything but plain editing commands is reported."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def dangerous(self) -> tuple[str, str] | None:
        while self.at < len(self.text):
            self._skip(" \t\n;{}")
            if self.at >= len(self.text):
                return None
            if not self._address():
                return "has an address that is not known", ""
            found = self._command()
            if found is not None:
                return found
        return None

    def _skip(self, characters: str) -> None:
        while self.at < len(self.text) and self.text[self.at] in characters:
            self.at += 1

    def _address(self) -> bool:
        """`N`, `$`, `/re/`, `first~step`, `addr,+N`, and `!`."""
        while self.at < len(self.text):
            char = self.text[self.at]
            if char in "/\\":
                self.at += 1 if char == "\\" else 0
                if self.at >= len(self.text) or not self._delimited(1):
                    return False
                continue
            match = _ADDRESS.match(self.text, self.at)
            if match is None:
                return True
            self.at = match.end()
        return True

    def _delimited(self, parts: int) -> bool:
        """Skip `parts` texts between the delimiter that stands here."""
        delimiter = self.text[self.at]
        self.at += 1
        bracket = False
        while self.at < len(self.text) and parts:
            char = self.text[self.at]
            if char == "\\":
                self.at += 1
            elif char == delimiter and not bracket:
                parts -= 1
            self.at += 1
        return not parts

    def _command(self) -> tuple[str, str] | None:
        if self.at >= len(self.text):
            return None
        char = self.text[self.at]
        self.at += 1
        if char in "wW":
            return "writes", self._until("\n").strip()
        if char in "sy":
            return self._substitute(char)
        if char in "aic":
            self._rest_of_text()
            return None
        for characters, end in _HARMLESS.items():
            if char in characters:
                self._until(end) if end else None
                return None
        return "uses the command", char

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

    def _substitute(self, char: str) -> tuple[str, str] | None:
        if self.at >= len(self.text) or not self._delimited(2):
            return "has a broken command", char
        if char == "y":
            return None
        flags = re.compile(r"[0-9gpIiMm]*").match(self.text, self.at)
        self.at = flags.end() if flags else self.at
        following = self.text[self.at : self.at + 1]
        if following == "w":
            self.at += 1
            return "writes", self._until("\n").strip()
        if following == "e":
            return "runs what it substitutes", ""
        return None
