"""The options that programs name in their manuals and in their `--help`.

`recorded` reads the list that was taken from Debian 12's manual pages; `in_manual`
and `in_help` read texts. All give the names of options with what follows each:
"" (no value), "=" (a value) or "[=" (a value that may be left out).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_OPTIONS = Path(__file__).parents[1] / "corpus" / "options"
RECORD = _OPTIONS / "debian-12.txt"
BEYOND = _OPTIONS / "beyond-entries.txt"

Options = dict[str, str]

_NAME = r"--?(?:\[no-\])?[A-Za-z0-9?@#][\w.#-]*"
_PART = re.compile(rf"({_NAME})(.*)")
_FIRST = re.compile(r" {1,8}-(?=[\w?@#-])")
_SEPARATOR = re.compile(r"(?:, +| \| ?|\|| or |/)(?=-{1,2}[\w?\[])| (?=--[a-z])")
_SENTENCE = 3
_ELSEWHERE = frozenset(
    ("SYNOPSIS", "EXAMPLES", "EXAMPLE", "ENVIRONMENT", "NOTES", "BUGS", "HISTORY")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What one program of one Debian package knows."""

    program: str
    package: str
    version: str
    options: Options


def recorded(file: Path = RECORD) -> tuple[Recorded, ...]:
    """Every program of the list, in its order."""
    return tuple(_programs(file.read_text(encoding="utf-8").splitlines()))


def _programs(lines: list[str]) -> Iterator[Recorded]:
    blocks: list[list[str]] = []
    for line in lines:
        if line and not line.startswith((" ", "#")):
            blocks.append([line])
        elif line.startswith(" "):
            blocks[-1].append(line)
    for head, *body in blocks:
        program, package, version = head.rsplit(" ", 2)
        words = " ".join(body).split()
        yield Recorded(
            program=program,
            package=package,
            version=version,
            options=dict(_recorded_option(word) for word in words),
        )


def _recorded_option(word: str) -> tuple[str, str]:
    for ending in ("[=", "="):
        if word.endswith(ending) and word != ending:
            return word.removesuffix(ending), ending
    return word, ""


def in_manual(text: str) -> Options:
    """The options that a manual page, formatted as plain text, has entries for."""
    found: Options = {}
    section = ""
    for line in text.splitlines():
        if re.match(r"[A-Z]", line):
            section = line.strip()
        elif section not in _ELSEWHERE and _FIRST.match(line):
            found |= {k: v for k, v in in_entry(line).items() if k not in found}
    return found


def in_help(text: str) -> Options:
    """The options that a `--help` in GNU's way lists."""
    found: Options = {}
    for line in text.splitlines():
        if _FIRST.match(line):
            found |= {k: v for k, v in in_entry(line).items() if k not in found}
    return found


def in_entry(line: str) -> Options:
    """The options of one line: `-o, --output=FILE   what it does`.

    A value that stands with one spelling (`-o, --output=FILE`) is all short
    spellings' too.
    """
    column = re.split(r"\s{2,}", re.sub(r"(?<=,)\s+", " ", line.strip()))[0]
    found: Options = {}
    for part in _SEPARATOR.split(column):
        match = _PART.fullmatch(part.strip())
        if match is None:
            continue
        value = _value(match[2])
        for name in _both(match[1].rstrip(".")):
            found[name] = value if found.get(name, value) == value else "[="
    values = set(found.values()) - {""}
    if len(values) == 1:
        value = values.pop()
        found = {n: v or (value if _short(n) else "") for n, v in found.items()}
    return found


def _short(name: str) -> bool:
    return not name.startswith("--")


def _both(name: str) -> tuple[str, ...]:
    if "[no-]" not in name:
        return (name,)
    return (name.replace("[no-]", ""), name.replace("[no-]", "no-"))


def _value(rest: str) -> str:
    """A text of several words is no value, but says what the option does."""
    sentence = rest.startswith(" ") and len(rest.split()) >= _SENTENCE
    if not rest.strip() or rest[0] in ".,;:" or (sentence and "|" not in rest):
        return ""
    return "[=" if _in_brackets(rest.strip()) else "="


def _in_brackets(text: str) -> bool:
    """`[=WIDTH[,COUNT]]`, but not `[ADDRESS:]PORT` or `=[A|B]`."""
    depth = 0
    for index, char in enumerate(text):
        depth += (char == "[") - (char == "]")
        if depth <= 0:
            return index > 0 and index == len(text) - 1
    return False
