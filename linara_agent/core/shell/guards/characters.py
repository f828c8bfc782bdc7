"""Which characters of a command deceive the person who reads it.

What is shown must be what runs. A character that moves the cursor, turns the text or
takes no room hides something (Unicode Technical Report 36, and CVE-2021-42574); one
that looks like an ASCII character passes for it. The lookalikes are those of Unicode
Technical Standard 39 (confusables.txt) that a command would be written with; the
compatibility forms (full-width, mathematical, ligatures) come from normalisation.

Names and prose in any script are no deception: a lookalike is one only in a word
that also has ASCII letters, or where nothing is quoted and the whole word could be
read as ASCII. In quotes, typographic signs are prose; in comments everything is.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from linara_agent.core.shell.guards.glance import Looks, looks
from linara_agent.core.shell.guards.lookalikes import ROUGH, SAME, SIGNS, STROKES

_BLANKS = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U0001d159")
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
_VARIATION = re.compile("[\u034f\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_KEYCAP = "\u20e3"
_EMOJI = range(0x1F000, 0x1FB00)
"""Set aside for pictures: a newer Unicode than Python's may have given them out."""

_FORMS = frozenset({"<wide>", "<font>", "<compat>", "<small>"})
"""Not superscripts, circled or vertical forms: those are seen."""

