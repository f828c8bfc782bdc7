"""Phrasings are read after their grammar, and match whole sentences only."""

import pytest

from linara_agent.recipes.phrasing import (
    Literal,
    Match,
    PhrasingProblem,
    Setting,
    Slot,
    matches,
    parse_phrasing,
    slots_of,
    variants,
)
from linara_agent.recipes.recipe import load_shelf
from linara_agent.recipes.sentence import read_sentence

LANGUAGE = load_shelf().language
SETTING = Setting(home="/home/ana", language=LANGUAGE, careful=False)


def match(phrasing: str, text: str) -> list[Match]:
    elements = parse_phrasing(phrasing, LANGUAGE)
    return list(matches(elements, read_sentence(text, LANGUAGE), SETTING))


def values(phrasing: str, text: str) -> list[dict[str, str]]:
    return [dict(found.values) for found in match(phrasing, text)]


def test_variants_follow_every_choice():
    """Options in round brackets are chosen from, those in square ones also left out."""
    elements = parse_phrasing("(a|b) [c {x:size}]", LANGUAGE)
    size = Slot("x", "size")
    assert set(variants(elements)) == {
        (Literal("a"),),
        (Literal("b"),),
        (Literal("a"), Literal("c"), size),
        (Literal("b"), Literal("c"), size),
    }


def test_slots_that_may_be_left_out_are_told():
    """A slot is always filled only if every way through the phrasing has it."""
    elements = parse_phrasing(
        "{path} ({a:size}|{a:size} in {dir}) [{b:days}]", LANGUAGE
    )
    always, ever = slots_of(elements)
    assert set(always) == {"path", "a"}
    assert set(ever) == {"path", "a", "dir", "b"}


@pytest.mark.parametrize("text", ["", "a (b", "a b)", "[]", "a | b", "{}", "{nosuch}"])
def test_bad_phrasing(text: str):
    """What does not follow the grammar is a problem of the data."""
    with pytest.raises(PhrasingProblem):
        parse_phrasing(text, LANGUAGE)


def test_every_word_has_to_be_explained():
    """A word too many, at either end or between, is no match."""
    assert values("show memory", "show memory leaks") == []
    assert values("show memory", "quick show memory") == []
    assert values("show memory", "show much memory") == []
    assert values("show memory", "show the memory") == [{}]


def test_fillers_are_never_dropped_before_a_value():
    """`the` before a literal word is nothing; before a value it is not skipped."""
    assert values("remove folder {path}", "remove the folder x") == [{"path": "x"}]
    assert values("remove {path}", "remove the x") == []


def test_values_keep_case_and_spelling():
    """A value is what was typed, the words around it are read in any case."""
    assert values("rename {a:path} to {b:path}", "RENAME Old.TXT To New Name.txt") == [
        {"a": "Old.TXT", "b": "New Name.txt"}
    ]


def test_two_readings_are_both_given():
    """Where the words can be divided in two ways, both are found."""
    found = values("put {a:path} on {b:path}", "put A On B on C")
    assert found == [{"a": "A On B", "b": "C"}]
    found = values("put {a:text} {b:text}", "put x y z")
    assert found == [{"a": "x", "b": "y z"}, {"a": "x y", "b": "z"}]


def test_explained_words_are_counted():
    """A match tells how many words it explains and how particular its slots are."""
    assert match("show me port {port}", "show me port 80") == [
        Match(values=(("port", "80"),), literals=3, precision=2)
    ]


def test_quotation_is_a_value_and_never_a_literal():
    """What stands in quotation marks fills a slot and no word of the phrasing."""
    assert values("show {path}", 'show "show me"') == [{"path": "show me"}]
    assert values("show memory", 'show "memory"') == []
