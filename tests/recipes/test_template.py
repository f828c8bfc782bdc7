"""A value is one literal word of the command, whatever it holds."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linara_agent.recipes.recipe import Recipe, load_shelf
from linara_agent.recipes.template import (
    FILTERS,
    fill_command,
    fill_plain,
    places_of,
)

SHFMT = Path(sys.executable).parent / "shfmt"
RECIPES = load_shelf().recipes
NASTY = (
    "a b;c&d|e>f<g(h)i$(touch /x)`id`${HOME}*?[x]{1,2}~!#%^=\\'\"\\\n\té—x",
    "'; rm -rf / #",
    '" && id "',
    "-rf",
    "$'\\x41'",
    "\\",
    "",
)
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


def words_of(command: str) -> list[str]:
    """Every word of the command that a reader can know, in order."""
    run = subprocess.run(
        [SHFMT, "--to-json", "-ln", "bash"],
        input=command.encode(),
        capture_output=True,
        check=True,
    )
    found: list[str] = []

    def walk(node: Any) -> None:
        if isinstance(node, list):
            for item in node:
                walk(item)
        elif isinstance(node, dict):
            parts = node.get("Parts")
            if parts is not None and node.get("Type") != "DblQuoted":
                found.append("".join(literal(part) for part in parts))
                return
            for item in node.values():
                walk(item)

    walk(json.loads(run.stdout))
    return found


def literal(part: dict[str, Any]) -> str:
    match part["Type"]:
        case "Lit" | "SglQuoted":
            assert not part.get("Dollar")
            return str(part.get("Value", ""))
        case "DblQuoted":
            return "".join(literal(inner) for inner in part["Parts"])
        case other:
            raise AssertionError(f"{other} is not literal")


def known_names(recipe: Recipe) -> frozenset[str]:
    return places_of(recipe.entry.command)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.id)
def test_every_command_holds_its_values_as_words(recipe: Recipe):
    """Bash and shfmt read each command, and find nasty values as literal words."""
    command = recipe.entry.command
    marks = {name: f"MARK{name}MARK" for name in known_names(recipe)}
    plain = words_of(fill_command(command, values=marks, words={}))
    for nasty in NASTY if marks else NASTY[:1]:
        filled = fill_command(command, values=dict.fromkeys(marks, nasty), words={})
        expected = []
        for word in plain:
            for mark in marks.values():
                word = word.replace(mark, nasty)  # noqa: PLW2901 — one after the other
            expected.append(word)
        assert words_of(filled) == expected
        subprocess.run(["bash", "-n"], input=filled.encode(), check=True)


@pytest.mark.parametrize(
    "recipe", [r for r in RECIPES if r.entry.words], ids=lambda recipe: recipe.id
)
def test_composed_words_stay_one_word(recipe: Recipe):
    """A word that is put together from values is quoted as a whole."""
    names = {name for word in recipe.entry.words.values() for name in places_of(word)}
    values = dict.fromkeys(names | known_names(recipe), "7")
    loose = {n for n in names if "{" + n + "|plus_one}" not in str(recipe.entry.words)}
    values |= dict.fromkeys(loose, "a b'$(id)")
    words = recipe.entry.words
    filled = words_of(fill_command(recipe.entry.command, values=values, words=words))
    for name in words.keys() & known_names(recipe):
        composed = fill_plain(words[name], values)
        assert any(word.endswith(composed) for word in filled)


@settings(max_examples=60, deadline=None)
@given(st.lists(ANY_TEXT, min_size=1, max_size=4))
def test_bash_receives_the_value_unchanged(values: list[str]):
    """Bash hands each value to the program as exactly one argument."""
    names = "abcd"[: len(values)]
    template = r"printf '%s\0' " + " ".join(f"{{{name}}}" for name in names)
    command = fill_command(
        template, values=dict(zip(names, values, strict=True)), words={}
    )
    run = subprocess.run(["bash", "-c", command], capture_output=True, check=True)
    assert run.stdout == b"".join(value.encode() + b"\0" for value in values)


LINE = st.text(
    st.characters(exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=12
)


@settings(max_examples=50, deadline=None)
@given(LINE, LINE)
def test_sed_takes_both_sides_literally(old: str, new: str):
    """A replacement changes the text itself and nothing that looks like a pattern."""
    values = {"old": old, "new": new}
    word = {"p": "s/{old|basic_regex}/{new|replacement}/g"}
    command = fill_command("sed {p}", values=values, words=word)
    text = f"<{old}> x.*x {old}\n"
    run = subprocess.run(
        ["bash", "-c", command],
        input=text.encode(),
        capture_output=True,
        check=True,
        env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
    )
    assert run.stdout.decode() == text.rstrip("\n").replace(old, new) + "\n"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("literal_glob", "a*[b]?\\", "a\\*\\[b\\]\\?\\\\"),
        ("basic_regex", "a.b/c+", "a\\.b\\/c+"),
        ("replacement", "a&b/c\\", "a\\&b\\/c\\\\"),
        ("extended_regex", "c++", "c\\+\\+"),
        ("stem", "photos//", "photos"),
        ("stem", "/", "/"),
        ("plus_one", "9", "10"),
    ],
)
def test_filters(name: str, value: str, expected: str):
    """Each filter makes exactly this of its value."""
    assert FILTERS[name](value) == expected
