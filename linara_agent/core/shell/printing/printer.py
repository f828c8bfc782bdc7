"""Writes the pieces of a tree one after the other, as bash reads them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from linara_agent.core.shell.script import Node

_INDENT = "    "


@dataclass(slots=True)
class Printer:
    """`waiting` are the here-documents whose bodies follow the end of the line.

    With `inline` statements are separated by `;`, else by the end of the line.
    """

    writers: Mapping[str, "Writer"]
    out: list[str] = field(default_factory=list)
    inline: bool = False
    depth: int = 0
    waiting: list[tuple[Node, Node]] = field(default_factory=list)

    def put(self, *texts: str) -> None:
        self.out += texts

    def node(self, node: Node) -> None:
        writer = self.writers.get(node.kind)
        if writer is None:
            raise ValueError(f"there is no way to print {node.kind}")
        writer(self, node)

    def each(self, nodes: Iterable[Node], *, between: str = "") -> None:
        for index, node in enumerate(nodes):
            self.put(between if index else "")
            self.node(node)

    def end_line(self) -> None:
        self.put("\n")
        waiting, self.waiting = self.waiting, []
        for delimiter, body in waiting:
            self.each(body.children)
            if body.children and not "".join(self.out[-2:]).rstrip("\t").endswith("\n"):
                self.put("\n")
            self.put(_without_quotes(delimiter), "\n")

    def new_line(self) -> None:
        self.end_line()
        self.put(_INDENT * self.depth)

    def statements(self, nodes: Sequence[Node]) -> None:
        for index, node in enumerate(nodes):
            if index and self.inline:
                self.put(" " if nodes[index - 1].kind == "background" else "; ")
            elif index:
                self.new_line()
            self.node(node)

    def body(self, nodes: Sequence[Node]) -> None:
        """Statements between two words (`then` and `fi`)."""
        if self.inline:
            ended = not nodes or nodes[-1].kind == "background"
            self.put(" ")
            self.statements(nodes)
            self.put(" " if ended else "; ")
            return
        self.depth += 1
        if nodes:
            self.new_line()
            self.statements(nodes)
        self.depth -= 1
        self.new_line()

    def head(self, nodes: Sequence[Node]) -> None:
        """The condition after `if` or `while`, on their line where that can be."""
        if _needs_lines(nodes):
            self.body(nodes)
            return
        inline, self.inline = self.inline, True
        self.body(nodes)
        self.inline = inline

    def enclosed(self, opening: str, nodes: Sequence[Node]) -> None:
        """The commands of a substitution, on one line where that can be."""
        outer = self.inline, self.waiting
        self.inline, self.waiting = not _needs_lines(nodes), []
        self.put(opening)
        if not self.inline:
            self.body(nodes)
        else:
            # `$((` would be arithmetic.
            self.put(" " if _starts_with_parenthesis(nodes) else "")
            self.statements(nodes)
        self.put(")")
        self.inline, self.waiting = outer


def _needs_lines(nodes: Iterable[Node]) -> bool:
    """A comment ends with its line, a here-document begins with the next."""
    return any(
        node.kind in ("comment", "here-document")
        for one in nodes
        for node in one.walk()
    )


def _starts_with_parenthesis(nodes: Sequence[Node]) -> bool:
    first = nodes[0] if nodes else None
    while first is not None and first.kind in _LED_BY_THEIR_FIRST:
        first = first.children[0]
    return first is not None and first.kind in ("subshell", "arithmetic")


_LED_BY_THEIR_FIRST = ("list", "pipeline", "background", "redirected")


def _without_quotes(delimiter: Node) -> str:
    """What ends a here-document."""
    return "".join(
        node.text.replace("\\", "") if node.kind == "literal" else node.text
        for node in delimiter.walk()
    )


Writer = Callable[[Printer, Node], None]


def operands(node: Node, role: str) -> tuple[Node, ...]:
    """The children in that role."""
    return tuple(child for child in node.children if child.role == role)


def enclosed_in(opening: str, closing: str) -> Writer:
    """Writes a node between two signs."""

    def write(out: Printer, node: Node) -> None:
        out.put(opening, node.text)
        out.each(node.children)
        out.put(closing)

    return write


def joined(out: Printer, node: Node) -> None:
    """Writes the operands with the operator between them."""
    out.each(node.children, between=f" {node.operator} ")
