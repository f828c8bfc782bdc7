"""Escapes, `$'…'` and globs as text."""

import pytest

from linara_agent.core.shell.values.quoting import (
    decode_ansi_c,
    escape_glob,
    is_live,
    unescape_bare,
    unescape_double_quoted,
)


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        (r"a\tb\n\\\'\"", "a\tb\n\\'\""),
        (r"\x72\155\u0041\U00000042", "rmAB"),
        (r"\e\E\a\b\f\v\?", "\x1b\x1b\a\b\f\v?"),
        (r"\ca\cZ", "\x01\x1a"),
        (r"\q\8", r"\q\8"),
        (r"\xc3\xa9", "é"),
        ("é漢", "é漢"),
    ],
)
def test_dollar_quotes_are_decoded(text, decoded):
    """Each escape of `$'…'` stands for what bash makes of it."""
    assert decode_ansi_c(text) == decoded


@pytest.mark.parametrize(
    "text", [r"\xff", r"\0", r"a\x00b", r"\u00e9", r"\x{41}", r"\c?", r"\U7fffffff"]
)
def test_what_depends_on_the_surroundings_is_not_decoded(text):
    """No text, beyond ASCII by number, or read differently by versions of bash."""
    assert decode_ansi_c(text) is None


def test_backslashes_go_and_protect():
    """The text loses its backslashes; the glob keeps those that protect."""
    assert unescape_bare(r"a\*b*\c") == ("a*b*c", r"a\*b*c", "a*b")
    assert unescape_bare("a\\\nb").text == "ab"


def test_double_quotes_keep_most_backslashes():
    """Only dollar, backquote, quote, backslash and newline can be escaped."""
    assert unescape_double_quoted('\\$\\`\\"\\\\\\a\\\n') == '$`"\\\\a'


@pytest.mark.parametrize("glob", ["*", "a?", "[a]", "a[b]c", r"\\*"])
def test_a_live_glob_can_match(glob):
    """A star, a question mark and a pair of brackets match files."""
    assert is_live(glob)


@pytest.mark.parametrize("glob", ["", "[", "]", "[a", r"\*", r"\[a]", r"[a\]"])
def test_a_dead_glob_cannot_match(glob):
    """A lone or escaped bracket, an escaped star match no files."""
    assert not is_live(glob)


def test_escaping_a_glob_makes_it_dead():
    """No text is a live glob after it was escaped."""
    assert not is_live(escape_glob("*?[a]\\"))
