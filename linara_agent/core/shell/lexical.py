"""A third look that knows no grammar: count what opens a substitution.

Both parsers may overlook the same thing. The openers that stand outside single
quotes, comments and quoted here-documents must be as many as the nodes.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from linara_agent.core.shell.offsets import Offsets
from linara_agent.core.shell.script import Opaque, Span

_ESCAPED = re.compile(r"\\.", re.DOTALL)
_PLAIN_CONTROLS = "\n\t"
_FENCE = re.compile(r"^[ \t]*(```|~~~)", re.MULTILINE)


def openers_agree(file: Mapping[str, Any], text: str, offsets: Offsets) -> bool:
    """The openers in the text are as many as the substitutions in the tree."""
    counted = {"$(": 0, "`": 0, "<(": 0}
    characters = list(text)
    for tree, quoted, backquoted in _each(file, quoted=False, backquoted=False):
        type_ = tree.get("Type")
        if type_ == "CmdSubst" and tree.get("Backquotes"):
            counted["`"] += 0 if backquoted else 2
        elif type_ in ("CmdSubst", "ArithmExp"):
            counted["$("] += 0 if tree.get("Bracket") else 1
        elif type_ == "ProcSubst":
            counted["<("] += 1
        _blank(characters, tree, quoted=quoted, offsets=offsets)
    rest = _ESCAPED.sub("  ", "".join(characters))
    return counted == {
        "$(": rest.count("$("),
        "`": rest.count("`"),
        "<(": rest.count("<(") + rest.count(">("),
    }


def _each(
    value: object, *, quoted: bool, backquoted: bool
) -> Iterator[tuple[Mapping[str, Any], bool, bool]]:
    if isinstance(value, Mapping):
        yield value, quoted, backquoted
        type_ = value.get("Type")
        quoted = type_ == "DblQuoted" or (quoted and type_ in ("Lit", None))
        backquoted = backquoted or bool(value.get("Backquotes"))
        for inner in value.values():
            yield from _each(inner, quoted=quoted, backquoted=backquoted)
    elif isinstance(value, list):
        for inner in value:
            yield from _each(inner, quoted=quoted, backquoted=backquoted)


def _blank(
    characters: list[str], tree: Mapping[str, Any], *, quoted: bool, offsets: Offsets
) -> None:
    """Take out of the text what cannot open a substitution."""
    if tree.get("Type") == "SglQuoted" or "Hash" in tree:
        _fill(characters, offsets.span(tree))
    elif tree.get("Type") == "Lit" and quoted:
        # `<(` is plain text inside double quotes.
        start, end = offsets.span(tree)
        for index in range(start, min(end, len(characters))):
            if characters[index] in "<>":
                characters[index] = " "
    elif tree.get("Hdoc") and is_quoted_delimiter(tree.get("Word")):
        _fill(characters, offsets.span(tree["Hdoc"]))


def _fill(characters: list[str], span: Span) -> None:
    for index in range(span.start, min(span.end, len(characters))):
        characters[index] = " "


def is_quoted_delimiter(word: Mapping[str, Any] | None) -> bool:
    """A here-document with such a delimiter is plain text."""
    return any(
        part["Type"] != "Lit" or "\\" in part.get("Value", "")
        for part in (word or {}).get("Parts") or ()
    )


def suspicious_characters(text: str) -> Iterator[Opaque]:
    """Control, bidirectional, zero-width and private characters, and odd blanks."""
    if text.isascii() and text.isprintable():
        return
    for index, char in enumerate(text):
        if char in _PLAIN_CONTROLS or char == " ":
            continue
        if unicodedata.category(char) in (
            "Cc",
            "Cf",
            "Co",
            "Cs",
            "Cn",
            "Zs",
            "Zl",
            "Zp",
        ):
            name = unicodedata.name(char, f"U+{ord(char):04X}")
            reason = f"a character that does not show: {name}"
            yield Opaque(span=Span(index, index + 1), reason=reason)


def fences(text: str) -> Iterator[Opaque]:
    """Markdown fences: to bash, backticks that run what stands between them."""
    for match in _FENCE.finditer(text):
        span = Span(match.start(1), match.end(1))
        yield Opaque(span=span, reason="a Markdown fence is still in the script")