_WORD = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f])*")
_IN_PATHS = frozenset("/\\.~")
_QUOTES = frozenset("'\"`")
_ALPHABETS = frozenset({"LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "CHEROKEE", "COPTIC"})


class Deception(NamedTuple):
    """A character, by its place in the text (code points), and what is wrong."""

    position: int
    reason: str


def hidden(char: str) -> str | None:
    """Why a character does not show as itself, None if it does."""
    if char in "\n\t " or "!" <= char <= "~":
        return None
    kind = _KINDS.get(unicodedata.category(char))
    if char in _BLANKS:
        kind = "a letter that shows nothing"
    elif _VARIATION.match(char):
        kind = "an invisible variation of the character before it"
    elif ord(char) in _EMOJI:
        kind = None
    if kind is None:
        return None
    name = unicodedata.name(char, "").lower()
    return f"{kind}, U+{ord(char):04X}" + (f" ({name})" if name else "")


def deceptions(text: str) -> Iterator[Deception]:
    """Every deceiving character of a script, in the order of the text."""
    if text.isascii() and text.isprintable():
        return
    alphabet = frozenset(text)
    found = [*_hidden_in(text, alphabet)]
    alike = frozenset(char for char in alphabet if lookalike(char) is not None)
    if alike:
        seen = looks(text)
        found += _letters(text, seen)
        found += _signs(text, seen, alike)
    yield from sorted(found)


def _hidden_in(text: str, alphabet: frozenset[str]) -> Iterator[Deception]:
    reasons = {char: hidden(char) for char in alphabet}
    for position in _places(text, [char for char in alphabet if reasons[char]]):
        reason = reasons[text[position]]
        if reason is not None and not _varies_a_picture(text, position):
            yield Deception(position, reason)


def _places(text: str, chars: Iterable[str]) -> Iterator[int]:
    pattern = "|".join(map(re.escape, chars))
    return (match.start() for match in re.finditer(pattern, text) if pattern)


def _varies_a_picture(text: str, position: int) -> bool:
    """`✔` and a selector are an emoji, and so are `1`, a selector and a keycap."""
    if not _VARIATION.match(text[position]) or not position:
        return False
    before = text[position - 1]
    return (
        unicodedata.category(before) in ("So", "Sm", "Lo", "Po")
        and not before.isascii()
    ) or text[position + 1 : position + 2] == _KEYCAP


@lru_cache(maxsize=4096)
def lookalike(char: str) -> str | None:
    """The ASCII text that a character looks like; None for any other."""
    if char.isascii():
        return None
    found = SAME.get(char) or ROUGH.get(char) or SIGNS.get(char)
    return found or STROKES.get(char) or _form(char)


def _form(char: str) -> str | None:
    decomposed = unicodedata.decomposition(char)
    form = decomposed.split(" ", 1)[0]
    is_seen = unicodedata.category(char) in ("No", "So", "Zs")
    if not decomposed or is_seen or (form.startswith("<") and form not in _FORMS):
        return None
    plain = unicodedata.normalize("NFKC", char)
    if plain.isascii() and plain.isprintable():
        return plain
    return SAME.get(plain) or ROUGH.get(plain)


def _letters(text: str, seen: bytes) -> Iterator[Deception]:
    """Lookalike letters and digits, judged in the word they stand in."""
    for match in _WORD.finditer(text):
        word = match[0]
        look = seen[match.start()]
        if word.isascii() or look == Looks.COMMENT:
            continue
        alphabet = frozenset(word)
        deceiving = _standing_out(alphabet, is_bare=look == Looks.BARE)
        for offset, char in enumerate(word):
            if char in deceiving:
                yield _looks_like(match.start() + offset, char)


def _standing_out(word: frozenset[str], *, is_bare: bool) -> frozenset[str]:
    """Those of the characters of a word that pass for ASCII in it."""
    alike = frozenset(char for char in word if _is_letter_alike(char))
    is_mixed = (
        any(char.isascii() and char.isalpha() for char in word)
        or len({*map(_alphabet, word)} - {None}) > 1
        or (is_bare and all(map(_passes, word)))
    )
    if is_mixed:
        return alike
    if any(char.isascii() for char in word):
        return frozenset(char for char in alike if (lookalike(char) or "").isdigit())
    return frozenset()


def _is_letter_alike(char: str) -> bool:
    return char not in STROKES and char not in SIGNS and lookalike(char) is not None


def _alphabet(char: str) -> str | None:
    first = unicodedata.name(char, "").split(" ", 1)[0]
    return first if first in _ALPHABETS else None


def _passes(char: str) -> bool:
    """The character alone can be read as ASCII."""
    return char.isascii() or (char not in ROUGH and lookalike(char) is not None)


def _signs(text: str, seen: bytes, alike: Iterable[str]) -> Iterator[Deception]:
    for position in _places(text, alike):
        char = text[position]
        ascii_ = lookalike(char)
        if ascii_ is None or seen[position] == Looks.COMMENT:
            continue
        around = _neighbours(text, position)
        if char in STROKES:
            deceives = _is_amid_ascii(around)
        elif char not in SIGNS and char.isalnum():
            continue
        elif seen[position] == Looks.BARE:
            deceives = ascii_ in _QUOTES or not _is_east_asian(char, *around)
        else:
            deceives = ascii_ in _IN_PATHS and _is_amid_ascii(around)
        if deceives:
            yield _looks_like(position, char)


def _neighbours(text: str, position: int) -> tuple[str, str]:
    return text[max(position - 1, 0) : position], text[position + 1 : position + 2]


def _is_amid_ascii(around: tuple[str, str]) -> bool:
    """Between two ASCII characters, but not as in `1/2`."""
    joined = "".join(around)
    is_inside = len(joined) > 1 and joined.isascii() and not re.search(r"\s", joined)
    return is_inside and not joined.isdigit()


def _is_east_asian(char: str, before: str, after: str) -> bool:
    """A full-width sign among letters that are as wide."""
    if unicodedata.east_asian_width(char) not in "FW":
        return False
    beside = after if unicodedata.category(char) == "Ps" else before
    return bool(beside) and beside.isalpha() and _is_wide(beside)


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) == "W"


def _looks_like(position: int, char: str) -> Deception:
    name = unicodedata.name(char, "an unnamed character")
    reason = f"U+{ord(char):04X} {name}, which looks like {lookalike(char)}"
    return Deception(position, reason)
