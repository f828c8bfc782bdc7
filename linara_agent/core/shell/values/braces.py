"""Brace expansion, step by step as bash does it.

Source: `braces.c` of bash 5.2 (`brace_expand`, `brace_gobbler`, `expand_seqterm`);
its oddities are kept: `{a},b}` gives `a}` and `b`, `{1..2` stays, `{}` is plain.
"""

import re
from itertools import product

_MOST_WORDS = 1000
_MOST_BRACES = 100
_INTEGER = r"[-+]?\d+"
_NUMBERS = re.compile(rf"({_INTEGER})\.\.({_INTEGER})(?:\.\.({_INTEGER}))?")
_LETTERS = re.compile(rf"([A-Za-z])\.\.([A-Za-z])(?:\.\.({_INTEGER}))?")
_LONGEST_NUMBER = 15
_BLANKS = ("", " ", "\t", "\n")


class TooManyWords(Exception):
    """The expansion is not worth its size, or is not known for certain."""


def expand_braces(text: str) -> tuple[str, ...]:
    """The words that an unquoted literal expands to; raises TooManyWords.

    Whatever is quoted in it or is an expansion must have been replaced by letters
    that mean nothing here.
    """
    if "{" not in text:
        return (text,)
    if text.count("{") > _MOST_BRACES:
        raise TooManyWords
    opened = _opening(text)
    if opened is None:
        return (text,)
    closed = _seek(text, opened + 1, "}")
    inside, rest = text[opened + 1 : closed], text[closed + 1 :]
    middle: tuple[str, ...]
    if _has_comma(inside):
        middle = _items(inside)
    else:
        sequence = _sequence(inside)
        if sequence is None and not rest:
            return (text,)
        middle = (text[opened : closed + 1],) if sequence is None else sequence
    tails = expand_braces(rest) if rest else ("",)
    if len(middle) * len(tails) > _MOST_WORDS:
        raise TooManyWords
    return tuple(text[:opened] + m + t for m, t in product(middle, tails))


def _opening(text: str) -> int | None:
    """Where the first brace opens that something closes."""
    start = 0
    while True:
        found = _seek(text, start, "{")
        if found == len(text):
            return None
        if _seek(text, found + 1, "}") < len(text):
            return found
        start = found + 1


def _seek(text: str, start: int, wanted: str) -> int:
    """The index of the wanted character outside inner braces, else the length.

    A closing brace counts only after a comma or `..` of the same level.
    """
    level = 0
    separated = wanted != "}"
    index = start
    while index < len(text):
        char = text[index]
        if char == "\\" or text.startswith("${", index):
            level += char == "$"
            index += 2
            continue
        if char == wanted and not level and separated:
            if char != "{" or not _is_plain(text, index):
                return index
        elif char == "{":
            level += 1
        elif char == "}" and level:
            level -= 1
        elif not level and not separated:
            separated = _separates(text, index)
        index += 1
    return len(text)


def _is_plain(text: str, index: int) -> bool:
    """A brace that stands alone between blanks, or `{}` after one, is plain text."""
    before = text[index - 1] if index else ""
    return before in _BLANKS and text[index + 1 : index + 2] in (*_BLANKS, "}")


def _separates(text: str, index: int) -> bool:
    if text[index] == ",":
        return True
    return text.startswith("..", index) and text[index + 2 : index + 3] != "}"


def _has_comma(inside: str) -> bool:
    return "," in re.sub(r"\\.", "", inside, flags=re.DOTALL)


def _items(inside: str) -> tuple[str, ...]:
    words: list[str] = []
    start = 0
    while start <= len(inside):
        end = _seek(inside, start, ",")
        words += expand_braces(inside[start:end])
        if len(words) > _MOST_WORDS:
            raise TooManyWords
        start = end + 1
    return tuple(words)


def _sequence(text: str) -> tuple[str, ...] | None:
    """`1..5`, `a..e`, with a step or without; None if it is none."""
    letters = _LETTERS.fullmatch(text)
    if letters is not None:
        first, last, step = letters.groups()
        if first.islower() != last.islower():
            raise TooManyWords  # punctuation stands between the two alphabets
        return tuple(chr(n) for n in _range(ord(first), ord(last), step))
    numbers = _NUMBERS.fullmatch(text)
    if numbers is None:
        return None
    first, last, step = numbers.groups()
    if max(len(first), len(last), len(step or "")) > _LONGEST_NUMBER:
        raise TooManyWords
    padded = any(re.match(r"0\d|-0", side) for side in (first, last))
    width = max(len(first), len(last)) if padded else 0
    return tuple(f"{n:0{width}d}" for n in _range(int(first), int(last), step))


def _range(first: int, last: int, step: str | None) -> range:
    stride = abs(int(step or 1)) or 1
    if abs(last - first) // stride > _MOST_WORDS:
        raise TooManyWords
    if first <= last:
        return range(first, last + 1, stride)
    return range(first, last - 1, -stride)
