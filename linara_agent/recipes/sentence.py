"""An intent as words: what was typed, and how each word can be read.

The spelling a person typed is kept for values; a lower-cased reading without
punctuation serves only to recognise the words of a phrasing.
"""

import re
from dataclasses import dataclass, replace

from linara_agent.recipes.language import Language

_PAIRS = (('"', '"'), ("'", "'"), ("“", "”"), ("\u2018", "\u2019"), ("«", "»"))
_QUOTED = "|".join(
    rf"{opening}([^{closing}]*){closing}(?=[?!.,;:]*(?:\s|$))"
    for opening, closing in _PAIRS
)
_TOKEN = re.compile(rf"{_QUOTED}|\S+")
_TRAILING_MARKS = re.compile(r"[?!.,;:]+(?=\s|$)")
_OPENING_QUOTES = tuple(opening for opening, _ in _PAIRS)
_CONTRACTION = re.compile(r"(what|who|where|how|when)['\u2019](s|re)", re.IGNORECASE)
_FULL_VERB = {"s": "is", "re": "are"}
_END_OF_SENTENCE = re.compile(r"(?<=\w)[?.!]$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """`text` is the value as typed, without quotation marks; `plain` is for reading."""

    text: str
    plain: str
    start: int
    end: int
    quoted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """`readings[i]` lists (canonical word, number of tokens it takes) at token i.

    `trimmed` tells that a final mark was taken off the last word, which may
    have been a part of a name. `stray_quote` tells that a mark was not closed.
    """

    text: str
    tokens: tuple[Token, ...]
    readings: tuple[tuple[tuple[str, int], ...], ...]
    trimmed: bool = False
    stray_quote: bool = False

    def raw(self, start: int, end: int) -> str:
        """What was typed from token `start` up to, not including, token `end`."""
        first, last = self.tokens[start], self.tokens[end - 1]
        return first.text if end - start == 1 else self.text[first.start : last.end]


def read_sentence(text: str, language: Language) -> Sentence:
    """Split into words, drop polite openings and closings, and look words up."""
    tokens, trimmed = _trim_end(_tokens(text))
    tokens = _without_courtesies(tokens, language)
    stray = any(not t.quoted and t.text.startswith(_OPENING_QUOTES) for t in tokens)
    return Sentence(
        text=text,
        tokens=tokens,
        readings=_readings(tokens, language),
        trimmed=trimmed,
        stray_quote=stray,
    )


def reread(sentence: Sentence, plain: tuple[str, ...], language: Language) -> Sentence:
    """The same typed words under another reading of each."""
    tokens = tuple(
        replace(token, plain=word)
        for token, word in zip(sentence.tokens, plain, strict=True)
    )
    return replace(sentence, tokens=tokens, readings=_readings(tokens, language))


def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = []
    at = 0
    while found := _TOKEN.search(text, at):
        at = found.end()
        inner = next((group for group in found.groups() if group is not None), None)
        if inner is None:
            tokens.extend(_bare(found[0], found.start()))
            continue
        tokens.append(
            Token(text=inner, plain="", start=found.start(), end=at, quoted=True)
        )
        # Marks right behind a quotation end a clause and are nobody's name.
        if marks := _TRAILING_MARKS.match(text, at):
            at = marks.end()
    return tokens


def _bare(word: str, start: int) -> list[Token]:
    end = start + len(word)
    if split := _CONTRACTION.fullmatch(word.rstrip("?!.,;:")):
        parts = (split[1].lower(), _FULL_VERB[split[2].lower()])
        return [Token(text=word, plain=p, start=start, end=end) for p in parts]
    lowered = word.lower()
    plain = lowered.rstrip("?!.,;:") or lowered
    return [Token(text=word, plain=plain, start=start, end=end)]


def _trim_end(tokens: list[Token]) -> tuple[tuple[Token, ...], bool]:
    if not tokens or tokens[-1].quoted:
        return tuple(tokens), False
    last = tokens[-1]
    text = _END_OF_SENTENCE.sub("", last.text)
    if text == last.text:
        return tuple(tokens), False
    shorter = replace(last, text=text, end=last.end - 1)
    return (*tokens[:-1], shorter), True


def _without_courtesies(
    tokens: tuple[Token, ...], language: Language
) -> tuple[Token, ...]:
    changed = True
    while changed:
        changed = False
        for phrase in language.openings:
            if len(tokens) > len(phrase) and _plain(tokens[: len(phrase)]) == phrase:
                tokens, changed = tokens[len(phrase) :], True
        for phrase in language.closings:
            if len(tokens) > len(phrase) and _plain(tokens[-len(phrase) :]) == phrase:
                tokens, changed = tokens[: -len(phrase)], True
    return tokens


def _plain(tokens: tuple[Token, ...]) -> tuple[str, ...]:
    return tuple(token.plain for token in tokens)


def _readings(
    tokens: tuple[Token, ...], language: Language
) -> tuple[tuple[tuple[str, int], ...], ...]:
    plain = _plain(tokens)
    return tuple(
        () if token.quoted else tuple(language.readings(plain, at))
        for at, token in enumerate(tokens)
    )
