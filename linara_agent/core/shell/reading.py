"""What the two parsers hand over: plain data, or why there is none."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class MvdanTree:
    """The object that `shfmt --to-json` prints, as `json.loads` gives it."""

    file: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BashlexNode:
    """One node of bashlex: its kind, its span in code points, and what is below."""

    kind: str
    start: int
    end: int
    children: tuple["BashlexNode", ...]


@dataclass(frozen=True, slots=True)
class BashlexTree:
    roots: tuple[BashlexNode, ...]


class Failure(StrEnum):
    SYNTAX = "cannot be parsed"
    UNSUPPORTED = "uses what the parser does not know"
    DEADLINE = "took too long to parse"
    TOO_LARGE = "is too large"
    CRASHED = "broke the parser"


@dataclass(frozen=True, slots=True)
class NotParsed:
    failure: Failure
    detail: str = ""


class Parsers(Protocol):
    """Both parsers; neither raises, each ends within its deadline."""

    def mvdan(self, text: str) -> MvdanTree | NotParsed: ...

    def bashlex(self, text: str) -> BashlexTree | NotParsed: ...
