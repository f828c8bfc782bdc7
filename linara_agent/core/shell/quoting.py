r"""Pure text rules of bash: escapes, `$'…'`, brace expansion.

Source: the bash 5.2 manual, sections "Quoting" and "Brace Expansion".
"""

import re

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
    r"|u(?P<u4>[0-9a-fA-F]{1,4})|U(?P<u8>[0-9a-fA-F]{1,8})"
    r"|c(?P<control>.)|(?P<simple>.))",
    re.DOTALL,
)
GLOB_CHARACTERS = frozenset("*?[")


def decode_ansi_c(text: str) -> str | None:
    r"""The value of `$'text'`; None for what is no valid text (`\xff`, `\0`)."""
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
            return _utf8(int(value, 16))
        case "control":
            return bytes((ord(value.upper()) & 0x1F,)) if value.isascii() else b"\0"
        case _:
            decoded = _SIMPLE.get(value)
            return (decoded if decoded is not None else "\\" + value).encode()


def _utf8(code: int) -> bytes:
    """The character, or NUL (which makes the whole word unknown) if it is none."""
    try:
        return chr(code).encode()
    except (ValueError, OverflowError):
        return b"\0"


def unescape_bare(text: str) -> tuple[str, bool]:
    """The value of an unquoted literal, and whether it holds a live glob.

    Characters that were escaped and would be special in a glob are kept with a
    backslash when the result is a glob.
    """
    plain: list[str] = []
    pattern: list[str] = []
    live = False
    position = 0
    while position < len(text):
        char = text[position]
        if char == "\\" and position + 1 < len(text):
            following = text[position + 1]
            position += 2
            if following == "\n":
                continue
            plain.append(following)
            pattern.append(escape_glob(following))
            continue
        live = live or char in GLOB_CHARACTERS
        plain.append(char)
        pattern.append(char)
        position += 1
    return "".join(pattern if live else plain), live


def unescape_double_quoted(text: str) -> str:
    """The value of a literal inside double quotes."""
    return re.sub(r'\\([$`"\\\n])', lambda m: m[1] if m[1] != "\n" else "", text)


def escape_glob(text: str) -> str:
    return re.sub(r"([*?\[\]\\])", r"\\\1", text)


_SEQUENCE = re.compile(
    r"(-?\d+)\.\.(-?\d+)(?:\.\.(-?\d+))?|([A-Za-z])\.\.([A-Za-z])(?:\.\.(-?\d+))?"
)
_MOST_WORDS = 1000


def expand_braces(text: str) -> tuple[str, ...] | None:
    """The words that an unquoted literal expands to; None if there are too many."""
    found = _first_brace(text)
    if found is None:
        return (text,)
    start, end, items = found
    words: list[str] = []
    for item in items:
        inner = expand_braces(item)
        rest = expand_braces(text[end:])
        if inner is None or rest is None:
            return None
        words += [text[:start] + left + right for left in inner for right in rest]
        if len(words) > _MOST_WORDS:
            return None
    return tuple(words)


def _first_brace(text: str) -> tuple[int, int, list[str]] | None:
    position = 0
    while position < len(text):
        if text[position] == "\\":
            position += 2
            continue
        if text[position] == "{" and text[position - 1 : position] != "$":
            closed = _items(text, position)
            if closed is not None:
                return position, *closed
        position += 1
    return None


def _items(text: str, start: int) -> tuple[int, list[str]] | None:
    """The end of the brace that opens at `start`, and what stands between commas."""
    depth = 0
    items: list[str] = []
    begin = position = start + 1
    while position < len(text):
        char = text[position]
        if char == "\\":
            position += 1
        elif char == "{":
            depth += 1
        elif char == "}" and depth:
            depth -= 1
        elif char == "," and not depth:
            items.append(text[begin:position])
            begin = position + 1
        elif char == "}":
            items.append(text[begin:position])
            if len(items) > 1:
                return position + 1, items
            sequence = _sequence(items[0])
            return None if sequence is None else (position + 1, sequence)
        position += 1
    return None


def _sequence(text: str) -> list[str] | None:
    match = _SEQUENCE.fullmatch(text)
    if match is None:
        return None
    first, last, step, start, stop, letters = match.groups()
    if first is None:
        codes = _range(ord(start), ord(stop), int(letters or 1))
        return [chr(code) for code in codes]
    padded = any(re.match(r"-?0\d", side) for side in (first, last))
    width = max(len(first), len(last)) if padded else 0
    numbers = _range(int(first), int(last), int(step or 1))
    return [f"{number:0{width}d}" for number in numbers]


def _range(first: int, last: int, step: int) -> list[int]:
    stride = max(abs(step), 1)
    if abs(last - first) // stride > _MOST_WORDS:
        return [first, last] * _MOST_WORDS
    if first <= last:
        return list(range(first, last + 1, stride))
    return list(range(first, last - 1, -stride))
