"""Which directories each invocation may start in, as `cd` moves through a script."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from linara_agent.core.effects.place import Place
from linara_agent.core.shell.script import Invocation, Node, Script

_MOST_PLACES = 6
_REPEATED = frozenset(("for", "select", "while", "until", "function"))


@dataclass(frozen=True, slots=True)
class _Move:
    """The last move in a scope: what led there, and where it leads if it works."""

    index: int
    reached: tuple[Place, ...]
    either: tuple[Place, ...]


class Standing:
    """The directories of each subshell; the outermost is `()`.

    A `cd` may fail, and then what follows runs where it stood: both directories
    count, except where only its success leads (`cd x && …`, `cd x || exit`, after
    `set -e`). Loops and functions run their text again after a later `cd`.
    """

    def __init__(
        self,
        script: Script,
        start: tuple[Place, ...],
        *,
        again: tuple[Place, ...] | None = None,
    ) -> None:
        self._script = script
        self._start = start
        self._again = again
        self._moves: dict[tuple[int, ...], _Move] = {}
        self._repeated = frozenset(_repeated(script))
        self.seen: dict[Place, None] = dict.fromkeys(start)
        self.came_back = False

    def of(self, index: int) -> tuple[Place, ...]:
        if self._again is not None and index in self._repeated:
            return self._again
        scope = self._script.invocations[index].scope
        while scope and scope not in self._moves:
            scope = scope[:-1]
        move = self._moves.get(scope)
        if move is None:
            return self._start
        sure = index in _after_success(self._script, move.index)
        return move.reached if sure else move.either

    def move(self, index: int, places: tuple[Place, ...], *, sure: bool) -> None:
        """`sure`: the invocation is a plain `cd`, whose success can be asked for."""
        either = _few((*self.of(index), *places))
        invocation = self._script.invocations[index]
        reached = places if sure and not _doubtful(invocation) else either
        repeats = index in self._repeated
        self.came_back = self.came_back or repeats or bool(self._script.functions)
        if repeats and _relative(invocation):
            self.seen[places[0].at(None)] = None
        self.seen.update(dict.fromkeys(places))
        self._moves[invocation.scope] = _Move(index, reached, either)

    def everywhere(self) -> tuple[Place, ...]:
        """Every directory that the script may ever stand in."""
        return _few(tuple(self.seen))

    def at_the_end(self) -> tuple[Place, ...]:
        move = self._moves.get(())
        return self._start if move is None else move.either


def _doubtful(invocation: Invocation) -> bool:
    """It stands in a function, which may be called from anywhere."""
    return invocation.function is not None


def _few(places: tuple[Place, ...]) -> tuple[Place, ...]:
    distinct = tuple(dict.fromkeys(places))
    if len(distinct) > _MOST_PLACES or any(place.cwd is None for place in distinct):
        return (distinct[0].at(None),)
    return distinct


def _relative(invocation: Invocation) -> bool:
    return not any((word.known or "").startswith("/") for word in invocation.words)


def _repeated(script: Script) -> Iterator[int]:
    """What may run more than once, or later than it stands."""
    listed: set[int] = set()
    for root in script.nodes:
        for node in root.steps():
            if node.invocation is not None:
                listed.add(node.invocation)
            if node.kind in _REPEATED:
                yield from (
                    n.invocation for n in node.steps() if n.invocation is not None
                )
    for index, invocation in enumerate(script.invocations):
        # The constructs inside a substitution are not among the nodes.
        if index not in listed and invocation.conditional:
            yield index


def _after_success(script: Script, move: int) -> frozenset[int]:
    """The invocations that run only if that `cd` worked."""
    found: set[int] = set()
    for root in script.nodes:
        for node in root.steps():
            if node.kind != "list" or not _implies(script, node.children[0], move):
                continue
            right = node.children[1]
            if node.operator == "&&":
                found |= {
                    n.invocation for n in right.steps() if n.invocation is not None
                }
            elif _leaves(script, right):
                found.update(range(move + 1, len(script.invocations)))
    if _stops_at_errors(script, move):
        found.update(range(move + 1, len(script.invocations)))
    return frozenset(found)


def _implies(script: Script, node: Node, move: int) -> bool:
    """The node's success tells that the `cd` worked."""
    if node.invocation == move:
        return True
    if node.kind != "list" or node.operator != "&&":
        return False
    return any(_implies(script, child, move) for child in node.children)


def _leaves(script: Script, node: Node) -> bool:
    """It ends the script, or the function: `exit`, `return`, `{ echo no; exit 1; }`."""
    last = node
    while last.kind == "group" and last.children:
        last = last.children[-1]
    if last.invocation is None:
        return False
    program = script.invocations[last.invocation].program
    return program is not None and program.known in ("exit", "return")


def _stops_at_errors(script: Script, move: int) -> bool:
    """`set -e` stands before it, and nothing weakens it."""
    settings = [
        word.known or "?"
        for one in script.invocations[:move]
        if one.program is not None and one.program.known == "set"
        for word in one.words
        if not one.conditional and not one.scope
    ]
    plain = not script.invocations[move].conditional
    errexit = any(re.fullmatch(r"-[a-z]*e[a-z]*|errexit", text) for text in settings)
    weakened = any(text[:1] in ("+", "?") for text in settings)
    return plain and errexit and not weakened
