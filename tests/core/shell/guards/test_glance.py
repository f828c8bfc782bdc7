"""What is quoted, seen without a grammar."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linara_agent.core.shell.guards.glance import Looks, looks

SIGNS = {
    Looks.BARE: ".",
    Looks.COMMENT: "#",
    Looks.QUOTED: "q",
    Looks.EXPANDED: "e",
    Looks.DATA: "d",
}


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a 'b' c", "..qqq.."),
        ('a "b" c', "..qqq.."),
        ("a $'b\\'' c", "..qqqqqq.."),
        ('a $"b" c', "..qqqq.."),
        ("a \\'b' c", "........"),
        ("it's", "...."),
        ('a "b', "...."),
        ("a # 'b\nc", "..####.."),
        ("a#b", "..."),
        ('"$(a)"', "qqq..q"),
        ('"$(a "b" c)"', "qqq..qqq...q"),
        ('"`a`"', "qq..q"),
        ("cat <<E\na 'b\nE\nc", "......." + "e" * 7 + ".."),
        ("cat <<'E'\n$a\nE\nc", "." * 9 + "d" * 5 + ".."),
        ("cat <<-\\E\n$a\n\tE\nc", "." * 9 + "d" * 6 + ".."),
        ("cat <<E <<'F'\na\nE\nb\nF\nc", "." * 13 + "eeee" + "dddd" + ".."),
        ("cat <<E\nno end 'a' b", "." * 15 + "qqq.."),
        ("echo $((1<<E))\n'a'\nE", "." * 15 + "qqq.."),
        ("cat <<<E\n'a'\nE", "." * 9 + "qqq.."),
    ],
)
def test_quotes_comments_and_here_documents_are_seen(text, seen):
    """Each character is known as code, comment, quoted, or a here-document's."""
    assert "".join(SIGNS[Looks(look)] for look in looks(text)) == seen


@given(st.text("ab'\"`$(){}#<\\\n E", max_size=60))
def test_any_text_gives_one_look_for_each_character(text):
    """No text is too odd to be looked at."""
    assert len(looks(text)) == len(text)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "piece", ["<<a\n", "'", '"', "$(", "`", "((", "\\", "<<a <<b\n", "$'"]
)
def test_a_huge_text_is_seen_in_linear_time(piece):
    """A megabyte of openers ends long before the test's time limit."""
    text = piece * (1_000_000 // len(piece))
    assert len(looks(text)) == len(text)
