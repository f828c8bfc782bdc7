"""Lower the tree of mvdan/sh to ours.

The JSON is what `shfmt --to-json` prints; its field names are those of the Go
package mvdan.cc/sh/v3/syntax. Whatever is not known here becomes opaque.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from linara_agent.core.shell.arithmetic import open_arithmetic
from linara_agent.core.shell.constants import touched_by_arithmetic, touched_by_call
from linara_agent.core.shell.mvdan_words import (
    Context,
    Lowering,
    lower_assignment,
    lower_redirection,
    lower_substitutions,
    lower_word,
)
from linara_agent.core.shell.offsets import Offsets
from linara_agent.core.shell.script import (
    Assignment,
    Invocation,
    Node,
    Redirection,
    Span,
    Word,
)
from linara_agent.core.shell.tree import Tree
from linara_agent.core.shell.words import EVERY, Surroundings, value_of

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
    lowering = Lowering(
        text=text,
        offsets=Offsets(text),
        known=Surroundings(home=home, unsettled=unsettled),
        statements=_statements,
    )
    return _file(lowering, file.get("Stmts") or ()), lowering


def _file(lowering: Lowering, statements: Iterable[Tree]) -> tuple[Node, ...]:
    nodes: list[Node] = []
    line = 0
    for one in statements:
        if one["Pos"]["Line"] > line:
            lowering.constants.risky = False
        line = one["End"]["Line"]
        nodes.append(_statement(lowering, one, Context()))
    return tuple(nodes)


def _statements(
    lowering: Lowering, statements: Iterable[Tree], context: Context
) -> tuple[Node, ...]:
    return tuple(_statement(lowering, one, context) for one in statements)


def _statement(lowering: Lowering, tree: Tree, context: Context) -> Node:
    """One statement: a command with its redirections, perhaps in the background."""
    if context.depth > DEEPEST:
        return lowering.unreadable(tree, f"nested deeper than {DEEPEST} levels")
    context = replace(context, depth=context.depth + 1)
    if tree.get("Background"):
        context = lowering.subshell(context)
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
    node = _construct(lowering, command, replace(context, conditional=skipped))
    if redirections:
        span = Span(redirections[0].span.start, redirections[-1].span.end)
        alone = _add(lowering, context, span, redirections=redirections)
        node = replace(node, children=(*node.children, alone))
    return node


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
    return _add(
        lowering,
        context,
        _extent(lowering, tree, redirections),
        words=tuple(words),
        assignments=assignments,
        redirections=redirections,
    )


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
    return _add(
        lowering,
        context,
        _extent(lowering, tree, redirections),
        words=tuple(words),
        assignments=tuple(assignments),
        redirections=redirections,
    )


_KINDS = {
    "Subshell": "subshell",
    "Block": "group",
    "IfClause": "if",
    "WhileClause": "while",
    "ForClause": "for",
    "CaseClause": "case",
    "FuncDecl": "function",
    "ArithmCmd": "arithmetic",
    "TestClause": "test",
    "LetClause": "let",
    "TimeClause": "time",
    "CoprocClause": "coproc",
}


def _construct(lowering: Lowering, tree: Tree, context: Context) -> Node:
    type_ = tree["Type"]
    if type_ == "BinaryCmd":
        return _binary(lowering, tree, context)
    kind = _KINDS.get(type_)
    if kind is None:
        return lowering.unreadable(tree, f"a construct that is not known: {type_}")
    if type_ in ("ArithmCmd", "TestClause", "LetClause"):
        return _expression(lowering, tree, context, kind=kind)
    children = _CONSTRUCTS[type_](lowering, tree, context)
    return Node(kind=kind, span=lowering.offsets.span(tree), children=children)


def _binary(lowering: Lowering, tree: Tree, context: Context) -> Node:
    left_tree, right_tree, operator = tree["X"], tree["Y"], tree["Op"]
    if operator in ("&&", "||"):
        left = _statement(lowering, left_tree, context)
        branch = replace(context, conditional=True)
        right = _statement(lowering, right_tree, branch)
        kind = "list"
    else:
        left, right = _pipeline(lowering, left_tree, right_tree, context)
        kind = "pipeline"
    return Node(kind=kind, span=lowering.offsets.span(tree), children=(left, right))


def _pipeline(
    lowering: Lowering, left_tree: Tree, right_tree: Tree, context: Context
) -> tuple[Node, Node]:
    """Both sides, tied: each invocation of one side to each of the other's."""
    left = _statement(lowering, left_tree, lowering.subshell(context))
    right = _statement(lowering, right_tree, lowering.subshell(context))
    sources = _last(left)
    sinks = tuple(n.invocation for n in right.walk() if n.invocation is not None)
    for index in sources:
        one = lowering.invocations[index]
        tied = replace(one, piped_to=one.piped_to + sinks)
        lowering.invocations[index] = tied
    for index in sinks:
        one = lowering.invocations[index]
        tied = replace(one, piped_from=one.piped_from + sources)
        lowering.invocations[index] = tied
    return left, right


