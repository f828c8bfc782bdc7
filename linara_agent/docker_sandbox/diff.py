"""Unified diffs of short text files, at a bounded cost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_CONTEXT = 3
_MIDDLE = 1000
"""Lines between the common start and end that are compared: difflib's worst case
grows faster than their square."""

Opcode = tuple[str, int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffLimits:
    """`bytes` a side and `lines` of a diff; `files` get one, the first in order."""

    bytes: int = 64 << 10
    lines: int = 400
    files: int = 500


def unified(
    path: str, before: bytes | None, after: bytes, limits: DiffLimits
) -> str | None:
    """The diff of two contents (None: absent), or None if it is long or not text."""
    old = _lines(before or b"", limits)
    new = _lines(after, limits)
    if old is None or new is None or old == new:
        return None
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    if max(len(old), len(new)) - start - end > _MIDDLE:
        return None
    shown = _printable(path)
    lines = [
        "--- /dev/null\n" if before is None else f"--- a{shown}\n",
        f"+++ b{shown}\n",
    ]
    for hunk in _hunks(old, new, start, end):
        lines += hunk
        if len(lines) > limits.lines:
            return None
    return "".join(lines)


def _lines(content: bytes, limits: DiffLimits) -> list[str] | None:
    """Lines, ended by line feeds alone; None if it is not short text."""
    if len(content) > limits.bytes or b"\0" in content:
        return None
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    lines = [f"{line}\n" for line in text.split("\n")]
    last = lines.pop()
    return lines if last == "\n" else [*lines, last[:-1]]


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    count = 0
    for one, other in zip(old, new, strict=False):
        if one != other:
            break
        count += 1
    return count


def _hunks(old: list[str], new: list[str], start: int, end: int) -> Iterator[list[str]]:
    """Hunks as lists of lines; common lines far from the middle are not compared."""
    first = max(start - _CONTEXT, 0)
    cut = max(end - _CONTEXT, 0)
    one, other = old[first : len(old) - cut], new[first : len(new) - cut]
    matcher = SequenceMatcher(None, one, other)
    for group in matcher.get_grouped_opcodes(_CONTEXT):
        yield [_header(group, first), *_body(group, one, other)]


def _header(group: Sequence[Opcode], first: int) -> str:
    old = _range(first + group[0][1], first + group[-1][2])
    new = _range(first + group[0][3], first + group[-1][4])
    return f"@@ -{old} +{new} @@\n"


def _range(start: int, stop: int) -> str:
    """As diff(1) writes it: counted from 1, an empty range named by its left edge."""
    length = stop - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def _body(
    group: Sequence[Opcode], old: Sequence[str], new: Sequence[str]
) -> Iterator[str]:
    for tag, a, b, c, d in group:
        if tag == "equal":
            yield from (_ended(" ", line) for line in old[a:b])
            continue
        yield from (_ended("-", line) for line in old[a:b])
        yield from (_ended("+", line) for line in new[c:d])


def _ended(mark: str, line: str) -> str:
    if line.endswith("\n"):
        return f"{mark}{line}"
    return f"{mark}{line}\n\\ No newline at end of file\n"


def _printable(path: str) -> str:
    """The path on one line of valid text."""
    return path.encode(errors="backslashreplace").decode().replace("\n", "\\n")
