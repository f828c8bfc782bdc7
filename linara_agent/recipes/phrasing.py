"""One way to say what a recipe does, and how it is recognised.

A phrasing is words with `{slot}` or `{slot:kind}`, `(one|another)` and
`[optional|words]`. The kind of a slot is its name unless it is given.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from linara_agent.recipes.language import Language
from linara_agent.recipes.sentence import Sentence
from linara_agent.recipes.slots import (
    KINDS,
    LONGEST_VALUE,
    PRECISION,
    SEVERAL_WORDS,
    Piece,
)


@dataclass(frozen=True, slots=True)
class Literal:
    """A word of the phrasing under its canonical name."""

    word: str


@dataclass(frozen=True, slots=True)
class Slot:
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Exactly one of the options; an empty one makes the whole optional."""

    options: tuple["Elements", ...]


Element = Literal | Slot | Choice
Elements = tuple[Element, ...]

_MARK = re.compile(r"\s*([\[\](|)]|\{[a-z_]+(?::[a-z]+)?\}|[^\s\[\](|){}]+|\S)")
_CLOSING = {"[": "]", "(": ")"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a match depends on besides the words."""

    home: str
    language: Language
    careful: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Values by slot.

    `literals` counts the typed words that the phrasing itself explains, and
    `precision` how particular the kinds of the filled slots are.
    """

    values: tuple[tuple[str, str], ...]
    literals: int
    precision: int


class PhrasingProblem(ValueError):
    """The phrasing is not written after the rules above."""


def parse_phrasing(text: str, language: Language) -> Elements:
    """Raises PhrasingProblem."""
    marks = _MARK.findall(text)
    marks.reverse()
    elements = _sequence(marks, language)
    if marks:
        raise PhrasingProblem(f"{marks[-1]!r} is out of place in {text!r}")
    if not elements:
        raise PhrasingProblem("a phrasing has no words")
    return elements


def slots_of(elements: Elements) -> tuple[frozenset[str], frozenset[str]]:
    """Names of the slots that every reading fills, and of those that any does."""
    always = frozenset(e.name for e in elements if isinstance(e, Slot))
    ever = always
    for element in elements:
        if isinstance(element, Choice):
            inner = [slots_of(option) for option in element.options]
            always |= frozenset.intersection(*(known for known, _ in inner))
            ever = ever.union(*(known for _, known in inner))
    return always, ever


def variants(elements: Elements) -> Iterator[tuple[Literal | Slot, ...]]:
    """Every straight way through the choices."""
    ways: list[list[tuple[Literal | Slot, ...]]] = []
    for element in elements:
        if isinstance(element, Choice):
            ways.append([way for option in element.options for way in variants(option)])
        else:
            ways.append([(element,)])
    for chosen in product(*ways):
        yield tuple(element for part in chosen for element in part)


def matches(
    elements: Elements, sentence: Sentence, setting: Setting
) -> Iterator[Match]:
    """Every way in which the whole sentence can be read as this phrasing."""
    walk = _Walk(sentence=sentence, setting=setting)
    for slots, literals in walk.along(elements, 0):
        yield Match(
            values=tuple((slot.name, value) for slot, value in slots),
            literals=literals,
            precision=sum(PRECISION.get(slot.kind, 0) for slot, _ in slots),
        )


def _sequence(marks: list[str], language: Language) -> Elements:
    """Take elements off the end of the reversed `marks`, up to a bracket's end."""
    elements: list[Element] = []
    while marks and marks[-1] not in "])|":
        mark = marks.pop()
        if mark in _CLOSING:
            elements.append(_choice(mark, marks, language))
        elif mark[0] == "{":
            elements.append(_slot(mark))
        else:
            elements.append(Literal(language.canonical(mark)))
    return tuple(elements)


def _choice(opening: str, marks: list[str], language: Language) -> Choice:
    options: list[Elements] = []
    last = "|"
    while last == "|":
        option = _sequence(marks, language)
        if not option:
            raise PhrasingProblem(f"an option after {opening!r} is empty")
        options.append(option)
        last = marks.pop() if marks else ""
    if last != _CLOSING[opening]:
        raise PhrasingProblem(f"{opening!r} is not closed")
    if opening == "[":
        options.append(())
    return Choice(tuple(options))


def _slot(mark: str) -> Slot:
    name, _, kind = mark.strip("{}").partition(":")
    if not name or (kind or name) not in KINDS:
        raise PhrasingProblem(f"{mark} names no kind of slot")
    return Slot(name, kind or name)


_Found = tuple[tuple[tuple[Slot, str], ...], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    sentence: Sentence
    setting: Setting

    def along(self, elements: Elements, at: int) -> Iterator[_Found]:
        """Readings of everything from token `at` on as these elements."""
        if not elements:
            if at == len(self.sentence.tokens):
                yield (), 0
            return
        first, rest = elements[0], elements[1:]
        match first:
            case Literal(word):
                yield from self._literal(word, elements, at)
            case Slot():
                yield from self._slot(first, rest, at)
            case Choice(options):
                for option in options:
                    yield from self.along((*option, *rest), at)

    def _literal(self, word: str, elements: Elements, at: int) -> Iterator[_Found]:
        if at >= len(self.sentence.tokens):
            return
        for reading, length in self.sentence.readings[at]:
            if reading == word:
                for values, literals in self.along(elements[1:], at + length):
                    yield values, literals + length
        token = self.sentence.tokens[at]
        if not token.quoted and token.plain in self.setting.language.fillers:
            yield from self.along(elements, at + 1)

    def _slot(self, slot: Slot, rest: Elements, at: int) -> Iterator[_Found]:
        longest = LONGEST_VALUE if slot.kind in SEVERAL_WORDS else 1
        for end in range(at + 1, min(at + longest, len(self.sentence.tokens)) + 1):
            piece = self._piece(at, end)
            value = KINDS[slot.kind](piece) if piece else None
            if value is None:
                continue
            for values, literals in self.along(rest, end):
                yield ((slot, value), *values), literals

    def _piece(self, start: int, end: int) -> Piece | None:
        tokens = self.sentence.tokens[start:end]
        if len(tokens) > 1 and any(token.quoted for token in tokens):
            return None
        at_end = end == len(self.sentence.tokens)
        return Piece(
            text=self.sentence.raw(start, end),
            words=tuple(token.text.lower() for token in tokens),
            quoted=tokens[0].quoted,
            home=self.setting.home,
            trimmed=self.sentence.trimmed and at_end,
            careful=self.setting.careful,
            language=self.setting.language,
        )
