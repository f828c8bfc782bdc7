"""Which characters a command may hold."""

import unicodedata

from linara_agent.openrouter.legible import objection


def test_no_control_or_format_character_is_legible():
    """Every control, format and separator character but three is objected to."""
    hidden = [
        char
        for char in map(chr, range(0x110000))
        if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp", "Zs")
    ]
    assert [char for char in hidden if objection(char) is None] == ["\t", "\n", " "]


def test_every_printable_ascii_character_is_legible():
    """Nothing that a keyboard types is objected to."""
    assert [c for c in map(chr, range(0x20, 0x7F)) if objection(c)] == []


def test_the_objection_names_the_character():
    """The person learns which character it was."""
    assert objection("\u202e") == (
        "an invisible or direction-changing character, U+202E (right-to-left override)"
    )
