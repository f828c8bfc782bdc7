r"""Pure text rules of bash: escapes, `$'…'`, what is a glob.

Source: the bash 5.2 manual, sections "Quoting" and "Pattern Matching".
"""

import re
from typing import NamedTuple

_SIMPLE = {
    "a": "\a",
    "b": "\b",
    "e": "\x1b",
    "E": "\x1b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "?": "?",
}
_ANSI_C = re.compile(
    r"\\(?:(?P<octal>[0-7]{1,3})|x(?P<hex>[0-9a-fA-F]{1,2})"
    r"|(?P<undecided>x\{|c[^A-Za-z])|u(?P<u4>[0-9a-fA-F]{1,4})|U(?P<u8>[0-9a-fA-F]{1,8})"
    r"|c(?P<control>.)|(?P<simple>.))",
    re.DOTALL,
)
GLOB_CHARACTERS = frozenset("*?[")
_NO_TEXT = b"\0"
_ASCII = 0x80


def decode_ansi_c(text: str) -> str | None:
    r"""The value of `$'text'`; None for what is no valid text (`\xff`, `\0`), or
    depends on the locale or the version of bash (`\u00e9`, `\x{41}`).
    """
    raw = bytearray()
    end = 0
    for match in _ANSI_C.finditer(text):
        raw += text[end : match.start()].encode(errors="surrogateescape")
        raw += _escape(match)
        end = match.end()
    raw += text[end:].encode(errors="surrogateescape")
    if 0 in raw:
        return None
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return None


def _escape(match: re.Match[str]) -> bytes:
    group = match.lastgroup
    value = match.group(group) if group else ""
    match group:
        case "octal":
            return bytes((int(value, 8) & 0xFF,))
        case "hex":
            return bytes((int(value, 16),))
        case "u4" | "u8":
            code = int(value, 16)
            return bytes((code,)) if code < _ASCII else _NO_TEXT
        case "control":
            return bytes((ord(value) & 0x1F,))
        case "undecided":
            return _NO_TEXT
        case _:
            decoded = _SIMPLE.get(value)
            return (decoded if decoded is not None else "\\" + value).encode()


class Bare(NamedTuple):
    """An unquoted literal: its text, the same as a glob, and what precedes the
    first character that could match files.
    """

    text: str
    glob: str
    certain: str


def unescape_bare(raw: str) -> Bare:
    """Take the backslashes away; in the glob they stay where they protect."""
    text: list[str] = []
    glob: list[str] = []
    certain: int | None = None
    position = 0
    while position < len(raw):
        char = raw[position]
        if char == "\\" and position + 1 < len(raw):
            following = raw[position + 1]
            position += 2
            if following != "\n":
                text.append(following)
                glob.append(escape_glob(following))
            continue
        if char in GLOB_CHARACTERS and certain is None:
            certain = len(text)
        text.append(char)
        glob.append(escape_glob(char) if char == "\\" else char)
        position += 1
    return Bare("".join(text), "".join(glob), "".join(text[:certain]))


def is_live(glob: str) -> bool:
    """The glob can match files: a lone `[` cannot."""
    bare = re.sub(r"\\.", "", glob, flags=re.DOTALL)
    opened = bare.find("[")
    return "*" in bare or "?" in bare or (opened >= 0 and "]" in bare[opened:])


def unescape_double_quoted(text: str) -> str:
    """The value of a literal inside double quotes."""
    return re.sub(r'\\([$`"\\\n])', lambda m: m[1] if m[1] != "\n" else "", text)


def escape_glob(text: str) -> str:
    return re.sub(r"([*?\[\]\\])", r"\\\1", text)
