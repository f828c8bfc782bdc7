"""Text that bash runs although it is quoted: array subscripts and arithmetic.

`[[ -v 'a[$(cmd)]' ]]`, `printf -v 'a[$(cmd)]'` and `x='a[$(cmd)]'; echo $((x))`
run `cmd`: a name given to such a builtin, and what a variable in arithmetic holds,
is expanded once more. So is what `>& '$(cmd)'` names, when it is no number (bash
5.2, `redir.c`: it makes the redirection `&>` of the word it has expanded).
"""

import re
from collections.abc import Iterator

from linara_agent.core.shell.mvdan.tree import Tree, each
from linara_agent.core.shell.script import Invocation, Opaque, Redirection, Word

_RUNS = re.compile(r"\[[^\]]*(\$[({\[]|`)", re.DOTALL)
_QUOTED_RUNS = re.compile(r"\\[$`]|'[^']*(\$[({\[]|`)[^']*'")
_EXPAND_NAMES = frozenset(
    (
        "test",
        "[",
        "printf",
        "read",
        "let",
        "unset",
        "declare",
        "typeset",
        "local",
        "export",
        "readonly",
        "mapfile",
        "readarray",
        "wait",
        "getopts",
        "set",
    )
)
_NAMES_A_FILE = (None, "1")
_HARMLESS_TARGET = re.compile(r"[\w./:@%+=,-]*")
REASON = "bash expands this text a second time, and it holds a command"


def run_by_subscript(invocations: tuple[Invocation, ...]) -> Iterator[Opaque]:
    """Words and assigned values that hold a subscript with a command, and targets."""
    functions = {one.function for one in invocations}
    for invocation in invocations:
        for one in invocation.redirections:
            if _is_expanded_twice(one):
                reason = "bash expands what this redirection names a second time"
                yield Opaque(span=one.span, reason=reason)
        values = [one.value for one in invocation.assignments]
        called = invocation.called
        name = called[0].known if called else None
        if name is None or name in _EXPAND_NAMES or name in functions:
            values += called
        for word in values:
            if word is not None and holds_subscript(word):
                yield Opaque(span=word.span, reason=REASON)


def _is_expanded_twice(redirection: Redirection) -> bool:
    if redirection.operator != ">&" or redirection.descriptor not in _NAMES_A_FILE:
        return False
    text = redirection.target.known if redirection.target is not None else None
    return text is None or not _HARMLESS_TARGET.fullmatch(text)


def holds_subscript(word: Word) -> bool:
    """Judged by the text itself: what stands in substitutions is judged there.

    Of a word that is not known, the quoted pieces are looked at.
    """
    text = word.known
    if text is None:
        return "[" in word.source and _QUOTED_RUNS.search(word.source) is not None
    return _RUNS.search(text) is not None


def quoted_subscripts(value: object, *, arithmetic: bool) -> Iterator[Tree]:
    """Quoted texts in arithmetic (in `[[ ]]` too) that hold such a subscript."""
    roots = [value] if arithmetic else list(_arithmetic_in(value))
    for root in roots:
        for tree in each(root):
            if _RUNS.search(str(tree.get("Value") or "")):
                yield tree


def _arithmetic_in(value: object) -> Iterator[object]:
    for tree in each(value):
        if tree.get("Type") == "ArithmExp":
            yield tree
        yield tree.get("Index")
        yield tree.get("Slice")
