"""A text as it is, however narrow the screen."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.cells import get_character_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style

_TAB = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Verbatim:
    """Not a blank is lost and no line begins that is none: folds are marked.

    rich's own wrapping drops the blanks at which it wraps, and breaks a line at a
    tab. The mark stands in the margin of `by` columns (2 or more), where no text
    can imitate it.
    """

    text: str
    by: int
    style: str = ""

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> RenderResult:
        style = console.get_style(self.style) if self.style else Style.null()
        margin, fold = " " * self.by, "↪ ".rjust(self.by)
        width = max(2, options.max_width - self.by)
        for line in self.text.split("\n"):
            for number, piece in enumerate(_folded(line.expandtabs(_TAB), width)):
                yield Segment(fold if number else margin)
                yield Segment(piece, style)
                yield Segment.line()


def _folded(line: str, width: int) -> Iterator[str]:
    """Pieces of at most `width` columns; rich's own loses characters of no width."""
    start = columns = 0
    for index, char in enumerate(line):
        size = get_character_cell_size(char)
        if columns + size > width:
            yield line[start:index]
            start, columns = index, 0
        columns += size
    yield line[start:]
