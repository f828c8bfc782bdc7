"""Which characters may stand in a command that a person is to approve.

What is shown must be what runs: a character that moves the cursor, turns the
direction of the text or takes no room lets a command look like another one
(Unicode Technical Report 36, and CVE-2021-42574).
"""

import unicodedata

_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
"""Fillers: letters and symbols by category, but nothing is drawn."""

_KINDS = {
    "Cc": "a control character",
    "Cf": "an invisible or direction-changing character",
    "Cs": "a half of a broken character",
    "Co": "a private character",
    "Cn": "an unassigned character",
    "Zl": "a hidden line break",
    "Zp": "a hidden line break",
    "Zs": "a space that is not a plain space",
}


def objection(char: str) -> str | None:
    """Why a character is not legible, None if it is."""
    if char in "\n\t ":
        return None
    kind = _KINDS.get(unicodedata.category(char))
    if char in _BLANK_LETTERS:
        kind = "a letter that shows nothing"
    if kind is None:
        return None
    name = unicodedata.name(char, "").lower()
    return f"{kind}, U+{ord(char):04X}" + (f" ({name})" if name else "")
