"""What can stand in a slot of a phrasing, and which text it becomes.

A kind either reads the typed words for certain or does not read them at all.
The value it gives is one word of the command, not yet quoted for the shell.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from linara_agent.recipes.language import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Typed words offered to a slot.

    `trimmed` tells that a final mark was taken off, `careful` that the command
    destroys something, so that nothing about a name may be assumed.
    """

    text: str
    words: tuple[str, ...]
    quoted: bool
    home: str
    trimmed: bool
    careful: bool
    language: Language


Reader = Callable[[Piece], str | None]

LONGEST_VALUE = 12
"""Words; a longer name has to be put in quotes."""

_NUMBER = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*([a-z]*)")
_STEPS_DOWN = {"T": "G", "G": "M", "M": "k", "k": "c"}
_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+@:/-]*")
_HOST = re.compile(r"localhost|[\w-]+(?:\.[\w-]+)+|[0-9a-fA-F]*(?::[0-9a-fA-F]*){2,7}")
_HAS_ENDING = re.compile(r"[^/]\.[A-Za-z0-9_]{1,10}$")
_WILDCARD = re.compile(r"[*?]")
_SUFFIX = re.compile(r"(?:\*?\.)?([A-Za-z0-9]{1,10}(?:\.[A-Za-z0-9]{1,10})?)")
_URL = re.compile(r"(?:https?|ftp)://[^\s/?#]+[^\s]*", re.IGNORECASE)
_MODE = re.compile(r"[0-7]{3,4}|[ugoa]*[+=][rwxX]+|[ugoa]+-[rwxX]+")
_LARGEST_COUNT = 100_000
_LARGEST_PORT = 65_535
_LARGEST_PID = 4_194_304


def path(piece: Piece) -> str | None:
    """A file or folder, made safe from being read as an option."""
    name = text(piece)
    if name is None or (piece.trimmed and piece.careful):
        return None
    if not piece.quoted and _WILDCARD.search(name):
        # It is meant as a pattern, and here it would be a name.
        return None
    if name == "~" or name.startswith("~/"):
        name = piece.home + name[1:]
    return f"./{name}" if name.startswith("-") else name


def file(piece: Piece) -> str | None:
    """A path that looks like one: quoted, or with a dot or a slash inside."""
    if not piece.quoted and not re.search(r"[./~]", piece.text):
        return None
    return path(piece)


def document(piece: Piece) -> str | None:
    """A path whose last part has an ending: a file, not a folder."""
    found = path(piece)
    return found if found and _HAS_ENDING.search(found) else None


def place(piece: Piece) -> str | None:
    """What can only be a folder: a known place, or a path with a slash at its end."""
    found = folder(piece)
    plain = found is None or not (found.endswith("/") or found in {".", ".."})
    return None if plain and not _is_known_place(piece) else found


def folder(piece: Piece) -> str | None:
    """A path, or a place known by a phrase (`here`, `my downloads`)."""
    if _is_known_place(piece):
        below = piece.language.file.places_home.get(" ".join(piece.words))
        return "." if below is None else piece.home + below
    if len(piece.words) > 1 and not piece.quoted:
        return None
    found = path(piece)
    # find takes a first operand that begins with one of these for an expression.
    return f"./{found}" if found and found[0] in "(),!" else found


def text(piece: Piece) -> str | None:
    """Any words, as typed; without quotes only where they must be one value."""
    if piece.quoted:
        return piece.text or None
    language = piece.language
    if len(piece.words) == 1:
        common = piece.text in language.names_nothing
        return None if common else piece.text
    # A word with a capital is taken for a part of a name: `My Files And Photos`.
    typed = piece.text.split()
    if typed[0] in language.articles or any(w in language.breaks for w in typed):
        return None
    if any(word.endswith(",") for word in typed):
        return None
    return piece.text


def replacement(piece: Piece) -> str | None:
    """Any words; nothing at all where that is what the quotation marks hold."""
    return piece.text if piece.quoted else text(piece)


def glob(piece: Piece) -> str | None:
    """A name or pattern for find's -name, where a slash could never match."""
    found = text(piece)
    return None if found is None or "/" in found else found


def wild(piece: Piece) -> str | None:
    """A pattern for names, told by its wildcard."""
    found = glob(piece)
    return found if found and _WILDCARD.search(found) else None


def word(piece: Piece) -> str | None:
    """One plain word: a program, user, package, unit, branch or host."""
    found = text(piece) if len(piece.words) == 1 or piece.quoted else None
    plain = found and _WORD.fullmatch(found) and not found.isdigit()
    return found if plain else None


def host(piece: Piece) -> str | None:
    """The name or the address of a machine, told by its dots or colons."""
    found = word(piece)
    return found if found and _HOST.fullmatch(found) else None


