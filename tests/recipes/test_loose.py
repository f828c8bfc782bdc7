"""Slips and another order are forgiven, guesses are not made."""

import pytest

from linara_agent.recipes.exact import Reading
from linara_agent.recipes.loose import LooseMatcher
from linara_agent.recipes.recipe import load_shelf
from linara_agent.recipes.sentence import read_sentence

SHELF = load_shelf()
MATCHER = LooseMatcher(SHELF)


def repaired(text: str) -> set[str]:
    sentence = read_sentence(text, SHELF.language)
    return {found.recipe.id for found in MATCHER.repaired(sentence, home="/home/ana")}


def nearly(text: str) -> Reading | None:
    return MATCHER.nearly(read_sentence(text, SHELF.language), home="/home/ana")


@pytest.mark.parametrize(
    ("text", "recipe"),
    [
        ("list running servces", "services.running"),
        ("finde files larger then 1.5 GB", "find.larger"),
        ("shwo memory usage", "system.memory"),
        ("count liness in notes.txt", "text.count-lines"),
        ("show kernle version", "system.kernel"),
    ],
)
def test_slips_of_the_pen(text: str, recipe: str):
    """A slip in a word of a phrasing is repaired."""
    assert repaired(text) == {recipe}


@pytest.mark.parametrize(
    "text",
    [
        "remvoe folder x",
        "clean tmep files",
        "klil process firefox",
        "empty the trahs",
        "show runnign srevices in lsit",
        "find piles larger than 5MB",
        'show "memroy" usage',
        "shwo mmeory uasge",
    ],
)
def test_what_is_not_repaired(text: str):
    """Nothing destructive, no short real word, no quotation, no third slip."""
    assert repaired(text) == set()


def test_repair_never_changes_a_value():
    """A value that looks like a slip stays as it was typed."""
    sentence = read_sentence("serch for fiels in notes.txt", SHELF.language)
    found = MATCHER.repaired(sentence, home="/home/ana")
    assert [dict(reading.values) for reading in found] == [
        {"path": "notes.txt", "text": "fiels"}
    ]


@pytest.mark.parametrize(
    ("text", "recipe", "values"),
    [
        ("disk usage show", "disk.free", {}),
        ("usage memory", "system.memory", {}),
        ("in /var find larger than 5MB files", "find.larger", {"size": "5M"}),
        ("8080 port what listens on", "network.port", {"port": "8080"}),
    ],
)
def test_another_order(text: str, recipe: str, values: dict[str, str]):
    """The same words in another order are the same recipe with the same values."""
    reading = nearly(text)
    assert reading is not None
    assert reading.recipe.id == recipe
    assert values.items() <= dict(reading.values).items()


@pytest.mark.parametrize(
    "text",
    [
        "files temp clean",
        "print my name",
        "memory leaks show",
        "show memory not",
        "usage",
        "show",
        "5MB",
        "80 90 port what listens on",
        "firefox process find",
        "folder old-photos remove",
    ],
)
def test_what_is_not_nearly_said(text: str):
    """Too little, too much, unclear values and destructive recipes are refused."""
    assert nearly(text) is None


def test_nearest_are_examples():
    """The nearest recipes are told by intents that they answer."""
    known = {recipe.entry.example for recipe in SHELF.recipes}
    found = MATCHER.nearest("count the lines", number=3)
    assert len(found) == 3
    assert set(found) <= known
    assert "count lines in notes.txt" in found
