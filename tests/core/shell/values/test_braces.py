"""Brace expansion; bash itself is asked in test_against_bash."""

import pytest

from linara_agent.core.shell.values.braces import TooManyWords, expand_braces

TABLE = {
    "a": ["a"],
    "{a,b}": ["a", "b"],
    "x{a,b}y": ["xay", "xby"],
    "{a,b}{c,d}": ["ac", "ad", "bc", "bd"],
    "{a,{b,c}}": ["a", "b", "c"],
    "{a{b,c}}": ["{ab}", "{ac}"],
    "{a},b}": ["a}", "b"],
    "a{b,c{d,e}": ["a{b,cd", "a{b,ce"],
    "{1..4..2}": ["1", "3"],
    "{4..1}": ["4", "3", "2", "1"],
    "{08..10}": ["08", "09", "10"],
    "{+1..2}": ["1", "2"],
    "{a..e..2}": ["a", "c", "e"],
    "{1..a}": ["{1..a}"],
    "{1..2": ["{1..2"],
    "{,a}": ["", "a"],
    "{a\\,b,c}": ["a\\,b", "c"],
    "\\{a,b}": ["\\{a,b}"],
    "${a,b}": ["${a,b}"],
    "{}": ["{}"],
    "{a}": ["{a}"],
    "{a}{b,c}": ["{a}b", "{a}c"],
}


@pytest.mark.parametrize(("text", "words"), TABLE.items(), ids=TABLE.keys())
def test_braces_expand_as_in_bash(text, words):
    """Each text gives the words that bash makes of it."""
    assert list(expand_braces(text)) == words


@pytest.mark.parametrize(
    "text",
    ["{1..100000}", "{a,b}" * 12, "{1..9" + "0" * 40 + "}", "{Z..a}", "{a," * 200],
    ids=["long", "many", "huge", "mixed", "deep"],
)
def test_what_is_not_worth_expanding_is_refused(text):
    """Very many words, huge numbers and mixed alphabets are not expanded."""
    with pytest.raises(TooManyWords):
        expand_braces(text)
