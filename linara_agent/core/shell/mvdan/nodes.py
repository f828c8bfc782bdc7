"""The nodes below a statement: words and their parts, redirections, expressions.

The commands inside a word must have been lowered before its node is asked for:
`Inside` holds their nodes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from linara_agent.core.shell.mvdan.offsets import Offsets
from linara_agent.core.shell.mvdan.tree import Tree, is_position
from linara_agent.core.shell.script import Kind, Node

_TEXTS: dict[str, tuple[Kind, Kind]] = {
    "Lit": ("literal", "literal"),
    "SglQuoted": ("single-quoted", "ansi-c-quoted"),
    "DblQuoted": ("double-quoted", "translated"),
}
_EXPRESSIONS: dict[str, Kind] = {
    "Word": "word",
    "BinaryArithm": "binary",
    "BinaryTest": "binary",
    "UnaryArithm": "unary",
    "UnaryTest": "unary",
    "ParenArithm": "parentheses",
    "ParenTest": "parentheses",
}
# Their comments belong to the statements in them.
_STATEMENTS = ("Stmts", "Cond", "Then", "Do")


@dataclass(frozen=True, slots=True)
class Inside:
    """Makes nodes; `statements` are those of each substitution, by its `id`."""

    offsets: Offsets
    statements: dict[int, tuple[Node, ...]] = field(default_factory=dict)

    def node(self, kind: Kind, tree: Tree, **more: Any) -> Node:  # noqa: ANN401 — a Node's own fields
        return Node(kind=kind, span=self.offsets.span(tree), **more)

    def word(self, tree: Tree, *, role: str = "") -> Node:
        return self.node("word", tree, role=role, children=self.parts(tree))

    def words(
        self, trees: Iterable[Tree] | None, *, role: str = ""
    ) -> tuple[Node, ...]:
        return tuple(self.word(one, role=role) for one in trees or ())

    def parts(self, tree: Tree) -> tuple[Node, ...]:
        return tuple(self._part(one) for one in tree.get("Parts") or ())

    def _part(self, tree: Tree) -> Node:
        type_ = tree["Type"]
        if type_ in _TEXTS:
            kind = _TEXTS[type_][bool(tree.get("Dollar"))]
            text = tree.get("Value", "")
            return self.node(kind, tree, text=text, children=self.parts(tree))
        match type_:
            case "ParamExp":
                return self._parameter(tree)
            case "CmdSubst" | "ProcSubst":
                return self._substitution(tree)
            case "ArithmExp":
                inside = self.expression(tree["X"]) if tree.get("X") else ()
                sign = "$[" if tree.get("Bracket") else "$(("
                return self.node(
                    "arithmetic-expansion", tree, operator=sign, children=inside
                )
            case "ExtGlob":
                text = tree["Pattern"]["Value"]
                return self.node("extended-glob", tree, operator=tree["Op"], text=text)
            case other:
                return self.node("opaque", tree, text=other)

    def _substitution(self, tree: Tree) -> Node:
        kind: Kind = "command-substitution"
        operator = "`" if tree.get("Backquotes") else "$("
        if tree["Type"] == "ProcSubst":
            kind, operator = "process-substitution", tree["Op"]
        elif tree.get("TempFile") or tree.get("ReplyVar"):
            kind = "opaque"
        children = self.statements.get(id(tree), ())
        return self.node(kind, tree, operator=operator, children=children)

    def _parameter(self, tree: Tree) -> Node:
        """`operator` is what follows the name, `$` for a name without braces."""
        kind: Kind = "parameter"
        if tree.get("Length"):
            kind = "length"
        elif tree.get("Excl"):
            kind = "names" if tree.get("Names") else "indirection"
        operator, operands = self._operands(tree)
        index = self._index(tree)
        return self.node(
            kind,
            tree,
            operator=operator,
            text=str((tree.get("Param") or {}).get("Value", "")),
            children=(*index, *operands),
        )

    def _index(self, tree: Tree) -> tuple[Node, ...]:
        index = tree.get("Index")
        return self.expression(index, role="index") if index else ()

    def _operands(self, tree: Tree) -> tuple[str, tuple[Node, ...]]:
        if tree.get("Short"):
            return "$", ()
        if tree.get("Names"):
            return tree["Names"], ()
        if "Slice" in tree:
            return ":", self._slice(tree["Slice"])
        if "Repl" in tree:
            return self._replacement(tree["Repl"])
        if "Exp" in tree:
            word = tree["Exp"].get("Word")
            children = (self.word(word, role="operand"),) if word else ()
            return tree["Exp"]["Op"], children
        return "", ()

    def _slice(self, tree: Tree) -> tuple[Node, ...]:
        nodes: tuple[Node, ...] = ()
        for name in ("Offset", "Length"):
            if tree.get(name):
                nodes += self.expression(tree[name], role=name.lower())
        return nodes

    def _replacement(self, tree: Tree) -> tuple[str, tuple[Node, ...]]:
        nodes: tuple[Node, ...] = ()
        if tree.get("Orig"):
            nodes += (self.word(tree["Orig"], role="pattern"),)
        if tree.get("With"):
            nodes += (self.word(tree["With"], role="replacement"),)
        return "//" if tree.get("All") else "/", nodes

    def expression(self, tree: Tree, *, role: str = "") -> tuple[Node, ...]:
        """The operands and operators of arithmetic, of `[[ ]]`, of a subscript."""
        kind = _EXPRESSIONS.get(tree["Type"])
        if kind == "word":
            return (self.word(tree, role=role),)
        if kind is None:
            return (self.node("opaque", tree, role=role, text=tree["Type"]),)
        if tree.get("Post"):
            kind = "postfix"
        inner = [tree[name] for name in ("X", "Y") if tree.get(name)]
        children = tuple(node for one in inner for node in self.expression(one))
        operator = tree.get("Op", "")
        node = self.node(kind, tree, role=role, operator=operator, children=children)
        return (node,)

    def assignment(self, tree: Tree) -> Node:
        """`NAME`, `NAME=…`, `NAME[i]+=…`, `NAME=(…)`."""
        children = self._index(tree)
        if tree.get("Value"):
            children += (self.word(tree["Value"], role="value"),)
        if tree.get("Array"):
            elements = tuple(
                self._element(one) for one in tree["Array"].get("Elems") or ()
            )
            children += (self.node("array", tree["Array"], children=elements),)
        operator = "" if tree.get("Naked") else "+=" if tree.get("Append") else "="
        name = str((tree.get("Name") or {}).get("Value", ""))
        return self.node(
            "assignment", tree, operator=operator, text=name, children=children
        )

    def _element(self, tree: Tree) -> Node:
        children = self._index(tree)
        if tree.get("Value"):
            children += (self.word(tree["Value"], role="value"),)
        return self.node("element", tree, children=children)

    def redirection(self, tree: Tree) -> Node:
        """`text` is the descriptor before it, a number or `{name}`."""
        children: tuple[Node, ...] = ()
        if tree.get("Word"):
            children += (self.word(tree["Word"], role="target"),)
        if tree["Op"] in ("<<", "<<-"):
            body = tree.get("Hdoc") or {}
            document = self.node(
                "here-document", body or tree, role="body", children=self.parts(body)
            )
            children += (document,)
        descriptor = str((tree.get("N") or {}).get("Value", ""))
        return self.node(
            "redirection",
            tree,
            operator=tree["Op"],
            text=descriptor,
            children=children,
        )

    def comments(self, statement: Tree) -> tuple[Node, ...]:
        """Those of a statement itself, not of the statements inside it."""
        return tuple(
            self.node("comment", tree, text=tree.get("Text", ""))
            for tree in _comments(statement)
        )


def _comments(value: object) -> Iterator[Tree]:
    if isinstance(value, dict):
        if is_position(value):
            return
        if "Hash" in value:
            yield value
            return
        for name, inner in value.items():
            if name not in _STATEMENTS:
                yield from _comments(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _comments(inner)


def as_(role: str, nodes: Iterable[Node]) -> tuple[Node, ...]:
    """The nodes in that role; comments have none."""
    return tuple(
        node if node.kind == "comment" else replace(node, role=role) for node in nodes
    )
