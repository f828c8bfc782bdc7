"""Which names certainly are functions where they are called."""

import re
from collections.abc import Iterator, Mapping

from linara_agent.core.shell.script import Node, Script, Span

_NAME = re.compile(r"\s*(?:function\s+)?([^\s(){}]+)")


def defined_before(script: Script, index: int) -> frozenset[str]:
    """The functions that exist for certain when this invocation runs.

    Only definitions of the outermost level count. A body runs when its function is
    called, so for a call in a body those count too that stand before the next
    command outside of all bodies. Nothing counts once `unset` is used.
    """
    invocations = script.invocations
    if any(
        one.program is not None and one.program.known in _TAKE_BACK
        for one in invocations
    ):
        return frozenset()
    call = invocations[index]
    limit = call.span.start
    if call.function is not None:
        later = [
            one.span.start
            for one in invocations
            if one.function is None and one.span.start > limit
        ]
        limit = min(later, default=len(script.text))
    return frozenset(
        name
        for node in script.nodes
        if node.kind == "function" and node.span.end <= limit
        for name in _name(script, node)
    )


_TAKE_BACK = ("unset", "eval", "source", ".")


def _name(script: Script, node: Node) -> tuple[str, ...]:
    found = _NAME.match(script.text, node.span.start)
    return (found[1],) if found is not None else ()


_PARAMETER = re.compile(r"\$\{?[\d@*]")


def bodies_with_parameters(script: Script, name: str) -> Iterator[Span]:
    """The bodies of a function that uses its parameters and calls no other one."""
    functions = [
        node for root in script.nodes for node in root.walk() if node.kind == "function"
    ]
    names = {node.text for node in functions}
    if name not in names or any(
        one.function == name and one.called and one.called[0].known in names
        for one in script.invocations
    ):
        return
    for node in functions:
        span = node.children[-1].span
        body = script.text[span.start : span.end]
        if node.text == name and _PARAMETER.search(body):
            yield span


def calls_itself(script: Script) -> Iterator[tuple[int, bool]]:
    """The calls by which a function comes back to itself, perhaps through others.

    With each, whether it leaves another process behind: in a pipeline, in the
    background or in a subshell. A name may as well be that of a program, and the
    function defined only in a subshell or a branch: it counts all the same.
    """
    bodies = (one.function for one in script.invocations if one.function is not None)
    calls: dict[str, set[str]] = {name: set() for name in bodies}
    for one in script.invocations:
        name = one.program.known if one.program is not None else None
        if one.function in calls and name in calls:
            calls[one.function].add(name)
    for index, one in enumerate(script.invocations):
        name = one.program.known if one.program is not None else None
        if name in calls and one.function in _reached(calls, name):
            yield index, bool(one.scope)


def _reached(calls: Mapping[str, set[str]], name: str) -> set[str]:
    found: set[str] = set()
    ahead = {name}
    while ahead:
        found |= ahead
        ahead = {inner for one in ahead for inner in calls.get(one, ())} - found
    return found
