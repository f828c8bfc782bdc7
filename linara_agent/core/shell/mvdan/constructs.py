"""Lower the compound commands: lists, pipelines, groups, branches, loops, tests."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from linara_agent.core.shell.mvdan.lowering import (
    Context,
    Lowering,
    lower_substitutions,
)
from linara_agent.core.shell.mvdan.nodes import as_
from linara_agent.core.shell.mvdan.tree import Tree
from linara_agent.core.shell.script import Kind, Node
from linara_agent.core.shell.values.constants import touched_by_arithmetic

Nodes = tuple[Node, ...]


def construct(lowering: Lowering, tree: Tree, context: Context) -> Node:
    """Every command that is not simple; what is not known becomes opaque."""
    found = _CONSTRUCTS.get(tree["Type"])
    if found is None:
        reason = f"a construct that is not known: {tree['Type']}"
        return lowering.unreadable(tree, reason)
    return found(lowering, tree, context)


def _binary(lowering: Lowering, tree: Tree, context: Context) -> Node:
    operator = tree["Op"]
    if operator in ("&&", "||"):
        left = lowering.statement(lowering, tree["X"], context)
        branch = replace(context, conditional=True)
        right = lowering.statement(lowering, tree["Y"], branch)
        kind: Kind = "list"
    else:
        left = lowering.statement(lowering, tree["X"], lowering.subshell(context))
        right = lowering.statement(lowering, tree["Y"], lowering.subshell(context))
        _tie(lowering, left, right)
        kind = "pipeline"
    return _node(lowering, kind, tree, (left, right), operator=operator)


def _node(
    lowering: Lowering,
    kind: Kind,
    tree: Tree,
    children: Nodes,
    *,
    operator: str = "",
    text: str = "",
) -> Node:
    return lowering.inside.node(
        kind, tree, children=children, operator=operator, text=text
    )


def _tie(lowering: Lowering, left: Node, right: Node) -> None:
    """Each invocation of one side of a pipe to each of the other's."""
    sources = tuple(_last(left))
    sinks = tuple(n.invocation for n in right.steps() if n.invocation is not None)
    for index in sources:
        one = lowering.invocations[index]
        tied = replace(one, piped_to=one.piped_to + sinks)
        lowering.invocations[index] = tied
    for index in sinks:
        one = lowering.invocations[index]
        tied = replace(one, piped_from=one.piped_from + sources)
        lowering.invocations[index] = tied


def _last(node: Node) -> Iterator[int]:
    """Those whose output leaves the node: of a pipeline, its right side."""
    while node.kind == "not":
        node = node.children[0]
    if node.kind == "pipeline":
        yield from _last(node.children[1])
    else:
        yield from (n.invocation for n in node.steps() if n.invocation is not None)


def _arithmetic(lowering: Lowering, tree: Tree, context: Context) -> Node:
    return _expression(lowering, tree, context, kind="arithmetic")


def _test(lowering: Lowering, tree: Tree, context: Context) -> Node:
    return _expression(lowering, tree, context, kind="test")


def _let(lowering: Lowering, tree: Tree, context: Context) -> Node:
    return _expression(lowering, tree, context, kind="let")


def _expression(
    lowering: Lowering, tree: Tree, context: Context, *, kind: Kind
) -> Node:
    """`[[ ]]`, `(( ))` and `let`: only the substitutions in them run anything."""
    lower_substitutions(lowering, tree, context, arithmetic=True)
    lowering.constants.touch(touched_by_arithmetic(tree))
    lowering.constants.risky = True
    if kind != "test":
        lowering.plain.append(lowering.offsets.span(tree))
    inside = tree.get("Exprs") or ([tree["X"]] if tree.get("X") else ())
    children = tuple(n for one in inside for n in lowering.inside.expression(one))
    return _node(lowering, kind, tree, children)


def _group(lowering: Lowering, tree: Tree, context: Context) -> Node:
    alone = tree["Type"] == "Subshell"
    inner = lowering.subshell(context) if alone else context
    children = lowering.statements(tree.get("Stmts") or (), inner)
    return _node(lowering, "subshell" if alone else "group", tree, children)


def _while(lowering: Lowering, tree: Tree, context: Context) -> Node:
    branch = replace(context, conditional=True)
    head = lowering.statements(tree.get("Cond") or (), branch)
    body = lowering.statements(tree.get("Do") or (), branch)
    kind: Kind = "until" if tree.get("Until") else "while"
    return _node(lowering, kind, tree, (*as_("condition", head), *as_("do", body)))


def _timed(lowering: Lowering, tree: Tree, context: Context) -> Node:
    operator = "-p" if tree.get("PosixFormat") else ""
    inside = _within(lowering, tree, context)
    return _node(lowering, "time", tree, inside, operator=operator)


