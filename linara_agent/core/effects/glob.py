"""Path globs: `*` and `?` stay within a name, `**` crosses "/"."""

import re
from functools import lru_cache

_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\[!?\]?[^\]]*\]|\\.|.", re.DOTALL)


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
        body = token[1:-1].replace("\\", "\\\\")
        negated = body.startswith("!")
        inner = body.removeprefix("!").replace("[", "\\[").replace("^", "\\^")
        return f"[{'^' if negated else ''}{inner}]"
    return re.escape(token.removeprefix("\\") or token)


def matches(pattern: str, path: str) -> bool:
    return glob_regex(pattern).fullmatch(path) is not None


def static_directory(pattern: str) -> str:
    """The part of a glob before the first live character, up to its last slash."""
    live = re.search(r"[*?\[]", pattern)
    head = pattern[: live.start()] if live else pattern
    return head[: head.rfind("/")] or "/"
