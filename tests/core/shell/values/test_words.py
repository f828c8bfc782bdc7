"""The static value of words; what real bash says is in test_against_bash."""

import pytest

from linara_agent.core.shell.agree import read
from linara_agent.core.shell.script import Known, Pattern, Unknown, Word
from tests.core.shell.answers import PARSERS, reading

KNOWN = {
    "a'b'\"c\"\\d": "abcd",
    "''": "",
    "~": "/home/someone",
    "~/x": "/home/someone/x",
    "$HOME/x": "/home/someone/x",
    '"$HOME"': "/home/someone",
    '"~"': "~",
    "\\~": "~",
    "a~": "a~",
    "--x=~": "--x=~",
    "'*'": "*",
    "\\*": "*",
    "[": "[",
    "$'\\x72m'": "rm",
    '"\\$x"': "$x",
    '"a\\b"': "a\\b",
    "{a}": "{a}",
    "{}": "{}",
    "'{a,b}'": "{a,b}",
    "$": "$",
}
UNKNOWN = {
    "$x": "",
    "a$x": "a",
    "a'*'$x": "a*",
    "a*$x": "a",
    "$(ls)": "",
    "a`ls`": "a",
    "~root": "",
    "~+": "",
    "$1": "",
    "$((1))": "",
    "a@(b|c)": "a",
    "<(ls)": "/dev/fd/",
    "${HOME%/*}": "",
    "${HOME:-x}": "",
    "a=~/b": "",
    '$"a"': "",
    "$'\\xff'": "",
    "{1..99999}": "",
}


def value(word: str):
    return only(word).value


def only(word: str) -> Word:
    [found] = reading(f"printf {word}").invocations[-1].words
    return found


@pytest.mark.parametrize(("word", "text"), KNOWN.items(), ids=KNOWN.keys())
def test_a_constant_word_is_known(word, text):
    """A word without anything that varies is exactly its text."""
    assert value(word) == Known(text)


@pytest.mark.parametrize(("word", "prefix"), UNKNOWN.items(), ids=UNKNOWN.keys())
def test_a_varying_word_is_unknown(word, prefix):
    """What varies is unknown, but for the text that it begins with for certain."""
    found = value(word)
    assert isinstance(found, Unknown)
    assert found.reason
    assert found.prefix == prefix


@pytest.mark.parametrize(
    ("word", "pattern"),
    [("*.c", "*.c"), ("a?", "a?"), ("[ab]c", "[ab]c"), ("'*'*", "\\**"), ("~/*", None)],
)
def test_a_glob_is_a_pattern(word, pattern):
    """What matches files is a pattern, its quoted characters escaped."""
    assert value(word) == Pattern(pattern or "/home/someone/*")


def test_without_a_home_nothing_is_guessed():
    """When the caller gives no home, a tilde and $HOME are unknown."""
    [call] = read("ls ~ $HOME", PARSERS, home=None).invocations
    assert [type(word.value) for word in call.words] == [Unknown, Unknown]


@pytest.mark.parametrize(
    ("word", "single"),
    [
        ('"$x"', True),
        ("$x", False),
        ('"$@"', False),
        ('"a$@"', False),
        ('"${x[@]}"', False),
        ('"${x[*]}"', True),
        ('"${!x@}"', False),
        ('"${x:-"$@"}"', False),
        ('"$(a)"', True),
        ("$(a)", False),
        ("a*", False),
        ("a'b'", True),
    ],
)
def test_only_what_stays_one_word_counts_as_quoted(word, single):
    """`quoted` is a promise that the word cannot become several, or none."""
    assert only(word).quoted is single


def test_braces_give_several_words():
    """Each word of a brace expansion is a word of its own, with the same source."""
    [call] = reading("ls a{b,'c d'}$HOME/{1..2}").invocations
    assert [word.known for word in call.words] == [
        "ab/home/someone/1",
        "ab/home/someone/2",
        "ac d/home/someone/1",
        "ac d/home/someone/2",
    ]
    assert {word.source for word in call.words} == {"a{b,'c d'}$HOME/{1..2}"}


def test_a_word_names_its_variables():
    """The variables that a word expands are listed, not those of its commands."""
    found = only('"$a${b:-$c}$(echo $d)$((e + $f))"')
    assert found.variables == ("a", "b", "c", "f")


@pytest.mark.parametrize(
    "text",
    [
        "echo {1..999}\n" * 200,
        "x0=aaaaaaaaaa\n" + "".join(f"x{i + 1}=$x{i}$x{i}\n" for i in range(40)),
        f"x={'a' * 50_000}\n" + 'echo "$x"\n' * 200,
    ],
    ids=["braces", "doubling", "repeating"],
)
def test_a_short_text_cannot_mean_endless_words(text):
    """All words of a script together stay below some megabytes."""
    words = [
        word
        for one in reading(text).invocations
        for word in (*one.words, *(each.value for each in one.assignments))
    ]
    assert len(words) < 11_000
    assert sum(len(word.known or "") for word in words if word is not None) < 5_000_000
