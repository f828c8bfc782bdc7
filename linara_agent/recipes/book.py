"""Proposals without a model: the recipe that fits an intent, or none at all."""

import unicodedata
from functools import cached_property
from pathlib import Path

from linara_agent.core.intent import Intent
from linara_agent.core.proposal import Origin, Proposal
from linara_agent.errors import ProposalUnavailable
from linara_agent.recipes.exact import Reading, exact_readings
from linara_agent.recipes.loose import LooseMatcher
from linara_agent.recipes.recipe import DATA, Recipe, Shelf, load_shelf
from linara_agent.recipes.sentence import Sentence, read_sentence
from linara_agent.recipes.template import fill_command, fill_plain

HOW_TO_CONFIGURE_A_KEY = (
    "store a key in the keyring (`linara-agent key set`), or set OPENROUTER_API_KEY "
    "in the environment or in .env"
)

LONGEST_INTENT = 1000
"""Characters; nobody says a daily task in more."""

MOST_WORDS = 60

_FIRST_EXAMPLES = (
    "clean temp files",
    "what fills my disk",
    "find files larger than 100MB",
)
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SHOWN_CHARACTERS = 80
_NEAREST = 3
_THIS_FOLDER = {".": "this folder"}


class RecipeBook:
    """A Proposer that works offline.

    `user` (a name or a number) and `temp` (an absolute path) say whose files in
    which directory are meant by temp files. The data is read at the first use.
    """

    def __init__(self, *, user: str, temp: str, directory: Path = DATA) -> None:
        self._user = user
        self._temp = temp
        self._directory = directory

    def propose(self, intent: Intent) -> Proposal:
        """Raises ProposalUnavailable, and UsageProblem if the data is broken."""
        reason = _unusable(intent.words)
        if reason:
            raise self._refusal(reason, intent.words, examples=_FIRST_EXAMPLES)
        sentence = read_sentence(intent.words, self._shelf.language)
        if sentence.stray_quote:
            what = "A quotation mark in the intent is not closed."
            raise self._refusal(what, intent.words)
        if len(sentence.tokens) > MOST_WORDS:
            what = f"The intent has more than {MOST_WORDS} words."
            raise self._refusal(what, intent.words, examples=_FIRST_EXAMPLES)
        return self._proposal(self._reading(sentence, intent), intent)

    def examples(self) -> tuple[tuple[str, str, str], ...]:
        """(recipe id, an intent it answers, what it does) of every recipe."""
        return tuple(
            (recipe.id, recipe.entry.example, recipe.entry.sentence)
            for recipe in self._shelf.recipes
        )

    @cached_property
    def _shelf(self) -> Shelf:
        return load_shelf(self._directory)

    @cached_property
    def _loose(self) -> LooseMatcher:
        return LooseMatcher(self._shelf)

    def _reading(self, sentence: Sentence, intent: Intent) -> Reading:
        readings = exact_readings(self._shelf, sentence, home=intent.home)
        if readings:
            return self._only(readings, intent)
        readings = self._loose.repaired(sentence, home=intent.home)
        if readings:
            return self._only(readings, intent)
        reading = self._loose.nearly(sentence, home=intent.home)
        if reading is None:
            what = f"No offline recipe fits {_shown(intent.words)} well."
            if sentence.trimmed:
                what += (
                    " Its final mark may belong to a name: leave it out or quote it."
                )
            raise self._refusal(what, intent.words)
        return reading

    def _only(self, readings: tuple[Reading, ...], intent: Intent) -> Reading:
        commands = {self._command(reading, intent) for reading in readings}
        if len(commands) > 1:
            what = f"More than one reading of {_shown(intent.words)} is possible."
            examples = tuple(dict.fromkeys(r.recipe.entry.example for r in readings))
            raise self._refusal(what, intent.words, examples=examples[:_NEAREST])
        return readings[0]

    def _proposal(self, reading: Reading, intent: Intent) -> Proposal:
        recipe = reading.recipe
        values = self._values(recipe, reading.values, intent)
        return Proposal(
            text=self._command(reading, intent),
            origin=Origin.RECIPE,
            source=recipe.id,
            rationale=fill_plain(
                recipe.entry.sentence,
                {
                    name: _THIS_FOLDER.get(value, value)
                    for name, value in values.items()
                },
            ),
            notice=(
                f"This command comes from the offline recipe {recipe.id}, not from a "
                f"model. To ask a model instead, {HOW_TO_CONFIGURE_A_KEY}."
            ),
        )

    def _command(self, reading: Reading, intent: Intent) -> str:
        entry = reading.recipe.entry
        values = self._values(reading.recipe, reading.values, intent)
        return fill_command(entry.command, values=values, words=entry.words)

    def _values(
        self, recipe: Recipe, values: tuple[tuple[str, str], ...], intent: Intent
    ) -> dict[str, str]:
        surroundings = {"me": self._user, "temp": self._temp, "home": intent.home}
        return {**surroundings, **recipe.entry.defaults, **dict(values)}

    def _refusal(
        self, what: str, words: str, *, examples: tuple[str, ...] = ()
    ) -> ProposalUnavailable:
        nearest = self._loose.nearest(words[:_SHOWN_CHARACTERS], number=_NEAREST)
        typed = " ".join(f"“{example}”" for example in examples or nearest)
        return ProposalUnavailable(
            what,
            not_done="No command was proposed, and nothing ran.",
            remedy=(
                f"Say it like one of these, with names that have spaces in quotes: "
                f"{typed}. Or let a model answer: {HOW_TO_CONFIGURE_A_KEY}."
            ),
        )


def _unusable(words: str) -> str | None:
    if not words.strip():
        return "The intent is empty."
    if len(words) > LONGEST_INTENT:
        return f"The intent is longer than {LONGEST_INTENT} characters."
    if any(unicodedata.category(char) in _UNSEEN for char in words):
        return "The intent has a line break or a character that cannot be seen."
    return None


def _shown(words: str) -> str:
    text = words.strip()
    short = text[:_SHOWN_CHARACTERS].rstrip() + "…"
    return f"“{text if len(text) <= _SHOWN_CHARACTERS else short}”"
