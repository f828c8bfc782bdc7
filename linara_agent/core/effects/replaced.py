"""Names that may not mean the program or builtin that is called so.

A script can put a function or an alias in the place of `echo`, take the builtin away,
or have all that it prints mixed with other text.
"""

import re
from collections.abc import Iterator

from linara_agent.core.shell.script import Invocation, Script

EVERY = "*"
"""Stands for every name."""

# The text of an `eval` in which no function, alias or quoting can stand.
_PLAIN = re.compile(r"[\w\s./=,:@%+-]*")
_CHANGES = frozenset(
    ("alias", "unalias", "enable", "hash", "trap", "source", ".", "eval")
)
_MIXES = frozenset(("BASH_XTRACEFD", "BASHOPTS", "SHELLOPTS"))


def replaced(script: Script, *, but: int | None = None) -> frozenset[str]:
    """The names in the script; `but` is an invocation whose own text is judged."""
    return frozenset(_names(script, but))


def _names(script: Script, but: int | None) -> Iterator[str]:
    for root in script.nodes:
        yield from (one.text for one in root.walk() if one.kind == "function")
    for index, invocation in enumerate(script.invocations):
        if index != but and _may_replace(invocation):
            yield EVERY


def _may_replace(invocation: Invocation) -> bool:
    if any(one.name in _MIXES for one in invocation.assignments):
        return True
    called = invocation.called
    texts = [word.known for word in called]
    match texts[:1]:
        case []:
            return False
        case [None]:
            return True
        case ["eval"]:
            return not _is_plain(texts[1:])
        case ["shopt"]:
            return None in texts or "xpg_echo" in texts
        case [name]:
            return name in _CHANGES
        case _:
            return True


def _is_plain(texts: list[str | None]) -> bool:
    joined = " ".join(text if text is not None else "$" for text in texts)
    words = set(joined.split())
    return _PLAIN.fullmatch(joined) is not None and not words & {*_CHANGES, "function"}
