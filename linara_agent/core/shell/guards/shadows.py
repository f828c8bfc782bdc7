"""Functions that surely stand in the place of the programs they are named for."""

import re
from collections.abc import Iterable

from linara_agent.core.shell.script import Invocation

# A trap that only names commands, none of which takes a function away.
_HARMLESS_TRAP = re.compile(r"(?!.*(unset|eval|source|enable))[\w/ -]*")


def certain_functions(
    defined: Iterable[tuple[str, int]], invocations: tuple[Invocation, ...]
) -> tuple[str, ...]:
    """The names that mean the function in every call of the script.

    `defined` are the names with their places, of those definitions that cannot be
    skipped. A definition counts when it stands before the first call of any
    function, and nothing in the script can take it away. Any other call by that
    name is judged as the program that it may be.
    """
    listed = tuple(defined)
    names = {name for name, _ in listed}
    if any(_may_undefine(one, names) for one in invocations):
        return ()
    calls = [
        one.span.start
        for one in invocations
        if one.function is None
        and one.program is not None
        and (one.program.known is None or one.program.known in names)
    ]
    first = min(calls, default=None)
    return tuple(
        dict.fromkeys(name for name, place in listed if first is None or place < first)
    )


def _may_undefine(invocation: Invocation, names: set[str]) -> bool:
    called = invocation.called
    if not called:
        return False
    texts = [word.known for word in called]
    match texts[0]:
        case None:
            return True
        case "unset":
            return None in texts or bool(names & set(texts))
        case "trap":
            return any(
                text is None or not _HARMLESS_TRAP.fullmatch(text) for text in texts
            )
        case other:
            return other in ("eval", "source", ".") and len(texts) > 1
