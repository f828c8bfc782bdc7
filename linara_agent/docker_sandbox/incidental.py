"""Which changes are caches and tool logs: listed, never applied, asked about."""

from dataclasses import replace
from fnmatch import fnmatchcase

from linara_agent.core.change import Change, ChangeKind

_HOME_TREES = (
    ".cache",
    ".config/procps",
    ".local/state/pip",
    ".npm/_cacache",
    ".npm/_logs",
)
_HOLDERS = (".config", ".local", ".local/state", ".npm")
"""Directories of the home that tools make to put the ones above into."""

_SYSTEM_TREES = ("/var/cache/man/",)
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
    holders = {f"{home}/{name}" for name in _HOLDERS} if home is not None else set()
    candidates |= {
        change.path
        for change in changes
        if change.path in holders
        and change.kind is ChangeKind.CREATED
        and _holds_only(change.path, candidates, changes)
    }
    if any(_loses(change) for change in changes if change.path not in candidates):
        return changes
    return tuple(
        replace(change, incidental=True) if change.path in candidates else change
        for change in changes
    )


def _holds_only(path: str, candidates: set[str], changes: tuple[Change, ...]) -> bool:
    """All that was made below is incidental, and something was."""
    inside = [one.path for one in changes if one.path.startswith(f"{path}/")]
    holders = [f"{path}/state"]  # of the two-level one
    return bool(inside) and all(one in candidates or one in holders for one in inside)


def is_incidental(path: str, *, home: str | None) -> bool:
    """The path is of a kind that tools write on the side."""
    names = path.split("/")
    if path.startswith(_SYSTEM_TREES):
        return True
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
