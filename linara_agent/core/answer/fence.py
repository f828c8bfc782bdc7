"""Fenced code blocks, as CommonMark 0.31 section 4.5 has them.

The opening line is three or more backticks or tildes and a language; the closing
line has at least as many of the same and no more. Unlike CommonMark, an opening may
be indented at will or follow the sign of a list item, because models write so; lines
that are indented less than their block are left as they are; and a line inside a
here-document of the block does not close it.
"""

import re
from dataclasses import dataclass

from linara_agent.core.shell.guards.glance import Looks, looks

_OPENING = re.compile(
    r"(?P<indent>[ \t]*+(?:(?:[-*+•]|\d{1,2}[.)])[ \t]+)?)"
    r"(?P<fence>`{3,}+|~{3,}+)[ \t]*+(?P<info>[^`\n]*)"
)
_ONE_LINE = re.compile(r"\s*```(?P<code>[^`\n]+)```\s*")
_LANGUAGE = re.compile(r"\{?[ ]*\.?(?:language-|lang-)?(?P<name>[^\s,:{}]*)")
_HERE = re.compile(r"<<-?[ \t]*(['\"]?)\\?([\w.+-]+)\1")

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
    last = {line.strip(): number for number, line in enumerate(lines)}
    found: list[Block] = []
    number = 0
    while number < len(lines) and len(found) < _ENOUGH:
        opening = _OPENING.fullmatch(lines[number])
        if opening is None:
            number += 1
            continue
        end = _closing(lines, number + 1, opening["fence"], last)
        language = _LANGUAGE.match(opening["info"])
        found.append(
            Block(
                language=language["name"].lower() if language else "",
                content=_content(lines[number + 1 : end], len(opening["indent"])),
                before="\n".join(lines[:number]),
                after="\n".join(lines[end + 1 :]),
            )
        )
        number = end + 1
    return tuple(found)


def _closing(lines: list[str], start: int, fence: str, last: dict[str, int]) -> int:
    waiting: list[str] = []  # delimiters of here-documents
    for number in range(start, len(lines)):
        line = lines[number].strip(" \t")
        if waiting:
            if line == waiting[0]:
                del waiting[0]
            continue
        if len(line) >= len(fence) and line.count(fence[0]) == len(line):
            return number
        delimiters = (match[2] for match in _HERE.finditer(line))
        waiting = [each for each in delimiters if last.get(each, 0) > number]
    raise Unclosed("a fenced block has no closing line")


def _content(lines: list[str], indent: int) -> str:
    """The lines without the indentation of the block, if all of them have it."""
    full = [line for line in lines if line.strip()]
    if any(line[:indent].strip() for line in full):
        return "\n".join(lines)
    return "\n".join(line[indent:] for line in lines)


def holds_fence(text: str) -> bool:
    """Three backquotes, or tildes at the start of a line, that are no plain data.

    Data are here-documents with a quoted delimiter, and comments.
    """
    if "```" not in text and "~~~" not in text:
        return False
    plain = (Looks.DATA, Looks.COMMENT)
    seen = looks(text)
    return any(
        seen[match.start(1)] not in plain
        for match in re.finditer(r"(```|(?:(?<=\n)|\A)[ \t]*~~~)", text)
    )


def is_quoted(text: str) -> bool:
    """The first fence seems to stand between quotes, not in prose."""
    # The apostrophe of "here's" is no quote.
    shell = re.sub(r"(?<=[A-Za-z])'(?=[A-Za-z])", "x", text)
    opening = re.search(r"^[ \t]*(?:```|~~~)", shell, re.MULTILINE)
    if opening is None:
        return False
    return looks(shell)[opening.end() - 1] == Looks.QUOTED
