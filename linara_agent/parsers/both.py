"""Both parsers behind one value, as the core asks for them."""

from dataclasses import dataclass

from linara_agent.core.shell.reading import BashlexTree, MvdanTree, NotParsed
from linara_agent.parsers import bashlex, shfmt


@dataclass(frozen=True, slots=True)
class BothParsers:
    """Implements `core.shell.reading.Parsers`; `seconds` is for each call."""

    seconds: float = 1.0

    def mvdan(self, text: str) -> MvdanTree | NotParsed:
        return shfmt.parse(text, seconds=self.seconds)

    def bashlex(self, text: str) -> BashlexTree | NotParsed:
        return bashlex.parse(text, seconds=self.seconds)
