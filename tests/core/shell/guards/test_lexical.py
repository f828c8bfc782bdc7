"""The look that knows no grammar."""

import pytest

from linara_agent.core.shell.guards.lexical import (
    broken_tokens,
    fences,
    hidden_characters,
    is_quoted_delimiter,
    lookalikes,
    openers_agree,
    without_quotes,
)
from linara_agent.core.shell.mvdan.offsets import Offsets
from linara_agent.core.shell.reading import MvdanTree
from linara_agent.parsers import shfmt


def tree(text: str):
    parsed = shfmt.parse(text, seconds=5)
    assert isinstance(parsed, MvdanTree)
    return parsed.file


def unquoted(text: str) -> str:
    return without_quotes(tree(text), text, Offsets(text))


@pytest.mark.parametrize(
    "text",
    [
        "a $(b) `c` <(d) >(e) $((1)) $[2]",
        "a '$(b)' \"<(c)\" \\$\\(d\\)",
        "a # $(b) `c`",
        "cat <<'E'\n$(a)\nE\n",
        "cat <<E\n$(a) `b` <(c)\nE\n",
        "é '✓$(' $(b)",
        "a `b \\`c\\``",
        '"$("$(a)")"',
    ],
)
def test_openers_are_counted_alike(text):
    """What opens a substitution in the text is a substitution in the tree."""
    assert openers_agree(tree(text), unquoted(text))


def test_a_substitution_that_the_tree_lacks_is_noticed():
    """A tree without the substitution does not fit the text."""
    assert not openers_agree(tree("a b"), "a $(b)")
    assert not openers_agree(tree("a b"), "a `b`")
    assert not openers_agree(tree("a b"), "a <(b)")
    assert not openers_agree(tree("a $(b)"), "a b")


def test_plain_text_is_blanked():
    """Quotes, comments and quoted here-documents are blanks, nothing else is."""
    assert unquoted("a 'b' \"c\" # d") == 'a     "c"    '
    assert unquoted("é 'ü' $x") == "é     $x"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a\\\nb", 1),
        ("a \\\n b", 0),
        ("a &&\\\nb", 0),
        ("a $\\\n(b)", 1),
        ("a <\\\n<E", 1),
        ("a &\\\n& b", 1),
        ("a $b\\\n{c", 1),
    ],
)
def test_a_token_broken_by_a_line_is_noticed(text, count):
    """A continued line that may join two tokens is opaque, any other is not."""
    assert len(list(broken_tokens(text))) == count


@pytest.mark.parametrize(
    "char", "\x00\x07\x1b\r\x7f\x85\u00a0\u00ad\u200b\u202e\u2066\ufeff"
)
def test_what_does_not_show_is_opaque(char):
    """Control, bidirectional, zero-width characters and odd blanks are named."""
    [found] = hidden_characters(f"a{char}b")
    assert found.span == (1, 2)
    assert f"U+{ord(char):04X}" in found.reason


def test_what_looks_like_another_character_is_opaque():
    """A lookalike is opaque, and the reason says what it looks like."""
    [found] = lookalikes("wc \u2013l")
    assert found.span == (3, 4)
    assert found.reason == "U+2013 EN DASH, which looks like -"


def test_visible_text_is_not_suspicious():
    """Letters of every script, emoji, tabs and newlines are plain."""
    text = "a\tb\nc é 漢 ✓ 😀 ñ"
    assert [*hidden_characters(text), *lookalikes(text)] == []


def test_fences_are_found_at_the_start_of_a_line():
    """Three backquotes or tildes open a fence only where a line begins."""
    assert [one.span for one in fences("```sh\nls\n  ~~~\n")] == [(0, 3), (11, 14)]
    assert list(fences("echo ```a```")) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("cat <<'E'\n```\nE\n", 0),
        ("cat <<E\n```\na\n```\nE\n", 2),
        ("echo '\n```\n'", 0),
        ("ls # a\n# ```\n", 0),
    ],
)
def test_a_fence_in_plain_data_is_none(text, count):
    """What bash does not run, in quotes and quoted here-documents, may be Markdown."""
    assert len(list(fences(unquoted(text)))) == count


def test_a_quoted_delimiter_is_told_from_a_plain_one():
    """Any quote or backslash in the delimiter makes the here-document plain."""
    for delimiter in ("E", "'E'", '"E"', "\\E"):
        text = f"a <<{delimiter}\nb\nE\n"
        [redirection] = tree(text)["Stmts"][0]["Redirs"]
        assert is_quoted_delimiter(redirection["Word"]) is (delimiter != "E")
