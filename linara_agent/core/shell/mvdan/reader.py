"""Lower the tree of mvdan/sh to ours.

The JSON is what `shfmt --to-json` prints; its field names are those of the Go
package mvdan.cc/sh/v3/syntax. Whatever is not known here becomes opaque.
"""

from collections.abc import Iterable
from dataclasses import replace

from linara_agent.core.shell.guards.arithmetic import open_arithmetic
from linara_agent.core.shell.mvdan.constructs import construct
from linara_agent.core.shell.mvdan.lowering import (
    Context,
    Lowering,
    lower_assignment,
    lower_redirection,
    lower_word,
)
from linara_agent.core.shell.mvdan.nodes import Inside
from linara_agent.core.shell.mvdan.offsets import Offsets
from linara_agent.core.shell.mvdan.tree import Tree
from linara_agent.core.shell.script import (
    Assignment,
    Invocation,
    Node,
    Redirection,
    Span,
    Word,
)
from linara_agent.core.shell.values.constants import touched_by_call
from linara_agent.core.shell.values.words import EVERY, Surroundings, value_of

DEEPEST = 50
"""Statements nested deeper than this are opaque."""
_PASSES = 6


def lower(
    file: Tree, text: str, known: Surroundings
) -> tuple[tuple[Node, ...], Lowering]:
    """Lower a whole file.

    A first pass finds the variables that are no constants; the second resolves
    words with the others.
    """
    doubtful = tuple(open_arithmetic(file))
    # What cannot be foreseen may assign as well.
    start = frozenset((EVERY,)) if doubtful else frozenset[str]()
    nodes, lowering = _pass(file, text, known.home, start)
    for _ in range(_PASSES):
        before = lowering.known.unsettled
        touched = before | lowering.constants.touched
        if touched == before:
            for tree, reason in doubtful:
                lowering.unreadable(tree, reason)
            return nodes, lowering
        nodes, lowering = _pass(file, text, known.home, touched)
    lowering.unreadable(file, "what its variables hold cannot be settled")
    return nodes, lowering


def _pass(
    file: Tree, text: str, home: str | None, unsettled: frozenset[str]
) -> tuple[tuple[Node, ...], Lowering]:
    offsets = Offsets(text)
    lowering = Lowering(
        text=text,
        offsets=offsets,
        known=Surroundings(home=home, unsettled=unsettled),
        statement=_statement,
        inside=Inside(offsets),
    )
    nodes = _file(lowering, file.get("Stmts") or ())
    return (*nodes, *lowering.inside.comments({**file, "Stmts": ()})), lowering


def _file(lowering: Lowering, statements: Iterable[Tree]) -> tuple[Node, ...]:
    nodes: tuple[Node, ...] = ()
    line = 0
    for one in statements:
        if one["Pos"]["Line"] > line:
            lowering.constants.risky = False
        line = one["End"]["Line"]
        nodes += lowering.statements((one,), Context())
    return nodes


def _statement(lowering: Lowering, tree: Tree, context: Context) -> Node:
    """One statement: a command with its redirections, perhaps in the background."""
    if context.depth > DEEPEST:
        return lowering.unreadable(tree, f"nested deeper than {DEEPEST} levels")
    context = replace(context, depth=context.depth + 1)
    if tree.get("Background"):
        context = lowering.subshell(context)
    node = _command(lowering, tree, context)
    span = lowering.offsets.span(tree)
    if tree.get("Negated"):
        node = Node(kind="not", span=span, children=(node,))
    if tree.get("Background"):
        node = Node(kind="background", span=span, children=(node,))
    return node


def _command(lowering: Lowering, tree: Tree, context: Context) -> Node:
    redirections = tuple(
        lower_redirection(lowering, one, context) for one in tree.get("Redirs") or ()
    )
    command = tree.get("Cmd")
    if command is None or command["Type"] == "CallExpr":
        return _call(lowering, tree, redirections, context)
    if command["Type"] == "DeclClause":
        return _declaration(lowering, tree, redirections, context)
    # The construct is skipped when one of its redirections cannot be made.
    skipped = context.conditional or bool(redirections)
    node = construct(lowering, command, replace(context, conditional=skipped))
    if not redirections:
        return node
    span = Span(redirections[0].span.start, redirections[-1].span.end)
    alone = _add(lowering, context, span, redirections=redirections)
    pieces = tuple(map(lowering.inside.redirection, tree["Redirs"]))
    return Node(
        kind="redirected",
        span=Span(node.span.start, max(node.span.end, span.end)),
        children=(node, replace(alone, children=pieces)),
    )


