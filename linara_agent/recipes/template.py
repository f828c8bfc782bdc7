"""A recipe's command with its values put in, each quoted for the shell.

A template holds `{name}` for one whole word, or for the end of a word after
`=`. Composed words are built from values first and then quoted as one.
"""

import re
import shlex
from collections.abc import Callable, Mapping

_PLACE = re.compile(r"\{([a-z_]+)(?:\|([a-z_]+))?\}")
_STARTS_WORD = re.compile(r"(?:^|[\s=(])$")
_ENDS_WORD = re.compile(r"(?:$|[\s;)])")


def _literal_glob(value: str) -> str:
    """For find's -name: only itself."""
    return re.sub(r"([\\*?\[\]])", r"\\\1", value)


def _basic_regex(value: str) -> str:
    """For sed's left side between slashes: only itself."""
    return re.sub(r"([\\.*\[\]^$/])", r"\\\1", value)


def _replacement(value: str) -> str:
    """For sed's right side between slashes: only itself."""
    return re.sub(r"([\\&/])", r"\\\1", value)


def _extended_regex(value: str) -> str:
    """For pgrep and pkill: only itself."""
    return re.sub(r"([\\.*\[\]^$+?(){}|])", r"\\\1", value)


def _stem(value: str) -> str:
    """A path without slashes at its end."""
    return value.rstrip("/") or value


def _plus_one(value: str) -> str:
    """A number of rows with the line above them counted in."""
    return str(int(value) + 1)


FILTERS: dict[str, Callable[[str], str]] = {
    "literal_glob": _literal_glob,
    "basic_regex": _basic_regex,
    "replacement": _replacement,
    "extended_regex": _extended_regex,
    "stem": _stem,
    "plus_one": _plus_one,
}
"""What `{name|filter}` does in a composed word."""


def places_of(template: str) -> frozenset[str]:
    """The names that the template wants filled."""
    return frozenset(found[1] for found in _PLACE.finditer(template))


def problems_of_command(template: str) -> tuple[str, ...]:
    """Why values could not stand safely where the template puts them."""
    problems = []
    for found in _PLACE.finditer(template):
        before, after = template[: found.start()], template[found.end() :]
        if found[2]:
            problems.append(f"{found[0]}: filters belong into composed words")
        if _inside_quotes(before):
            problems.append(f"{found[0]} stands inside quotation marks")
        if not (_STARTS_WORD.search(before) and _ENDS_WORD.match(after)):
            problems.append(f"{found[0]} is not a whole word")
    return tuple(problems)


def problems_of_words(templates: Mapping[str, str]) -> tuple[str, ...]:
    """Filters that do not exist."""
    return tuple(
        f"{found[0]} in {name!r} names no filter"
        for name, template in templates.items()
        for found in _PLACE.finditer(template)
        if found[2] and found[2] not in FILTERS
    )


def fill_plain(template: str, values: Mapping[str, str]) -> str:
    """Values as they are: for prose and for composed words."""

    def put(found: re.Match[str]) -> str:
        value = values[found[1]]
        return FILTERS[found[2]](value) if found[2] else value

    return _PLACE.sub(put, template)


def fill_command(
    template: str, *, values: Mapping[str, str], words: Mapping[str, str]
) -> str:
    """The command, with every value and every composed word quoted."""
    composed = {name: fill_plain(word, values) for name, word in words.items()}
    known = {**values, **composed}
    return _PLACE.sub(lambda found: shlex.quote(known[found[1]]), template)


def _inside_quotes(text: str) -> bool:
    quote = ""
    for char in text:
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
    return bool(quote)
