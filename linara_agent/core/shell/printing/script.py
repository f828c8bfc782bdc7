"""Print the tree back as bash: other blanks and line breaks, the same meaning."""

from collections.abc import Iterable

from linara_agent.core.shell.printing.printer import (
    Printer,
    Writer,
    joined,
    operands,
)
from linara_agent.core.shell.printing.words import WORDS
from linara_agent.core.shell.script import Node


def to_bash(nodes: Iterable[Node]) -> str:
    """The script that the nodes stand for.

    Comments stand on lines of their own, backquotes become `$( )`. Raises
    ValueError for a tree with an opaque node.
    """
    printer = Printer(_WRITERS)
    printer.statements(tuple(nodes))
    printer.end_line()
    return "".join(printer.out)


def _body(node: Node, role: str) -> tuple[Node, ...]:
    """The statements in that role, with the comments before each."""
    found: list[Node] = []
    comments: list[Node] = []
    for child in node.children:
        if child.kind == "comment":
            comments.append(child)
            continue
        if child.role == role:
            found += (*comments, child)
        comments = []
    return tuple(found)


def _comment(out: Printer, node: Node) -> None:
    out.put("#", node.text)


def _in_a_row(out: Printer, node: Node) -> None:
    out.each(node.children, between=" ")


def _not(out: Printer, node: Node) -> None:
    out.put("! ")
    out.each(node.children)


def _background(out: Printer, node: Node) -> None:
    out.each(node.children)
    out.put(" &")


def _subshell(out: Printer, node: Node) -> None:
    out.put("(")
    out.body(node.children)
    out.put(")")


def _group(out: Printer, node: Node) -> None:
    out.put("{")
    out.body(node.children)
    out.put("}")


def _if(out: Printer, node: Node) -> None:
    out.put(node.operator or "if")
    out.head(_body(node, "condition"))
    out.put("then")
    out.body(_body(node, "then"))
    otherwise = _body(node, "else")
    if otherwise and otherwise[-1].operator == "elif":
        out.each(otherwise)
        return
    if otherwise:
        out.put("else")
        out.body(otherwise)
    out.put("fi")


def _loop(out: Printer, node: Node) -> None:
    out.put(node.kind)
    out.head(_body(node, "condition"))
    _do(out, node)


def _do(out: Printer, node: Node) -> None:
    out.put("do")
    out.body(_body(node, "do"))
    out.put("done")


def _for(out: Printer, node: Node) -> None:
    out.put(node.kind, " ")
    if node.operator == "((":
        out.put("((")
        for index, role in enumerate(("start", "condition", "step")):
            out.put("; " if index else "")
            out.each(operands(node, role))
        out.put("))")
    else:
        out.put(node.text, f" {node.operator}" if node.operator else "")
        for item in operands(node, "item"):
            out.put(" ")
            out.node(item)
    out.put("; ")
    _do(out, node)


def _case(out: Printer, node: Node) -> None:
    subject, *clauses = node.children
    out.put("case ")
    out.node(subject)
    out.put(" in")
    for clause in clauses:
        out.put(" (")
        out.each(operands(clause, "pattern"), between=" | ")
        out.put(")")
        out.body(tuple(c for c in clause.children if c.role != "pattern"))
        out.put(clause.operator)
    out.put(" esac")


def _function(out: Printer, node: Node) -> None:
    reserved = node.operator == "function"
    out.put(f"function {node.text} " if reserved else f"{node.text}() ")
    out.each(node.children)


def _led_by(word: str) -> Writer:
    def write(out: Printer, node: Node) -> None:
        out.put(word, f" {node.operator}" if node.operator else "")
        for child in node.children:
            out.put(" ")
            out.node(child)

    return write


_WRITERS: dict[str, Writer] = {
    **WORDS,
    "comment": _comment,
    "invocation": _in_a_row,
    "list": joined,
    "pipeline": joined,
    "not": _not,
    "background": _background,
    "redirected": _in_a_row,
    "subshell": _subshell,
    "group": _group,
    "if": _if,
    "while": _loop,
    "until": _loop,
    "for": _for,
    "select": _for,
    "case": _case,
    "function": _function,
    "time": _led_by("time"),
    "coproc": _led_by("coproc"),
}
