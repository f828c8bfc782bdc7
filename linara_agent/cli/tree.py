"""A script as it was read, as indented text."""

from collections.abc import Iterable, Iterator

from rich.console import RenderableType
from rich.text import Text

from linara_agent.core.effects.trace import Nested
from linara_agent.core.shell.script import (
    Known,
    Misleading,
    Node,
    Opaque,
    Pattern,
    Script,
    Span,
    Value,
    Word,
)
from linara_agent.core.visible import visible

_LONGEST = 60


def tree(
    script: Script, nested: tuple[Nested, ...] = (), *, depth: int = 0, width: int = 0
) -> Iterator[RenderableType]:
    """Each node on a line: its span, its kind, and what it says.

    Then what is in doubt, and the texts in it that are run, each with its own spans.
    """
    words = _by_span(script)
    width = max(width, 2 * len(str(len(script.text))) + 2)
    for node in script.nodes:
        yield from _lines(script, node, words, depth=depth, width=width)
    for doubt in dict.fromkeys(script.doubts):
        yield _doubt(script, doubt)
    for one in nested:
        line = Text.assemble(
            (f"{_place(one.span):>{width}}  ", "dim"),
            "  " * depth,
            (one.what, "bold magenta"),
            f": {_shortened(one.script.text)}",
        )
        yield line
        yield from tree(one.script, one.inner, depth=depth + 1, width=width)


def _lines(
    script: Script,
    node: Node,
    words: dict[Span, list[Word]],
    *,
    depth: int,
    width: int,
) -> Iterator[Text]:
    line = Text(f"{_place(node.span):>{width}}  ", style="dim")
    line.append("  " * depth)
    line.append(f"{node.role}: " if node.role else "", style="dim")
    line.append(node.kind, style=_COLOURS.get(node.kind, "cyan"))
    line.append(f" {visible(node.operator)}" if node.operator else "", style="bold")
    said = node.text or (_source(script, node) if node.kind == "word" else "")
    line.append(f" {_shortened(said)}" if said else "")
    if node.invocation is not None:
        line.append(f"  #{node.invocation}", style="dim")
    if node.kind in ("word", "here-document"):
        line.append_text(_worth(words.get(node.span, []), said))
    yield line
    if node.kind == "word" and [one.kind for one in node.children] == ["literal"]:
        return
    for child in node.children:
        yield from _lines(script, child, words, depth=depth + 1, width=width)


_COLOURS = {
    "invocation": "bold green",
    "opaque": "bold yellow",
    "comment": "dim",
    "word": "green",
}


def _place(span: Span) -> str:
    return f"{span.start}..{span.end}"


def _source(script: Script, node: Node) -> str:
    return script.text[node.span.start : node.span.end]


def _shortened(text: str) -> str:
    shown = visible(text, keep="")
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"


def _by_span(script: Script) -> dict[Span, list[Word]]:
    found: dict[Span, list[Word]] = {}
    for one in script.invocations:
        words: list[Word | None] = [one.program, *one.words]
        words += [each.value for each in one.assignments]
        for each in one.redirections:
            words += [each.target, each.body]
        for word in words:
            if word is not None:
                found.setdefault(word.span, []).append(word)
    return found


def _worth(words: Iterable[Word], source: str) -> Text:
    """What the word expands to, where that is not what stands there."""
    values = [word.value for word in words]
    if not values or values == [Known(source)]:
        return Text()
    line = Text("  → ", style="dim")
    for index, value in enumerate(values):
        line.append(" " if index else "")
        line.append_text(_value(value))
    return line


def _value(value: Value) -> Text:
    match value:
        case Known(text):
            return Text(_shortened(text) or "''", style="bold")
        case Pattern(text):
            return Text(f"files like {_shortened(text)}", style="magenta")
        case _:
            begins = f"{_shortened(value.prefix)}…, " if value.prefix else ""
            return Text(f"{begins}unknown: {value.reason}", style="yellow")


def _doubt(script: Script, one: Opaque | Misleading) -> Text:
    word = "opaque" if isinstance(one, Opaque) else "misleading"
    part = _shortened(script.text[one.span.start : one.span.end])
    return Text.assemble(
        (word, "bold yellow"),
        (f"  {_place(one.span)}  ", "dim"),
        (part, "bold"),
        f"\n        {visible(one.reason)}",
    )
