"""How words, expansions, expressions, assignments and redirections are printed."""

from linara_agent.core.shell.printing.printer import (
    Printer,
    Writer,
    enclosed_in,
    joined,
    operands,
)
from linara_agent.core.shell.script import Node


def _word(out: Printer, node: Node) -> None:
    out.put(node.text)
    out.each(node.children)


def _parameter(out: Printer, node: Node) -> None:
    if node.operator == "$":
        out.put("$", node.text)
        return
    sign = {"length": "#", "indirection": "!", "names": "!"}.get(node.kind, "")
    out.put("${", sign, node.text)
    _index(out, node)
    _operands(out, node)
    out.put("}")


def _index(out: Printer, node: Node) -> None:
    for index in operands(node, "index"):
        out.put("[")
        _compact(out, index)
        out.put("]")


def _operands(out: Printer, node: Node) -> None:
    if node.operator == ":":
        for index, part in enumerate(c for c in node.children if c.role != "index"):
            # `${x:-1}` is something else than `${x: -1}`.
            out.put(":" if index else ": ")
            out.node(part)
        return
    out.put(node.operator)
    for part in node.children:
        if part.role == "replacement":
            out.put("/")
        if part.role != "index":
            out.node(part)


def _substitution(out: Printer, node: Node) -> None:
    out.enclosed("$(" if node.operator == "`" else node.operator, node.children)


def _expansion(out: Printer, node: Node) -> None:
    out.put(node.operator)
    out.each(node.children)
    out.put("]" if node.operator == "$[" else "))")


def _extended_glob(out: Printer, node: Node) -> None:
    out.put(node.operator, node.text, ")")


def _unary(out: Printer, node: Node) -> None:
    # A blank, for `- -x` is not `--x`.
    out.put(node.operator, " ")
    out.each(node.children)


def _postfix(out: Printer, node: Node) -> None:
    out.each(node.children)
    out.put(node.operator)


def _compact(out: Printer, node: Node) -> None:
    """An expression without blanks: an operand of `let`, a subscript."""
    if node.kind == "parentheses":
        out.put("(")
    if node.kind == "unary":
        out.put(node.operator)
    if node.kind not in _EXPRESSIONS:
        out.node(node)
        return
    for index, child in enumerate(node.children):
        out.put(node.operator if index else "")
        _compact(out, child)
    if node.kind == "parentheses":
        out.put(")")
    if node.kind == "postfix":
        out.put(node.operator)


_EXPRESSIONS = ("binary", "unary", "postfix", "parentheses")


def _assignment(out: Printer, node: Node) -> None:
    out.put(node.text)
    _index(out, node)
    out.put(node.operator)
    out.each(c for c in node.children if c.role != "index")


def _array(out: Printer, node: Node) -> None:
    out.put("(")
    out.each(node.children, between=" ")
    out.put(")")


def _element(out: Printer, node: Node) -> None:
    _index(out, node)
    out.put("=" if operands(node, "index") else "")
    out.each(operands(node, "value"))


def _redirection(out: Printer, node: Node) -> None:
    target, *body = node.children
    # `&>` before `>(…)` must not become `&>>`.
    apart = node.operator not in (">&", "<&", "<<", "<<-")
    out.put(node.text, node.operator, " " if apart else "")
    out.node(target)
    out.waiting += [(target, one) for one in body]


def _let(out: Printer, node: Node) -> None:
    out.put("let")
    for child in node.children:
        out.put(" ")
        _compact(out, child)


WORDS: dict[str, Writer] = {
    "arithmetic": enclosed_in("((", "))"),
    "test": enclosed_in("[[ ", " ]]"),
    "let": _let,
    "word": _word,
    "literal": _word,
    "single-quoted": enclosed_in("'", "'"),
    "ansi-c-quoted": enclosed_in("$'", "'"),
    "double-quoted": enclosed_in('"', '"'),
    "translated": enclosed_in('$"', '"'),
    "parameter": _parameter,
    "length": _parameter,
    "indirection": _parameter,
    "names": _parameter,
    "command-substitution": _substitution,
    "process-substitution": _substitution,
    "arithmetic-expansion": _expansion,
    "extended-glob": _extended_glob,
    "binary": joined,
    "unary": _unary,
    "postfix": _postfix,
    "parentheses": enclosed_in("( ", " )"),
    "assignment": _assignment,
    "array": _array,
    "element": _element,
    "redirection": _redirection,
}
