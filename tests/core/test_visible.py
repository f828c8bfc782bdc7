"""Every character shows."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linara_agent.core.visible import visible, visible_bytes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ls -l", "ls -l"),
        ("a\nb\tc", "a\nb\tc"),
        ("\x1b[31mred", "⟨ESC⟩[31mred"),
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("a\u00a0b", "a⟨U+00A0⟩b"),
        ("a\u200bb", "a⟨U+200B⟩b"),
        ("a\u2028b", "a⟨U+2028⟩b"),
        ("a\rb", "a⟨CR⟩b"),
        ("a\0b", "a⟨NUL⟩b"),
        ("\ud800", "⟨U+D800⟩"),
        ("grüße 漢字", "grüße 漢字"),
    ],
)
def test_visible(text: str, expected: str) -> None:
    """Control, bidirectional and odd blank characters are spelt out."""
    assert visible(text) == expected


@given(st.text())
def test_nothing_hidden_is_left(text: str) -> None:
    """No character of a kind that a terminal would hide or obey remains."""
    for char in visible(text):
        hidden = unicodedata.category(char) in (
            "Cc",
            "Cf",
            "Co",
            "Cs",
            "Cn",
            "Zl",
            "Zp",
        )
        assert char in "\n\t" or not hidden


def test_other_characters_can_be_kept_or_not() -> None:
    """A one-line display spells out line ends too."""
    assert visible("a\nb", keep="") == "a⟨U+000A⟩b"


def test_bytes() -> None:
    """What is no UTF-8 is replaced, and DOS line ends are line ends."""
    assert visible_bytes(b"a\r\nb\xff") == "a\nb\ufffd"
