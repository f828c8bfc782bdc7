"""mvdan/sh counts bytes, we count code points."""

from collections.abc import Mapping
from itertools import accumulate
from typing import Any

from linara_agent.core.shell.script import Span


class Offsets:
    """Turns the positions of one text's tree into spans of that text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._points: dict[int, int] | None = None
        if not text.isascii():
            starts = accumulate((len(char.encode()) for char in text), initial=0)
            self._points = {start: index for index, start in enumerate(starts)}

    def point(self, offset: int) -> int:
        """The index of the code point that starts at this byte."""
        return offset if self._points is None else self._points.get(offset, 0)

    def span(self, tree: Mapping[str, Any]) -> Span:
        start, end = tree["Pos"].get("Offset", 0), tree["End"].get("Offset", 0)
        return Span(self.point(start), self.point(end))

    def source(self, tree: Mapping[str, Any]) -> str:
        start, end = self.span(tree)
        return self._text[start:end]
