"""Path globs: `*` and `?` stay within a name, `**` crosses "/"."""

import re
from functools import lru_cache

_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\[[!^]?\]?[^\]]*\]|\\.|.", re.DOTALL)


@lru_cache(maxsize=4096)
def glob_regex(pattern: str) -> re.Pattern[str]:
    """Compile a glob; it must match a whole path."""
    parts = [_translated(token) for token in _TOKEN.findall(pattern)]
    return re.compile("".join(parts), re.DOTALL)


def _translated(token: str) -> str:
    fixed = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    if token in fixed:
        return fixed[token]
    if token.startswith("[") and len(token) > 1:
        return _set(token[1:-1])
    return re.escape(token.removeprefix("\\") or token)


def _set(body: str) -> str:
    """A bracket expression; one that is no set of characters matches anything."""
    negated = body[:1] in ("!", "^")
    inner = body[1:] if negated else body
    if not inner or "[" in inner:  # `[[:alpha:]]` and its like
        return "[^/]"
    quoted = inner.replace("\\", "\\\\").replace("]", "\\]").replace("^", "\\^")
    written = f"[{'^' if negated else ''}{quoted}]"
    try:
        re.compile(written)
    except re.error:
        return "[^/]"
    return written


@lru_cache(maxsize=4096)
def any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Globs as one expression: a preview may have changed a hundred thousand paths."""
    both = "|".join(glob_regex(one).pattern for one in patterns)
    return re.compile(both if patterns else "(?!)", re.DOTALL)


def matches(pattern: str, path: str) -> bool:
    return glob_regex(pattern).fullmatch(path) is not None


def is_live(pattern: str) -> bool:
    """Something in it stands for more than itself."""
    return re.search(r"[*?\[]", pattern) is not None


def static_directory(pattern: str) -> str:
    """The part of a glob before the first live character, up to its last slash."""
    live = re.search(r"[*?\[]", pattern)
    head = pattern[: live.start()] if live else pattern
    return head[: head.rfind("/")] or "/"


@lru_cache(maxsize=16384)
def intersect(shell: str, pattern: str) -> bool:
    """Some path is matched by both.

    In `shell`, a glob of a command, a wildcard does not match the dot that a hidden
    name begins with. A bracket expression is taken for any character.
    """
    return _Meeting(_atoms(shell), _atoms(pattern)).at(0, 0)


def _atoms(pattern: str) -> tuple[str, ...]:
    """`*`, `?`, `**` and `**/` as they are, anything else as `=` and its character."""
    found: list[str] = []
    for token in _TOKEN.findall(pattern):
        if token in ("**/", "**", "*", "?"):
            found.append(token)
        elif token.startswith("[") and len(token) > 1:
            found.append("?")
        else:
            found.append("=" + (token.removeprefix("\\") or token))
    return tuple(found)


_REPEATS = ("*", "**", "**/")


class _Meeting:
    """Whether the rests of two globs, from each pair of places, can be one text."""

    def __init__(self, shell: tuple[str, ...], pattern: tuple[str, ...]) -> None:
        self._shell = shell
        self._pattern = pattern
        self._known: dict[tuple[int, int], bool] = {}

    def at(self, i: int, j: int) -> bool:
        if (i, j) not in self._known:
            self._known[i, j] = False  # a repeat that matches nothing comes back here
            self._known[i, j] = self._meets(i, j)
        return self._known[i, j]

    def _meets(self, i: int, j: int) -> bool:
        a = self._shell[i] if i < len(self._shell) else None
        b = self._pattern[j] if j < len(self._pattern) else None
        if a is None and b is None:
            return True
        if self._skips(a, b, i) and self.at(i, j + 1):
            return True
        if a in _REPEATS and self.at(i + 1, j):
            return True
        if a is None or b is None or not self._share(a, b, i):
            return False
        if a in _REPEATS and b in _REPEATS:
            return False  # covered by skipping either
        return self.at(i if a in _REPEATS else i + 1, j if b in _REPEATS else j + 1)

    def _skips(self, a: str | None, b: str | None, i: int) -> bool:
        """`b` may match nothing here; `**/` only where a name begins."""
        before = self._shell[i - 1] if i else "=/"
        begins = before == "=/" or before[:2] == "**" or (a or "")[:2] == "**"
        return b in ("*", "**") or (b == "**/" and begins)

    def _share(self, a: str, b: str, i: int) -> bool:
        """One character can be had by both; `**/` has any, as it ends in a slash."""
        first, second = a.removeprefix("="), b.removeprefix("=")
        if a.startswith("=") and b.startswith("="):
            return first == second
        if a.startswith("="):
            return first != "/" or b in ("**", "**/")
        if b.startswith("="):
            begins = i == 0 or self._shell[i - 1] == "=/"
            hidden = second == "." and begins and a in ("*", "?")
            return not hidden and (second != "/" or a in ("**", "**/"))
        return True