def _coproc(lowering: Lowering, tree: Tree, context: Context) -> Node:
    name: Nodes = ()
    if tree.get("Name"):
        source = lowering.offsets.source(tree["Name"])
        lowering.constants.touch((source.strip("\"'"),))
        name = (lowering.inside.word(tree["Name"], role="name"),)
    inside = _within(lowering, tree, lowering.subshell(context))
    return _node(lowering, "coproc", tree, (*name, *inside))


def _within(lowering: Lowering, tree: Tree, context: Context) -> Nodes:
    inside = tree.get("Stmt")
    return (lowering.statement(lowering, inside, context),) if inside else ()


def _if(lowering: Lowering, tree: Tree, context: Context) -> Node:
    branch = replace(context, conditional=True)
    head = lowering.statements(tree.get("Cond") or (), context)
    body = lowering.statements(tree.get("Then") or (), branch)
    children = (*as_("condition", head), *as_("then", body))
    otherwise = tree.get("Else")
    if otherwise and otherwise.get("Cond"):
        nested = replace(_if(lowering, otherwise, branch), operator="elif")
        children += as_("else", (nested,))
    elif otherwise:
        last = lowering.statements(otherwise.get("Then") or (), branch)
        children += as_("else", last)
    return _node(lowering, "if", tree, children)


def _for(lowering: Lowering, tree: Tree, context: Context) -> Node:
    loop = tree.get("Loop") or {}
    counts = loop.get("Type") != "WordIter"
    lower_substitutions(lowering, loop, context, arithmetic=counts)
    if counts:
        lowering.constants.touch(touched_by_arithmetic(loop))
    else:
        lowering.constants.touch((str(loop["Name"]["Value"]),))
    branch = replace(context, conditional=True)
    body = as_("do", lowering.statements(tree.get("Do") or (), branch))
    if counts:
        steps = _steps(lowering, loop)
        return _node(lowering, "for", tree, (*steps, *body), operator="((")
    kind: Kind = "select" if tree.get("Select") else "for"
    items = lowering.inside.words(loop.get("Items"), role="item")
    operator = "in" if items or (loop.get("InPos") or {}).get("Line") else ""
    name = str(loop["Name"]["Value"])
    return _node(lowering, kind, tree, (*items, *body), operator=operator, text=name)


def _steps(lowering: Lowering, loop: Tree) -> Iterator[Node]:
    for name, role in (("Init", "start"), ("Cond", "condition"), ("Post", "step")):
        if loop.get(name):
            yield from lowering.inside.expression(loop[name], role=role)


def _case(lowering: Lowering, tree: Tree, context: Context) -> Node:
    lower_substitutions(lowering, tree.get("Word"), context)
    branch = replace(context, conditional=True)
    children: Nodes = (lowering.inside.word(tree["Word"], role="subject"),)
    for item in tree.get("Items") or ():
        lower_substitutions(lowering, item.get("Patterns"), context)
        body = lowering.statements(item.get("Stmts") or (), branch)
        patterns = lowering.inside.words(item.get("Patterns"), role="pattern")
        operator = item.get("Op", ";;")
        children += (
            _node(lowering, "clause", item, (*patterns, *body), operator=operator),
        )
    return _node(lowering, "case", tree, children)


def _function(lowering: Lowering, tree: Tree, context: Context) -> Node:
    name = str((tree.get("Name") or {}).get("Value", "?"))
    if not (context.conditional or context.scope or lowering.constants.risky):
        lowering.functions.append((name, lowering.offsets.span(tree).start))
    inside = tree["Body"]
    body = replace(context, function=name, conditional=True)
    if (inside.get("Cmd") or {}).get("Type") not in _BODIES or inside.get("Negated"):
        # To bash `f() { …; } | cmd` is a pipeline, not the body of a function.
        lowering.unreadable(tree, "what belongs to the function cannot be told")
        lowering.functions = [one for one in lowering.functions if one[0] != name]
    children = (lowering.statement(lowering, inside, body),)
    operator = "function" if tree.get("RsrvWord") else "()"
    return _node(lowering, "function", tree, children, operator=operator, text=name)


_BODIES = frozenset(
    ("Block", "Subshell", "IfClause", "WhileClause", "ForClause", "CaseClause")
)

_CONSTRUCTS: dict[str, Callable[[Lowering, Tree, Context], Node]] = {
    "BinaryCmd": _binary,
    "Subshell": _group,
    "Block": _group,
    "IfClause": _if,
    "WhileClause": _while,
    "ForClause": _for,
    "CaseClause": _case,
    "FuncDecl": _function,
    "TimeClause": _timed,
    "CoprocClause": _coproc,
    "ArithmCmd": _arithmetic,
    "TestClause": _test,
    "LetClause": _let,
}
