"""What was typed is kept; what it means is looked up beside it."""

import pytest

from linara_agent.recipes.recipe import load_shelf
from linara_agent.recipes.sentence import Sentence, read_sentence, reread

LANGUAGE = load_shelf().language


def read(text: str) -> Sentence:
    return read_sentence(text, LANGUAGE)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("show My File", ("show", "My", "File")),
        ('show "my file"', ("show", "my file")),
        ("show 'my file'.", ("show", "my file")),
        ("show “my file”, b", ("show", "my file", "b")),
        ("show \u2018x y\u2019", ("show", "x y")),
        ("show it's", ("show", "it's")),
        ('show "my file".txt', ("show", '"my', 'file".txt')),
        ("what's it", ("what's", "what's", "it")),
        ("could you please show x for me please", ("show", "x")),
        ("please", ("please",)),
        ("show x.txt?", ("show", "x.txt")),
        ("show ..", ("show", "..")),
    ],
)
def test_values(text: str, values: tuple[str, ...]):
    """Words and quotations are taken as typed, without courtesies."""
    assert tuple(token.text for token in read(text).tokens) == values


def test_several_words_keep_their_spacing():
    """A value of several words is the typed text between their ends."""
    assert read("folder  My   Old Stuff").raw(1, 4) == "My   Old Stuff"


def test_contraction_reads_as_two_words():
    """`what's` is read as `what is`."""
    assert tuple(token.plain for token in read("What's new").tokens) == (
        "what",
        "is",
        "new",
    )


def test_only_marks_at_the_end_are_dropped_from_readings():
    """A dot before a word is a part of it: `.tmp` is not `tmp`."""
    assert [token.plain for token in read("(.tmp files,").tokens] == [
        "(.tmp",
        "files",
    ]


def test_synonyms_are_looked_up_but_not_in_quotations():
    """A word reads as its canonical one, several words as one, a quotation never."""
    readings = read('get rid of "delete"').readings
    assert ("remove", 3) in readings[0]
    assert readings[3] == ()


def test_final_mark_is_remembered():
    """That a mark was taken off the last word is told; a quotation loses none."""
    assert read("remove notes.txt.").trimmed
    assert not read('remove "notes.txt."').trimmed
    assert not read("remove ..").trimmed


def test_unclosed_quotation_is_told():
    """A mark that opens and is not closed is a stray one."""
    assert read("remove 'a b").stray_quote
    assert not read("remove 'a b'").stray_quote


def test_another_reading_keeps_what_was_typed():
    """Reading words anew changes their meaning and not their text."""
    again = reread(read("finde X"), ("find", "x"), LANGUAGE)
    assert tuple(token.text for token in again.tokens) == ("finde", "X")
    assert again.readings[0] == (("find", 1),)