def _last(node: Node) -> tuple[int, ...]:
    """Those whose output leaves the node: of a pipeline, its right side."""
    if node.kind == "pipeline":
        return _last(node.children[1])
    return tuple(n.invocation for n in node.walk() if n.invocation is not None)


def _expression(lowering: Lowering, tree: Tree, context: Context, *, kind: str) -> Node:
    """`[[ ]]`, `(( ))` and `let`: only the substitutions in them run anything."""
    lower_substitutions(lowering, tree, context, arithmetic=True)
    lowering.constants.touch(touched_by_arithmetic(tree))
    lowering.constants.risky = True
    span = lowering.offsets.span(tree)
    if kind != "test":
        lowering.plain.append(span)
    return Node(kind=kind, span=span)


def _group(lowering: Lowering, tree: Tree, context: Context) -> tuple[Node, ...]:
    inner = lowering.subshell(context) if tree["Type"] == "Subshell" else context
    return _statements(lowering, tree.get("Stmts") or (), inner)


def _while(lowering: Lowering, tree: Tree, context: Context) -> tuple[Node, ...]:
    branch = replace(context, conditional=True)
    head = _statements(lowering, tree.get("Cond") or (), branch)
    return head + _statements(lowering, tree.get("Do") or (), branch)


def _wrapped(lowering: Lowering, tree: Tree, context: Context) -> tuple[Node, ...]:
    inner = lowering.subshell(context) if tree["Type"] == "CoprocClause" else context
    if tree.get("Name"):
        lowering.constants.touch((lowering.offsets.source(tree["Name"]).strip("\"'"),))
    inside = tree.get("Stmt")
    return (_statement(lowering, inside, inner),) if inside else ()


def _if(lowering: Lowering, tree: Tree, context: Context) -> tuple[Node, ...]:
    branch = replace(context, conditional=True)
    nodes = _statements(lowering, tree.get("Cond") or (), context)
    nodes += _statements(lowering, tree.get("Then") or (), branch)
    otherwise = tree.get("Else")
    return nodes + _if(lowering, otherwise, branch) if otherwise else nodes


def _for(lowering: Lowering, tree: Tree, context: Context) -> tuple[Node, ...]:
    loop = tree.get("Loop") or {}
    counts = loop.get("Type") != "WordIter"
    lower_substitutions(lowering, loop, context, arithmetic=counts)
    if counts:
        lowering.constants.touch(touched_by_arithmetic(loop))
    else:
        lowering.constants.touch((str(loop["Name"]["Value"]),))
    branch = replace(context, conditional=True)
    return _statements(lowering, tree.get("Do") or (), branch)


def _case(lowering: Lowering, tree: Tree, context: Context) -> tuple[Node, ...]:
    lower_substitutions(lowering, tree.get("Word"), context)
    branch = replace(context, conditional=True)
    nodes: tuple[Node, ...] = ()
    for item in tree.get("Items") or ():
        lower_substitutions(lowering, item.get("Patterns"), context)
        nodes += _statements(lowering, item.get("Stmts") or (), branch)
    return nodes


def _function(lowering: Lowering, tree: Tree, context: Context) -> tuple[Node, ...]:
    name = str((tree.get("Name") or {}).get("Value", "?"))
    if not (context.conditional or context.scope or lowering.constants.risky):
        lowering.functions.append((name, lowering.offsets.span(tree).start))
    inside = tree["Body"]
    body = replace(context, function=name, conditional=True)
    if (inside.get("Cmd") or {}).get("Type") not in _BODIES or inside.get("Negated"):
        # To bash `f() { …; } | cmd` is a pipeline, not the body of a function.
        lowering.unreadable(tree, "what belongs to the function cannot be told")
        lowering.functions = [one for one in lowering.functions if one[0] != name]
    return (_statement(lowering, inside, body),)


_BODIES = frozenset(
    ("Block", "Subshell", "IfClause", "WhileClause", "ForClause", "CaseClause")
)

_CONSTRUCTS: dict[str, Callable[[Lowering, Tree, Context], tuple[Node, ...]]] = {
    "Subshell": _group,
    "Block": _group,
    "IfClause": _if,
    "WhileClause": _while,
    "ForClause": _for,
    "CaseClause": _case,
    "FuncDecl": _function,
    "TimeClause": _wrapped,
    "CoprocClause": _wrapped,
}
