"""The steps of a script: what bash reads, and runs, before it reads on.

That is a statement at the top of the script, or several that share a line: bash reads
whole lines. Comments and blank lines before a statement belong to its step.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from linara_agent.core.shell.script import Script
from linara_agent.core.wire import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`line` counts from 1; `text` is the step's first line that is no comment.

    `begun` is false for what the script ended before.
    """

    line: int
    text: Text
    begun: bool


def cuts(script: Script) -> tuple[int, ...]:
    """Where the steps begin (code points), the first at 0; at least one."""
    found, end = [0], None
    for node in script.nodes:
        if node.kind == "comment":
            continue
        start = script.text.rfind("\n", 0, node.span.start) + 1
        if end is not None and start > end:
            # The body of a here-document is not the next statement's comment.
            plain = "<<" not in script.text[found[-1] : start]
            found.append(_with_comments(script.text, start, end) if plain else start)
        end = node.span.end if end is None else max(end, node.span.end)
    return tuple(found)


def _with_comments(text: str, start: int, end: int) -> int:
    """The beginning of the lines above that are comments or blank."""
    while True:
        above = text.rfind("\n", 0, start - 1) + 1
        line = text[above:start].strip()
        if above <= end or (line and not line.startswith("#")):
            return start
        start = above


def pieces(text: str, cuts: tuple[int, ...]) -> list[str]:
    """The text in its steps; none where it is not cut."""
    return [text[start:end] for start, end in pairwise((*cuts, len(text)))]


def taken(text: str, cuts: tuple[int, ...], *, begun: int) -> tuple[Step, ...]:
    """The steps, of which the first `begun` were run, or at least begun."""
    return tuple(_taken(text, cuts, begun=begun))


def _taken(text: str, cuts: tuple[int, ...], *, begun: int) -> Iterator[Step]:
    for number, piece in enumerate(pieces(text, cuts)):
        line = text.count("\n", 0, cuts[number]) + 1
        lines = piece.split("\n")
        while len(lines) > 1 and (not lines[0].strip() or lines[0].lstrip()[0] == "#"):
            del lines[0]
            line += 1
        yield Step(line=line, text=lines[0].strip(), begun=number < begun)
