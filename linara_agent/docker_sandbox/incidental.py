"""Which changes are caches and tool logs: listed, never applied, asked about."""

from dataclasses import replace
from fnmatch import fnmatchcase

from linara_agent.core.change import Change, ChangeKind

_HOME_TREES = (".cache", ".npm/_logs", ".npm/_cacache", ".local/state/pip")
_HOME_FILES = (
    ".bash_history-*.tmp",
    ".gdb_history",
    ".lesshst",
    ".node_repl_history",
    ".psql_history",
    ".python_history",
    ".rnd",
    ".sqlite_history",
    ".viminfo",
    ".viminf?.tmp",
    ".wget-hsts",
)
_TREES = frozenset(["__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache"])
_FILES = ("*.pyc", "*.pyo")
_KINDS = (ChangeKind.CREATED, ChangeKind.MODIFIED, ChangeKind.METADATA)


def mark(changes: tuple[Change, ...], *, home: str | None) -> tuple[Change, ...]:
    """Mark the incidental ones.

    Deletions never are. Nor is anything when the run also deleted, replaced or
    shortened something: what was there may have gone into a cache (`mv notes
    ~/.cache/`), and leaving that out of an apply would lose it.
    """
    candidates = {
        change.path
        for change in changes
        if change.kind in _KINDS
        and not change.masked
        and is_incidental(change.path, home=home)
    }
    if any(_loses(change) for change in changes if change.path not in candidates):
        return changes
    return tuple(
        replace(change, incidental=True) if change.path in candidates else change
        for change in changes
    )


def is_incidental(path: str, *, home: str | None) -> bool:
    """The path is of a kind that tools write on the side."""
    names = path.split("/")
    if not _TREES.isdisjoint(names):
        return True
    if any(fnmatchcase(names[-1], pattern) for pattern in _FILES):
        return True
    inner = None if home is None else _below(path, home)
    if inner is None:
        return False
    if any(inner == tree or inner.startswith(f"{tree}/") for tree in _HOME_TREES):
        return True
    return any(fnmatchcase(inner, pattern) for pattern in _HOME_FILES)


def _below(path: str, home: str) -> str | None:
    prefix = f"{home.rstrip('/')}/"
    return path[len(prefix) :] if path.startswith(prefix) else None


def _loses(change: Change) -> bool:
    if change.kind in (ChangeKind.DELETED, ChangeKind.TYPE):
        return True
    before, after = change.before, change.after
    return before is not None and after is not None and after.size < before.size
