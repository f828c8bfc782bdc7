"""Load policies and the catalogue from their files."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from typing_extensions import override

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


_ALIASES = re.compile(r"^aliases\s*=\s*\[([^\]]*)\]", re.MULTILINE)
_TABLE = re.compile(r"^\[", re.MULTILINE)


class _Programs(Mapping[str, Program]):
    """Reads a program's file when it is first asked for.

    A name that is no file may still be an alias: then the first lines of all files
    are searched for aliases, which costs a tenth of reading them.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._known: dict[str, Program] = {}
        self._aliases: Mapping[str, Path] | None = None
        self._files = {path.stem: path for path in sorted(directory.glob("*.toml"))}

    @override
    def __getitem__(self, name: str) -> Program:
        if name not in self._known:
            path = self._files.get(name) or self._by_alias()[name]
            self._known[name] = _program(path)
        return self._known[name]

    def _by_alias(self) -> Mapping[str, Path]:
        if self._aliases is None:
            self._aliases = dict(_aliases(self._files.values()))
        return self._aliases

    @override
    def __iter__(self) -> Iterator[str]:
        yield from self._files
        yield from self._by_alias()

    @override
    def __len__(self) -> int:
        return len(self._files) + len(self._by_alias())


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


def load_catalogue() -> Catalogue:
    return Catalogue(_Programs(shipped("policies") / "commands"))


def load_policy(reference: str) -> Policy:
    """The base by its name or its file, after everything that it extends.

    A base that several files extend counts once. Raises PolicyProblem.
    """
    found = {one.name: one for one in _files(reference, Path(), ())}
    return policy_from(reference, tuple(found.values()))


def _files(
    reference: str, directory: Path, above: tuple[Path, ...]
) -> Iterator[LoadedFile]:
    path = _path(reference, directory)
    if path is None:
        names = ", ".join(SHIPPED)
        raise unusable(
            [f"there is no policy {reference!r}: no file, and none of {names}"]
        )
    loaded = policy_file_from(_text(path), file=_shown(reference, path))
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
    return f"policies/{path.name}" if reference in SHIPPED else str(path)


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
