"""Which characters of a command deceive."""

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linara_agent.core.shell.guards.characters import (
    Deception,
    deceptions,
    hidden,
    lookalike,
)
from linara_agent.core.shell.guards.lookalikes import ROUGH, SAME, SIGNS, STROKES

CORPUS = Path(__file__).parents[3] / "corpus" / "shell"


PLAIN = [
    json.loads(line)["script"]
    for line in (CORPUS / "plain_characters.jsonl").read_text().splitlines()
]


def places(text: str) -> list[int]:
    return [found.position for found in deceptions(text)]


def test_no_control_or_format_character_is_legible():
    """Every control, format and separator character but three is objected to."""
    hiding = [
        char
        for char in map(chr, range(0x110000))
        if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp", "Zs")
    ]
    assert [char for char in hiding if hidden(char) is None] == ["\t", "\n", " "]


def test_every_printable_ascii_character_is_plain():
    """Nothing that a keyboard types is objected to, and none looks like another."""
    ascii_ = "".join(map(chr, range(0x20, 0x7F)))
    assert [char for char in ascii_ if hidden(char) or lookalike(char)] == []
    assert list(deceptions(f"{ascii_}\n\t")) == []


def test_the_objection_names_the_character():
    """The person learns which character it was."""
    assert hidden("\u202e") == (
        "an invisible or direction-changing character, U+202E (right-to-left override)"
    )
    assert list(deceptions("rm \u0430bc")) == [
        Deception(3, "U+0430 CYRILLIC SMALL LETTER A, which looks like a")
    ]


@pytest.mark.parametrize(
    "char",
    "\u115f\u2800\u3164\uffa0\u17b4\u034f\ufe0f\u180b\U000e0100\ue000\u0378",
)
def test_what_shows_nothing_is_hidden(char):
    """Fillers, variation selectors, private and unassigned characters are named."""
    [found] = deceptions(f"a{char}b")
    assert found == (1, hidden(char))


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("r\u043c -rf x", [1]),  # a Cyrillic letter in an ASCII word
        ("\u0441\u043e\u0440\u0443 a b", [0, 1, 2, 3]),  # `copy`, all of it Cyrillic
        ("cat /\u0435tc/passwd", [5]),
        ('cat "/\u0435tc/passwd"', [6]),  # a mixed word, though quoted
        ("ls -\u0430", [4]),
        ("\u03bfpen x", [0]),  # Greek omicron
        ("echo \u0444\u03bf", [6]),  # two scripts, neither of them ASCII
        ("\uff52\uff4d -rf x", [0, 1]),
        ("\U0001d5cb\U0001d5c6 x", [0, 1]),
        ("\U0001d6d0rm x", [0]),  # a mathematical Greek letter
        ("touch '\ufb01nd'", [7]),
        ("chmod \U0001d7d555 x", [6]),
        ("cat /home\u2215me", [9]),
        ("cat '/home\u2215me'", [10]),
        ("cat a\u30ceb", [5]),
        ("apt\u2010get x", [3]),
        ("wc \u2013l", [3]),
        ("find . \u2212delete", [7]),
        ("echo a\u037e rm", [6]),
        ("echo \u201ca b\u201d", [5, 9]),
        ("echo \u2018a b\u2019", [5, 9]),
        ("echo \u02b9a", [5]),
        ("echo Anna\u2019s", [9]),
        ("ls\uff1b rm x", [2]),
        ("rm x \uff03 y", [5]),
        ("echo \uff02\u8cc7; rm x; \u6599\uff02", [5, 16]),
        ('echo "$(wc \u2013l)"', [11]),  # code inside the quotes
        ("cat <<E\n\u201ca\u201d\nE\nwc \u2013l", [17]),
        ("# \u201ca\u201d\nwc \u2013l", [9]),
    ],
)
def test_a_lookalike_that_passes_for_ascii_is_found(text, at):
    """In a word with ASCII letters, or where nothing is quoted, it is reported."""
    assert places(text) == at


@pytest.mark.parametrize("text", PLAIN)
def test_names_and_prose_in_any_script_are_plain(text):
    """No alarm is raised for a language, a picture or the typography of prose."""
    assert list(deceptions(text)) == []


def test_compatibility_forms_of_ascii_are_lookalikes():
    """All that is drawn as ASCII letters in another font or width is known."""
    for start in (0xFF21, 0x1D400, 0x1D5A0, 0x1D670):
        assert "".join(lookalike(chr(start + i)) or "" for i in range(26)) == (
            "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        )


def test_what_is_seen_to_be_special_is_no_lookalike():
    """Superscripts, circled and squared characters and fractions are seen."""
    assert [char for char in "²ªⁿ①Ⓐ㎏½™№" if lookalike(char)] == []


def test_the_tables_hold_lookalikes_of_ascii_alone():
    """No entry is in two tables, is ASCII itself, or looks like something else."""
    tables = (SAME, ROUGH, SIGNS, STROKES)
    assert len({char for table in tables for char in table}) == sum(map(len, tables))
    assert [char for table in tables for char in table if char.isascii()] == []
    assert {ascii_.isascii() for table in tables for ascii_ in table.values()} == {True}
    letters = {ascii_ for table in (SAME, ROUGH) for ascii_ in table.values()}
    assert [each for each in letters if not (len(each) == 1 and each.isalnum())] == []


@given(st.text(max_size=40))
def test_every_deception_has_a_place_in_order_and_a_reason(text):
    """Positions are those of the text's code points, each with the character's code."""
    found = list(deceptions(text))
    assert found == sorted(found)
    for position, reason in found:
        assert f"U+{ord(text[position]):04X}" in reason


@given(st.text(max_size=40))
def test_what_hides_is_always_found(text):
    """Quotes, comments and neighbours excuse a lookalike, never a hidden character."""
    bad = {
        position
        for position, char in enumerate(text)
        if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp", "Zs", "Co")
        and char not in "\n\t "
    }
    assert bad <= set(places(text))


@pytest.mark.timeout(60)
@pytest.mark.parametrize("piece", ["é ", "\u0430", "a\u0430", "\u2013", "\u202e", "“"])
def test_a_huge_text_takes_linear_time(piece):
    """A megabyte is looked through long before the test's time limit."""
    text = piece * (500_000 // len(piece))
    assert len(places(text)) <= len(text)