def _add(
    lowering: Lowering,
    context: Context,
    span: Span,
    *,
    words: tuple[Word, ...] = (),
    assignments: tuple[Assignment, ...] = (),
    redirections: tuple[Redirection, ...] = (),
) -> Node:
    lowering.invocations.append(
        Invocation(
            program=words[0] if words else None,
            words=words[1:],
            assignments=assignments,
            redirections=redirections,
            span=span,
            conditional=context.conditional,
            scope=context.scope,
            function=context.function,
        )
    )
    index = len(lowering.invocations) - 1
    called = lowering.invocations[index].called
    lowering.constants.touch(touched_by_call(called))
    return Node(kind="invocation", span=span, invocation=index)


def _call(
    lowering: Lowering,
    tree: Tree,
    redirections: tuple[Redirection, ...],
    context: Context,
) -> Node:
    command = tree.get("Cmd") or {}
    assignments = tuple(
        lower_assignment(lowering, one, context) for one in command.get("Assigns") or ()
    )
    words: list[Word] = []
    for one in command.get("Args") or ():
        words += lower_word(lowering, one, context, braces=True)
    for assigned in assignments if not words else ():
        _settle(lowering, assigned, context, skipped=bool(redirections))
    node = _add(
        lowering,
        context,
        _extent(lowering, tree, redirections),
        words=tuple(words),
        assignments=assignments,
        redirections=redirections,
    )
    inside = lowering.inside
    pieces = (
        *map(inside.assignment, command.get("Assigns") or ()),
        *inside.words(command.get("Args")),
    )
    return _with(lowering, node, pieces, tree)


def _with(
    lowering: Lowering, node: Node, pieces: tuple[Node, ...], statement: Tree
) -> Node:
    redirections = map(lowering.inside.redirection, statement.get("Redirs") or ())
    return replace(node, children=(*pieces, *redirections))


def _extent(
    lowering: Lowering, tree: Tree, redirections: tuple[Redirection, ...]
) -> Span:
    spans = [one.span for one in redirections]
    if tree.get("Cmd"):
        spans.append(lowering.offsets.span(tree["Cmd"]))
    if not spans:
        return lowering.offsets.span(tree)
    return Span(min(s.start for s in spans), max(s.end for s in spans))


def _settle(
    lowering: Lowering, one: Assignment, context: Context, *, skipped: bool
) -> None:
    """Remember a constant, or that this variable is none."""
    certain = not (context.conditional or context.scope or context.function)
    value = lowering.constants.settle(one, certain=certain and not skipped)
    if value is not None:
        lowering.known.variables[one.name] = value


def _declaration(
    lowering: Lowering,
    tree: Tree,
    redirections: tuple[Redirection, ...],
    context: Context,
) -> Node:
    """`export`, `declare` and their like: an invocation that assigns."""
    command = tree["Cmd"]
    variant = command["Variant"]
    literal = ({"Type": "Lit", "Value": variant["Value"]},)
    words = [
        Word(
            span=lowering.offsets.span(variant),
            source=lowering.offsets.source(variant),
            value=value_of(literal, lowering.known),
        )
    ]
    assignments: list[Assignment] = []
    for one in command.get("Args") or ():
        if one.get("Name") is None:
            words += lower_word(lowering, one["Value"], context, braces=True)
            continue
        assignments.append(lower_assignment(lowering, one, context))
        plain = variant["Value"] in ("export", "readonly") and len(words) == 1
        if not plain:
            lowering.constants.touch((assignments[-1].name,))
        elif one.get("Value") is not None:
            skipped = bool(redirections)
            _settle(lowering, assignments[-1], context, skipped=skipped)
    node = _add(
        lowering,
        context,
        _extent(lowering, tree, redirections),
        words=tuple(words),
        assignments=tuple(assignments),
        redirections=redirections,
    )
    return _with(lowering, node, _declared(lowering.inside, command), tree)


def _declared(inside: Inside, command: Tree) -> tuple[Node, ...]:
    variant = command["Variant"]
    literal = inside.node("literal", variant, text=variant["Value"])
    return (
        inside.node("word", variant, children=(literal,)),
        *(
            inside.assignment(one) if one.get("Name") else inside.word(one["Value"])
            for one in command.get("Args") or ()
        ),
    )