def suffix(piece: Piece) -> str | None:
    """The ending of a file name without its dot; a bare word only if well known."""
    found = _SUFFIX.fullmatch(piece.text)
    if not found:
        return None
    bare = not piece.quoted and "." not in piece.text
    known = found[1].lower() in piece.language.suffixes
    return None if bare and not known else found[1]


def size(piece: Piece) -> str | None:
    """A size as find writes it, in whole units: `100M`, `1536M`, `512c`."""
    amount = _amount(piece)
    if amount is None:
        return None
    number, unit = amount[0], piece.language.file.units_of_size.get(amount[1])
    while unit is not None and (unit == "T" or not number.is_integer()):
        number, unit = number * 1024, _STEPS_DOWN.get(unit)
    return f"{int(number)}{unit}" if unit and number > 0 else None


def days(piece: Piece) -> str | None:
    """A duration of whole days, as a number."""
    return _duration(piece, piece.language.file.units_of_days)


def minutes(piece: Piece) -> str | None:
    """A duration of hours or minutes, as a number of minutes."""
    return _duration(piece, piece.language.file.units_of_minutes)


def count(piece: Piece) -> str | None:
    """A positive number, in digits or as a word."""
    if piece.text in piece.language.articles:
        return None
    number = piece.language.file.numbers.get(piece.text.lower())
    return str(number) if number else _integer(piece, _LARGEST_COUNT)


def port(piece: Piece) -> str | None:
    return _integer(piece, _LARGEST_PORT)


def pid(piece: Piece) -> str | None:
    return _integer(piece, _LARGEST_PID)


def url(piece: Piece) -> str | None:
    return piece.text if _URL.fullmatch(piece.text) else None


def mode(piece: Piece) -> str | None:
    """Permissions as chmod takes them."""
    return piece.text if _MODE.fullmatch(piece.text) else None


def ending_in(*endings: str, but_not: tuple[str, ...] = ()) -> Reader:
    """A path that has one of the endings."""

    def read(piece: Piece) -> str | None:
        found = path(piece)
        lowered = (found or "").lower()
        fits = lowered.endswith(endings) and not lowered.endswith(but_not)
        return found if fits else None

    return read


def _is_known_place(piece: Piece) -> bool:
    phrase = " ".join(piece.words)
    known = piece.language.file
    return not piece.quoted and (
        phrase in known.places_here or phrase in known.places_home
    )


def _amount(piece: Piece) -> tuple[float, str] | None:
    lowered = " ".join(piece.text.lower().split())
    if found := _NUMBER.fullmatch(lowered):
        return float(found[1]), found[2]
    first, _, unit = lowered.partition(" ")
    half, _, rest = unit.partition(" ")
    if first == "half" and half in {"a", "an"}:
        return 0.5, rest
    number = piece.language.file.numbers.get(first)
    return (float(number), unit) if number else None


def _duration(piece: Piece, units: dict[str, int]) -> str | None:
    amount = _amount(piece)
    if amount is None or amount[1] not in units:
        return None
    number = amount[0] * units[amount[1]]
    return str(int(number)) if number > 0 and number.is_integer() else None


def _integer(piece: Piece, largest: int) -> str | None:
    digits = piece.text
    if not (digits.isascii() and digits.isdigit()):
        return None
    return str(int(digits)) if 1 <= int(digits) <= largest else None


KINDS: dict[str, Reader] = {
    "path": path,
    "file": file,
    "document": document,
    "dir": folder,
    "place": place,
    "text": text,
    "replacement": replacement,
    "glob": glob,
    "wild": wild,
    "word": word,
    "host": host,
    "suffix": suffix,
    "size": size,
    "days": days,
    "minutes": minutes,
    "count": count,
    "port": port,
    "pid": pid,
    "url": url,
    "mode": mode,
    "tarball": ending_in(".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst"),
    "zipfile": ending_in(".zip", ".jar"),
    "gzfile": ending_in(".gz", but_not=(".tar.gz",)),
}
"""Every kind by the name that phrasings use."""

PRECISION = {
    **dict.fromkeys(("document", "place", "suffix"), 1),
    **dict.fromkeys(("size", "days", "minutes", "count", "port", "pid"), 2),
    **dict.fromkeys(("url", "mode", "host", "tarball", "zipfile", "gzfile"), 2),
}
"""How particular a kind is, where that is more than any name."""

SEVERAL_WORDS = frozenset(
    {
        *("path", "file", "document", "dir", "place", "text"),
        *("replacement", "glob", "wild"),
        *("size", "days", "minutes"),
        *("tarball", "zipfile", "gzfile"),
    }
)
"""Kinds whose value may be several words that were not put in quotes."""
