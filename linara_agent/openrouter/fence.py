"""Fenced code blocks, as CommonMark 0.31 section 4.5 has them.

The opening line is three or more backticks or tildes, at most three blanks in,
and a language; the closing line has at least as many of the same and no more.
"""

import re
from dataclasses import dataclass

_OPENING = re.compile(r" {0,3}(?P<fence>`{3,}+|~{3,}+)[ \t]*+(?P<info>[^`\n]*)")
_ONE_LINE = re.compile(r"\s*```(?P<code>[^`\n]+)```\s*")


_DEEPEST = 3
_ENOUGH = 2
"""More than one block is one too many, however many follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """`before` and `after` are the texts around it; `language` in lower case."""

    language: str
    content: str
    before: str
    after: str


class Unclosed(ValueError):
    """A block has no end."""


def blocks(text: str) -> tuple[Block, ...]:
    """The first two fenced blocks of a text, if it has any; raises Unclosed."""
    if (single := _ONE_LINE.fullmatch(text)) is not None:
        content = single["code"].strip()
        return (Block(language="", content=content, before="", after=""),)
    lines = text.split("\n")
    found: list[Block] = []
    number = 0
    while number < len(lines) and len(found) < _ENOUGH:
        opening = _OPENING.fullmatch(lines[number])
        if opening is None:
            number += 1
            continue
        end = _closing(lines, number + 1, opening["fence"])
        info = opening["info"].split()
        found.append(
            Block(
                language=info[0].lower() if info else "",
                content="\n".join(lines[number + 1 : end]),
                before="\n".join(lines[:number]),
                after="\n".join(lines[end + 1 :]),
            )
        )
        number = end + 1
    return tuple(found)


def _closing(lines: list[str], start: int, fence: str) -> int:
    for number in range(start, len(lines)):
        line = lines[number].rstrip(" \t")
        sign = line.lstrip(" ")
        if len(line) - len(sign) > _DEEPEST or len(sign) < len(fence):
            continue
        if sign.count(fence[0]) == len(sign):
            return number
    raise Unclosed("a fenced block has no closing line")
