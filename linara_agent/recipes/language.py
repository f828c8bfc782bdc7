"""What the recipes know of English: synonyms, courtesies, numbers, endings.

All of it is data (`data/language.toml`); this module gives it its shape.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

Phrase = tuple[str, ...]


class LanguageFile(BaseModel):
    """`data/language.toml` as written; a phrase is words separated by blanks.

    `fillers` may stand before any word of a phrasing. A name of several words
    that was not put in quotes holds none of `breaks` and begins with none of
    `articles`. `names_nothing` are words that are never a value by themselves.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    openings: tuple[str, ...]
    closings: tuple[str, ...]
    fillers: tuple[str, ...]
    articles: tuple[str, ...]
    breaks: tuple[str, ...]
    negations: tuple[str, ...]
    names_nothing: tuple[str, ...]
    may_be_left_out: tuple[str, ...]
    suffixes: tuple[str, ...]
    numbers: dict[str, int]
    units_of_size: dict[str, str]
    units_of_days: dict[str, int]
    units_of_minutes: dict[str, int]
    places_here: tuple[str, ...]
    places_home: dict[str, str]
    synonyms: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """`file` with its phrases split and its synonyms turned round."""

    file: LanguageFile
    openings: tuple[Phrase, ...]
    closings: tuple[Phrase, ...]
    fillers: frozenset[str]
    articles: frozenset[str]
    breaks: frozenset[str]
    negations: frozenset[str]
    names_nothing: frozenset[str]
    may_be_left_out: frozenset[str]
    suffixes: frozenset[str]
    words: dict[str, str]
    long_words: dict[str, tuple[tuple[Phrase, str], ...]]

    def canonical(self, word: str) -> str:
        """The one word that stands for all its synonyms."""
        return self.words.get(word, word)

    def readings(self, plain: Phrase, at: int) -> Iterator[tuple[str, int]]:
        """Canonical words that can begin at `at`, each with its length in words."""
        yield self.canonical(plain[at]), 1
        for phrase, word in self.long_words.get(plain[at], ()):
            if plain[at : at + len(phrase)] == phrase:
                yield word, len(phrase)


def build_language(file: LanguageFile) -> Language:
    """Raises ValueError when one word stands for two different ones."""
    words: dict[str, str] = {}
    long_words: dict[str, list[tuple[Phrase, str]]] = {}
    for canonical, synonyms in file.synonyms.items():
        for phrase in (_phrase(synonym) for synonym in synonyms):
            if len(phrase) > 1:
                long_words.setdefault(phrase[0], []).append((phrase, canonical))
            elif words.setdefault(phrase[0], canonical) != canonical:
                both = f"{words[phrase[0]]!r} and {canonical!r}"
                raise ValueError(f"synonyms: {phrase[0]!r} stands for {both}")
    return Language(
        file=file,
        openings=_phrases(file.openings),
        closings=_phrases(file.closings),
        fillers=frozenset(file.fillers),
        articles=frozenset(file.articles),
        breaks=frozenset(file.breaks),
        negations=frozenset(file.negations),
        names_nothing=frozenset(file.names_nothing),
        may_be_left_out=frozenset(file.may_be_left_out),
        suffixes=frozenset(file.suffixes),
        words=words,
        long_words={first: tuple(found) for first, found in long_words.items()},
    )


def _phrase(words: str) -> Phrase:
    return tuple(words.split())


def _phrases(lines: tuple[str, ...]) -> tuple[Phrase, ...]:
    """Longest first, so that `could you please` wins over `could you`."""
    return tuple(sorted((_phrase(line) for line in lines), key=len, reverse=True))
