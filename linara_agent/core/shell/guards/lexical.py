"""A third look that knows no grammar: count what opens a substitution.

Both parsers may overlook the same thing. The openers that stand outside single
quotes, comments and quoted here-documents must be as many as the nodes.
"""

import re
import string
from collections.abc import Iterator

from linara_agent.core.shell.guards.characters import deceptions, hidden
from linara_agent.core.shell.mvdan.offsets import Offsets
from linara_agent.core.shell.mvdan.tree import Tree, is_position
from linara_agent.core.shell.script import Misleading, Opaque, Span

_ESCAPED = re.compile(r"\\.", re.DOTALL)
_CONTINUED = re.compile(r"(?<!\\)(?:\\\\)*(\S)(?:\\\n)+(?=(\S))")
_ENDS_A_TOKEN = frozenset("|&;(){}")
_BEGINS_A_TOKEN = frozenset("\"'/.-~$") | frozenset(string.ascii_letters)
_FENCE = re.compile(r"^[ \t]*(```|~~~)", re.MULTILINE)


def openers_agree(file: Tree, unquoted: str) -> bool:
    """The openers in the text are as many as the substitutions in the tree."""
    counted = {"$(": 0, "`": 0, "<(": 0}
    for tree, _, backquoted in _each(file, quoted=False, backquoted=False):
        type_ = tree.get("Type")
        if type_ == "CmdSubst" and tree.get("Backquotes"):
            counted["`"] += 0 if backquoted else 2
        elif type_ in ("CmdSubst", "ArithmExp"):
            counted["$("] += 0 if tree.get("Bracket") else 1
        elif type_ == "ProcSubst":
            counted["<("] += 1
    rest = _ESCAPED.sub("  ", unquoted)
    return counted == {
        "$(": rest.count("$("),
        "`": rest.count("`"),
        "<(": rest.count("<(") + rest.count(">("),
    }


def broken_tokens(unquoted: str) -> Iterator[Opaque]:
    """Lines continued where that may join two characters to another token.

    bash drops backslash and newline first: a `$` at the end of such a line and a `(`
    at the beginning of the next open a substitution.
    """
    for match in _CONTINUED.finditer(unquoted):
        before, after = match.groups()
        if not (before in _ENDS_A_TOKEN and after in _BEGINS_A_TOKEN):
            reason = "a line is continued in the middle of a word or operator"
            yield Opaque(span=Span(*match.span()), reason=reason)


def without_quotes(file: Tree, text: str, offsets: Offsets) -> str:
    """The text, blanks in place of what is plain to bash."""
    characters = list(text)
    for tree, quoted, _ in _each(file, quoted=False, backquoted=False):
        _blank(characters, tree, quoted=quoted, offsets=offsets)
    return "".join(characters)


def _each(
    value: object, *, quoted: bool, backquoted: bool
) -> Iterator[tuple[Tree, bool, bool]]:
    if isinstance(value, dict):
        if is_position(value):
            return
        yield value, quoted, backquoted
        type_ = value.get("Type")
        quoted = type_ == "DblQuoted" or (quoted and type_ in ("Lit", None))
        backquoted = backquoted or bool(value.get("Backquotes"))
        for name, inner in value.items():
            # A here-document is quoted like `"…"`.
            is_quoted = quoted or name == "Hdoc"
            yield from _each(inner, quoted=is_quoted, backquoted=backquoted)
    elif isinstance(value, list):
        for inner in value:
            yield from _each(inner, quoted=quoted, backquoted=backquoted)


def _blank(
    characters: list[str], tree: Tree, *, quoted: bool, offsets: Offsets
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


def is_quoted_delimiter(word: Tree | None) -> bool:
    """A here-document with such a delimiter is plain text."""
    return any(
        part["Type"] != "Lit" or "\\" in part.get("Value", "")
        for part in (word or {}).get("Parts") or ()
    )


def hidden_characters(text: str) -> Iterator[Opaque]:
    """What is not shown as itself; see `characters`."""
    for position, reason in deceptions(text):
        if hidden(text[position]) is not None:
            yield Opaque(span=Span(position, position + 1), reason=reason)


def lookalikes(text: str) -> Iterator[Misleading]:
    """What is shown as something else; see `characters`."""
    for position, reason in deceptions(text):
        if hidden(text[position]) is None:
            yield Misleading(span=Span(position, position + 1), reason=reason)


def fences(unquoted: str) -> Iterator[Opaque]:
    """Markdown fences: to bash, backticks that run what stands between them.

    In single quotes, comments and quoted here-documents they are plain data.
    """
    for match in _FENCE.finditer(unquoted):
        span = Span(match.start(1), match.end(1))
        yield Opaque(span=span, reason="a Markdown fence is still in the script")
