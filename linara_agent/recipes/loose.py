"""Finding the recipe that a sentence nearly says.

Two steps, and neither is ever taken for a recipe that destroys something:
slips of the pen in the words of a phrasing are repaired; then the order of the
words, and a word left out, are forgiven. A value is only taken where its kind
is plain from itself (a size, a quoted name, a path), and a word that the
phrasing does not explain always refuses it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from linara_agent.recipes.exact import Reading, exact_readings
from linara_agent.recipes.phrasing import Choice, Element, Literal, Slot, variants
from linara_agent.recipes.recipe import Recipe, Shelf
from linara_agent.recipes.sentence import Sentence, reread
from linara_agent.recipes.slots import KINDS, Piece

_SCORE = 85.0
_MARGIN = 6.0
_SHORTEST_REPAIRED = 4
_SUBSTITUTION_FROM = 6
_TWO_SLIPS_FROM = 9
_MOST_REPAIRS = 2
_MOST_VARIANTS = 64
_LONGEST_TYPED = 4
_SELF_EVIDENT = ("size", "days", "minutes", "url", "count", "dir")
_CLASS_OF_KIND = {
    **{kind: kind for kind in ("size", "days", "minutes", "url")},
    **dict.fromkeys(("count", "port", "pid"), "count"),
    **dict.fromkeys(("path", "file", "document", "dir", "place"), "dir"),
    **dict.fromkeys(("tarball", "zipfile", "gzfile"), "dir"),
}
_IGNORED = frozenset(
    {"all", "me", "i", "do", "does", "there", "so", "really", "some", "of"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gist:
    """Words without order, and the values that speak for themselves by class."""

    words: tuple[str, ...]
    pieces: tuple[tuple[str, Piece], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Variant:
    recipe: Recipe
    words: tuple[str, ...]
    slots: tuple[Slot, ...]


class LooseMatcher:
    """Keeps the vocabulary of a shelf; built only when no phrasing fits exactly."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def repaired(self, sentence: Sentence, *, home: str) -> tuple[Reading, ...]:
        """Exact readings after one or two slips of the pen were repaired."""
        plain = tuple(
            self._repair(token.plain) if not token.quoted else token.plain
            for token in sentence.tokens
        )
        slips = sum(
            new != old.plain for new, old in zip(plain, sentence.tokens, strict=True)
        )
        if not 1 <= slips <= _MOST_REPAIRS:
            return ()
        again = reread(sentence, plain, self._shelf.language)
        readings = exact_readings(self._shelf, again, home=home)
        if any(reading.recipe.entry.destructive for reading in readings):
            return ()
        return tuple(r for r in readings if r.literals > slips)

    def nearly(self, sentence: Sentence, *, home: str) -> Reading | None:
        """The one recipe with the same words and values in another order."""
        gist = self._gist(sentence, home)
        ranked = self._ranked(gist)
        if not ranked or ranked[0][0] < _SCORE:
            return None
        score, best = ranked[0]
        rival = next((s for s, v in ranked if v.recipe.id != best.recipe.id), 0.0)
        if score - rival < _MARGIN or best.recipe.entry.destructive:
            return None
        values = _bind(best.slots, dict(gist.pieces))
        if values is None:
            return None
        return Reading(recipe=best.recipe, values=values, literals=len(gist.words))

    def nearest(self, text: str, *, number: int) -> tuple[str, ...]:
        """Examples of the recipes that look most like the text."""
        said = {r.entry.example: f"{r.entry.example} {r.entry.sentence}".lower()
                for r in self._shelf.recipes}  # fmt: skip
        found = process.extract(
            text.lower(), said, scorer=fuzz.token_set_ratio, limit=number
        )
        return tuple(example for _, _, example in found)

    @cached_property
    def _variants(self) -> tuple[_Variant, ...]:
        return tuple(
            variant
            for recipe in self._shelf.recipes
            for elements in recipe.phrasings
            for way in islice(variants(elements), _MOST_VARIANTS)
            if (variant := self._variant(recipe, way))
        )

    @cached_property
    def _vocabulary(self) -> frozenset[str]:
        """Words of phrasings and their synonyms: what a slip can be repaired to."""
        written = {
            word
            for recipe in self._shelf.recipes
            for elements in recipe.phrasings
            for word in _words(elements)
        }
        language = self._shelf.language
        return frozenset(written | set(language.words))

    @cached_property
    def _known(self) -> frozenset[str]:
        """Words that are no slips, whether or not a phrasing has them."""
        language = self._shelf.language
        return self._vocabulary | language.fillers | language.breaks | frozenset(
            {*language.negations, *language.names_nothing, *language.file.suffixes}
        )  # fmt: skip

    def _variant(
        self, recipe: Recipe, way: tuple[Literal | Slot, ...]
    ) -> _Variant | None:
        slots = tuple(element for element in way if isinstance(element, Slot))
        classes = [_CLASS_OF_KIND.get(slot.kind) for slot in slots]
        if None in classes or len(set(classes)) < len(classes):
            return None
        words = tuple(e.word for e in way if isinstance(e, Literal))
        kept = tuple(word for word in words if not self._ignored(word))
        return _Variant(recipe=recipe, words=kept, slots=slots)

    def _ignored(self, word: str) -> bool:
        return word in _IGNORED or word in self._shelf.language.fillers

    def _repair(self, word: str) -> str:
        if len(word) < _SHORTEST_REPAIRED or not word.isalpha() or word in self._known:
            return word
        slips = 2 if len(word) >= _TWO_SLIPS_FROM else 1
        near = [
            known
            for known in self._vocabulary
            if len(known) >= _SHORTEST_REPAIRED
            and known[0] == word[0]
            and OSA.distance(word, known, score_cutoff=slips) <= slips
            # A changed letter makes another word of a short one: piles, lives.
            and (len(word) >= _SUBSTITUTION_FROM or not _differ_by_letter(word, known))
        ]
        canonical = {self._shelf.language.canonical(known) for known in near}
        return near[0] if len(canonical) == 1 else word

    def _gist(self, sentence: Sentence, home: str) -> _Gist:
        words: list[str] = []
        pieces: list[tuple[str, Piece]] = []
        at = 0
        while at < len(sentence.tokens):
            typed = self._typed(sentence, at, home)
            if typed:
                kind, piece, length = typed
                pieces.append((kind, piece))
                at += length
                continue
            readings = sentence.readings[at] or ((sentence.tokens[at].plain, 1),)
            word, length = max(readings, key=lambda reading: reading[1])
            if length == 1:
                word = self._shelf.language.canonical(self._repair(word))
            if not self._ignored(word):
                words.append(word)
            at += length
        return _Gist(words=tuple(words), pieces=tuple(pieces))

    def _typed(
        self, sentence: Sentence, at: int, home: str
    ) -> tuple[str, Piece, int] | None:
        for length in range(min(_LONGEST_TYPED, len(sentence.tokens) - at), 0, -1):
            tokens = sentence.tokens[at : at + length]
            if length > 1 and any(token.quoted for token in tokens):
                continue
            piece = Piece(
                text=sentence.raw(at, at + length),
                words=tuple(token.text.lower() for token in tokens),
                quoted=tokens[0].quoted,
                home=home,
                trimmed=False,
                careful=False,
                language=self._shelf.language,
            )
            for kind in _SELF_EVIDENT:
                if KINDS[kind](piece) and _speaks_for_itself(kind, piece):
                    return kind, piece, length
        return None

    def _same_words(self, said: tuple[str, ...], written: tuple[str, ...]) -> bool:
        """Nothing that was said is unexplained, and nothing that matters unsaid."""
        left_out = set(written) - set(said)
        return (
            set(said) <= set(written)
            and left_out <= self._shelf.language.may_be_left_out
        )

    def _ranked(self, gist: _Gist) -> list[tuple[float, _Variant]]:
        if not gist.words:
            return []
        classes = sorted(kind for kind, _ in gist.pieces)
        said = " ".join(gist.words)
        scored = [
            (fuzz.token_sort_ratio(said, " ".join(variant.words)), variant)
            for variant in self._variants
            if sorted(_CLASS_OF_KIND[slot.kind] for slot in variant.slots) == classes
            and self._same_words(gist.words, variant.words)
        ]
        return sorted(scored, key=lambda pair: pair[0], reverse=True)


def _speaks_for_itself(kind: str, piece: Piece) -> bool:
    if kind == "count":
        return piece.text.isdigit()
    if kind != "dir" or piece.quoted:
        return True
    first = piece.text[0]
    return len(piece.words) == 1 and (first in "/~." or "/" in piece.text)


def _words(elements: tuple[Element, ...]) -> Iterator[str]:
    for element in elements:
        if isinstance(element, Literal):
            yield element.word
        elif isinstance(element, Choice):
            for option in element.options:
                yield from _words(option)


def _differ_by_letter(one: str, other: str) -> bool:
    different = sum(a != b for a, b in zip(one, other, strict=False))
    return len(one) == len(other) and different == 1


def _bind(
    slots: tuple[Slot, ...], pieces: Mapping[str, Piece]
) -> tuple[tuple[str, str], ...] | None:
    values = []
    for slot in slots:
        value = KINDS[slot.kind](pieces[_CLASS_OF_KIND[slot.kind]])
        if value is None:
            return None
        values.append((slot.name, value))
    return tuple(sorted(values))
