"""Load policies and the catalogue from their files."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from typing_extensions import override

from linara_agent.compiled import Cache, Compiled
from linara_agent.core.effects.catalogue import Catalogue, Program, program_from
from linara_agent.core.policy.match import Policy, policy_from
from linara_agent.core.policy.policy_file import (
    LoadedFile,
    key_line,
    policy_file_from,
    unusable,
)
from linara_agent.shipped import shipped

SHIPPED = ("default", "strict", "automation")


_LITTLE = 1 << 14
"""Bytes of TOML that are read in the time that what is kept takes to be opened."""
_ALIASES = re.compile(r"^aliases\s*=\s*\[([^\]]*)\]", re.MULTILINE)
_TABLE = re.compile(r"^\[", re.MULTILINE)


class _Programs(Mapping[str, Program]):
    """Reads a program when it is first asked for: as it is kept, or from its file.

    A name that is no file may still be an alias: then, where nothing can be kept,
    the first lines of all files are searched for aliases, which costs a tenth of
    reading them.
    """

    def __init__(self, directory: Path, cache: Path | None) -> None:
        self._known: dict[str, Program] = {}
        self._aliases: Mapping[str, Path] | None = None
        self._files = {path.stem: path for path in sorted(directory.glob("*.toml"))}
        self._cache: Cache | None = None
        if cache is not None:
            sources = tuple(self._files.values())
            self._cache = Cache(directory=cache, sources=sources)
        self._kept: Compiled | None = None
        self._read = 0

    @override
    def __getitem__(self, name: str) -> Program:
        if name not in self._known:
            self._known[name] = self._found(name)
        return self._known[name]

    def _found(self, name: str) -> Program:
        path = self._files.get(name)
        self._read += 0 if path is None else _size(path)
        is_little = path is not None and self._read < _LITTLE
        kept = self._kept if is_little else self._whole()
        found = None if kept is None else kept.program(name)
        return found or _program(path or self._by_alias()[name])

    def _whole(self) -> Compiled | None:
        """What all files say, as it is kept; without it, it is made once."""
        cache, self._cache = self._cache, None
        if cache is not None:
            self._kept = cache.load() or cache.make()
        return self._kept

    def _by_alias(self) -> Mapping[str, Path]:
        if self._aliases is None:
            self._aliases = dict(_aliases(self._files.values()))
        return self._aliases

    @override
    def __iter__(self) -> Iterator[str]:
        kept = self._whole()
        if kept is not None:
            yield from kept.names
            return
        yield from self._files
        yield from self._by_alias()

    @override
    def __len__(self) -> int:
        return sum(1 for _ in self)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # reading it says what is wrong


def _aliases(files: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    for path in files:
        text = _text(path)
        table = _TABLE.search(text)
        head = text if table is None else text[: table.start()]
        found = _ALIASES.search(head)
        for name in re.findall(r'"([^"]+)"', found[1]) if found is not None else ():
            yield name, path


def _program(path: Path) -> Program:
    return program_from(_text(path), file=f"commands/{path.name}")


def load_catalogue(cache: Path | None = None) -> Catalogue:
    """The shipped catalogue; `cache` is where it may be kept for the next time."""
    return Catalogue(_Programs(shipped("policies") / "commands", cache))


def load_policy(reference: str) -> Policy:
    """The base by its name or its file, after everything that it extends.

    A base that several files extend counts once. Raises PolicyProblem.
    """
    return policy_from(base_name(reference), base_files(reference))


def base_files(reference: str) -> tuple[LoadedFile, ...]:
    """The files of a base, each after those that it extends; its own is the last."""
    found = {one.name: one for one in _files(reference, Path(), ())}
    return tuple(found.values())


def base_name(reference: str) -> str:
    """The name under which a base is journaled and found again from anywhere."""
    if reference in SHIPPED:
        return reference
    path = _path(reference, Path())
    return reference if path is None else str(path.absolute())


def shipped_rules() -> frozenset[str]:
    """The ids of the rules of all policies that ship."""
    files = {one.name: one for name in SHIPPED for one in base_files(name)}
    return frozenset(one.rule.id for file in files.values() for one in file.rules)


def proven(file: LoadedFile) -> bool:
    """The suite has checked the examples of exactly this text."""
    if not file.shipped:
        return False
    try:
        listed = json.loads((shipped("policies") / PROVEN).read_bytes())
    except (OSError, ValueError):
        return False
    name = file.name.rpartition("/")[2]
    return isinstance(listed, dict) and listed.get(name) == file.digest


PROVEN = "proven.json"
"""Of each shipped policy the SHA-256 of the text that the suite has checked."""


def catalogue_stamp() -> str:
    """Changes whenever a file of the catalogue does."""
    files = sorted((shipped("policies") / "commands").glob("*.toml"))
    states = [(path.name, path.stat()) for path in files]
    listed = [(name, one.st_size, one.st_mtime_ns) for name, one in states]
    return sha256(json.dumps(listed).encode()).hexdigest()


def _files(
    reference: str, directory: Path, above: tuple[Path, ...]
) -> Iterator[LoadedFile]:
    path = _path(reference, directory)
    if path is None:
        names = ", ".join(SHIPPED)
        raise unusable(
            [f"there is no policy {reference!r}: no file, and none of {names}"]
        )
    loaded = policy_file_from(
        _text(path), file=_shown(reference, path), shipped=reference in SHIPPED
    )
    for base in loaded.content.extends:
        _must_be_usable(loaded, base, path, (*above, path))
        yield from _files(base, path.parent, (*above, path))
    yield loaded


def _must_be_usable(
    loaded: LoadedFile, base: str, path: Path, above: tuple[Path, ...]
) -> None:
    where = f"{loaded.name}:{key_line(loaded, 'extends')}: extends:"
    found = _path(base, path.parent)
    if found is None:
        names = ", ".join(SHIPPED)
        raise unusable(
            [f"{where} there is no policy {base!r}: no file, and none of {names}"]
        )
    if any(found.samefile(one) for one in above):
        chain = " → ".join(one.name for one in (*above, found))
        raise unusable([f"{where} {base!r} extends itself ({chain})"])


def _path(reference: str, directory: Path) -> Path | None:
    """The file of a policy; a relative one is looked for from the file naming it."""
    if reference in SHIPPED:
        return shipped("policies") / f"{reference}.toml"
    try:
        path = directory / Path(reference).expanduser()
        return path if path.is_file() else None
    except (OSError, RuntimeError, ValueError):  # too long, no such user, a NUL
        return None


def _shown(reference: str, path: Path) -> str:
    return f"policies/{path.name}" if reference in SHIPPED else str(path.absolute())


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise unusable([f"{path}: it cannot be read ({error.strerror})"]) from error
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise unusable([f"{path}:{line}: it is not written in UTF-8"]) from error
