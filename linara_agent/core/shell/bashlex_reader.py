"""The simple commands that bashlex sees, as the spans of their words."""

from collections.abc import Iterator

from linara_agent.core.shell.reading import BashlexNode, BashlexTree
from linara_agent.core.shell.script import Span

CommandSpans = tuple[Span, ...]
"""The words and assignments of one simple command, in order."""


def commands(tree: BashlexTree) -> Iterator[CommandSpans]:
    """Every simple command that has a word, those in substitutions too."""
    for root in tree.roots:
        yield from _commands(root)


def _commands(node: BashlexNode) -> Iterator[CommandSpans]:
    if node.kind == "command":
        spans = tuple(
            Span(child.start, child.end)
            for child in node.children
            if child.kind in ("word", "assignment")
        )
        if spans:
            yield spans
    for child in node.children:
        yield from _commands(child)
