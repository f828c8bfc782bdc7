"""One recipe, and the shelf of all of them as read from `data/*.toml`."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from linara_agent.errors import UsageProblem
from linara_agent.recipes.language import Language, LanguageFile, build_language
from linara_agent.recipes.phrasing import (
    Elements,
    PhrasingProblem,
    parse_phrasing,
    slots_of,
)
from linara_agent.recipes.template import (
    places_of,
    problems_of_command,
    problems_of_words,
)

DATA = Path(__file__).parent / "data"
SURROUNDINGS = frozenset({"me", "home", "temp"})
"""Places that are filled from the person's surroundings, never from the intent."""

_LANGUAGE = "language.toml"


class RecipeEntry(BaseModel):
    """A `[[recipe]]` as written.

    `example` is an intent that this recipe answers. A `destructive` recipe
    deletes, overwrites, ends or publishes something, and is never matched loosely.
    `defaults` are values of slots that a phrasing may leave out, `words` are
    composed words by name.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    id: str = Field(pattern=r"^[a-z]+\.[a-z0-9-]+$")
    sentence: str = Field(pattern=r"^[A-Z].*\.$")
    example: str = Field(min_length=3)
    phrasings: tuple[str, ...] = Field(min_length=1)
    command: str = Field(pattern=r"^\S[^\n]*\S$|^\S$")
    destructive: bool = False
    defaults: dict[str, str] = {}
    words: dict[str, str] = {}


class RecipeFile(BaseModel):
    """A file of recipes as written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    recipe: tuple[RecipeEntry, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A recipe with its phrasings read."""

    entry: RecipeEntry
    phrasings: tuple[Elements, ...]

    @property
    def id(self) -> str:
        return self.entry.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """All recipes and the language that their phrasings are read in."""

    recipes: tuple[Recipe, ...]
    language: Language


def load_shelf(directory: Path = DATA) -> Shelf:
    """Read and check every file; raises UsageProblem that names all problems."""
    problems: list[str] = []
    language = _load_language(directory / _LANGUAGE, problems)
    recipes: dict[str, Recipe] = {}
    for file in sorted(directory.glob("*.toml")):
        if file.name == _LANGUAGE or language is None:
            continue
        for entry in _load_entries(file, problems):
            recipe, found = _build(entry, language)
            problems += [f"{file.name}: {entry.id}: {problem}" for problem in found]
            if entry.id in recipes:
                problems.append(f"{file.name}: {entry.id}: the id is used twice")
            recipes[entry.id] = recipe
    if not problems and not recipes:
        problems.append(f"{directory.name}: there is no recipe")
    if problems or language is None:
        raise UsageProblem(
            "The recipes cannot be used: " + "; ".join(problems) + ".",
            not_done="No command was proposed.",
            remedy="Reinstall linara-agent, or give a command with `run`.",
        )
    return Shelf(recipes=tuple(recipes.values()), language=language)


def _load_language(file: Path, problems: list[str]) -> Language | None:
    try:
        written = LanguageFile.model_validate(tomllib.loads(file.read_text("utf-8")))
        return build_language(written)
    except ValidationError as exc:
        problems += _told(file, exc)
    except (OSError, ValueError) as exc:
        problems.append(f"{file.name}: {exc}")
    return None


def _load_entries(file: Path, problems: list[str]) -> tuple[RecipeEntry, ...]:
    try:
        written = tomllib.loads(file.read_text("utf-8"))
        return RecipeFile.model_validate(written).recipe
    except ValidationError as exc:
        problems += _told(file, exc)
    except (OSError, ValueError) as exc:
        problems.append(f"{file.name}: {exc}")
    return ()


def _told(file: Path, exc: ValidationError) -> list[str]:
    return [
        f"{file.name}: {'.'.join(str(part) for part in error['loc'])}: {error['msg']}"
        for error in exc.errors(include_url=False)
    ]


def _build(entry: RecipeEntry, language: Language) -> tuple[Recipe, list[str]]:
    problems = [*problems_of_command(entry.command), *problems_of_words(entry.words)]
    phrasings: list[Elements] = []
    for text in entry.phrasings:
        try:
            phrasing = parse_phrasing(text, language)
        except PhrasingProblem as exc:
            problems.append(str(exc))
            continue
        phrasings.append(phrasing)
        problems += [f"{text!r}: {found}" for found in _slot_problems(entry, phrasing)]
    return Recipe(entry=entry, phrasings=tuple(phrasings)), problems


def _slot_problems(entry: RecipeEntry, phrasing: Elements) -> list[str]:
    always, ever = slots_of(phrasing)
    composed = frozenset(entry.words)
    in_words = frozenset().union(*(places_of(word) for word in entry.words.values()))
    in_command = places_of(entry.command) - composed
    wanted = in_command | in_words | places_of(entry.sentence)
    given = always | frozenset(entry.defaults) | SURROUNDINGS
    problems = [f"nothing fills {{{name}}}" for name in sorted(wanted - given)]
    problems += [f"{{{name}}} is not used" for name in sorted(ever - wanted)]
    return problems
