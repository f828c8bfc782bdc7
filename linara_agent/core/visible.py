"""Make every character of a text show: nothing may hide from the reviewer."""

import unicodedata

_SHOWN = "\n\t"
_HIDDEN = ("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp")


def visible(text: str, *, keep: str = _SHOWN) -> str:
    """The text with control, bidirectional and odd blank characters spelt out.

    An escape becomes `⟨ESC⟩`, a bidirectional override `⟨U+202E⟩`, a no-break space
    `⟨U+00A0⟩`. Line ends and tabs stay.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char, keep) for char in text)


def _shown(char: str, keep: str) -> str:
    if char in keep or char == " ":
        return char
    category = unicodedata.category(char)
    if category not in _HIDDEN and category != "Zs":
        return char
    names = {"\x1b": "ESC", "\0": "NUL", "\r": "CR", "\x07": "BEL", "\x08": "BS"}
    return f"⟨{names.get(char, f'U+{ord(char):04X}')}⟩"


def visible_bytes(raw: bytes) -> str:
    """A program's output for the screen; what is no UTF-8 is replaced."""
    return visible(raw.decode(errors="replace").replace("\r\n", "\n"))


def size_in_words(size: int) -> str:
    """`0 B`, `4.1 kB`, `2.0 GB`: decimal units, as `ls --si` has them."""
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:  # noqa: PLR2004 — the step between two units
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
