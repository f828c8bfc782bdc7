"""Finding the recipe whose phrasing explains every word of a sentence."""

from collections.abc import Iterable
from dataclasses import dataclass

from linara_agent.recipes.phrasing import Setting, matches
from linara_agent.recipes.recipe import Recipe, Shelf
from linara_agent.recipes.sentence import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The sentence read as one recipe; see Match for the two numbers."""

    recipe: Recipe
    values: tuple[tuple[str, str], ...]
    literals: int
    precision: int = 0

    @property
    def rank(self) -> tuple[int, int]:
        return self.literals, self.precision


def exact_readings(
    shelf: Shelf,
    sentence: Sentence,
    *,
    home: str,
    recipes: Iterable[Recipe] | None = None,
) -> tuple[Reading, ...]:
    """The readings that take the fewest words for values; several are a tie.

    Among equals, the more particular kinds of slots win: a number is rather a
    process's number than its name.
    """
    found: dict[tuple[str, tuple[tuple[str, str], ...]], Reading] = {}
    for recipe in shelf.recipes if recipes is None else recipes:
        for reading in _readings(recipe, shelf, sentence, home):
            known = found.setdefault((recipe.id, reading.values), reading)
            if reading.rank > known.rank:
                found[recipe.id, reading.values] = reading
    best = max((reading.rank for reading in found.values()), default=(0, 0))
    return tuple(reading for reading in found.values() if reading.rank == best)


def _readings(
    recipe: Recipe, shelf: Shelf, sentence: Sentence, home: str
) -> Iterable[Reading]:
    setting = Setting(
        home=home, language=shelf.language, careful=recipe.entry.destructive
    )
    for phrasing in recipe.phrasings:
        for match in matches(phrasing, sentence, setting):
            yield Reading(
                recipe=recipe,
                values=tuple(sorted(match.values)),
                literals=match.literals,
                precision=match.precision,
            )
