"""Load policies and the catalogue from their files."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from typing_extensions import override

from linara_agent.core.effects.catalogue import (
    Catalogue,
    Program,
    catalogue_from,
    program_from,
)
from linara_agent.core.policy.match import Policy, policy_from
from linara_agent.core.policy.policy_file import LoadedFile, policy_file_from
from linara_agent.errors import PolicyProblem
from linara_agent.shipped import shipped

SHIPPED = ("default", "strict", "automation")


class _Programs(Mapping[str, Program]):
    """Reads a program's file when it is first asked for.

    A name that is no file may still be an alias: only then all files are read.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._known: dict[str, Program] = {}
        self._all: Mapping[str, Program] | None = None
        self._files = {path.stem: path for path in directory.glob("*.toml")}

    @override
    def __getitem__(self, name: str) -> Program:
        if name in self._known:
            return self._known[name]
        path = self._files.get(name)
        if path is not None:
            self._known[name] = _program(path)
            return self._known[name]
        return self._everything()[name]

    def _everything(self) -> Mapping[str, Program]:
        if self._all is None:
            read = [self._known.get(n) or _program(p) for n, p in self._files.items()]
            self._all = catalogue_from(read).programs
        return self._all

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._everything())

    @override
    def __len__(self) -> int:
        return len(self._everything())


def _program(path: Path) -> Program:
    return program_from(_text(path), file=f"commands/{path.name}")


def load_catalogue() -> Catalogue:
    return Catalogue(_Programs(shipped("policies") / "commands"))


def load_policy(reference: str) -> Policy:
    """The base by its name or its file, after everything that it extends.

    Raises PolicyProblem.
    """
    return policy_from(reference, tuple(_files(reference, ())))


def _files(reference: str, above: tuple[str, ...]) -> Iterator[LoadedFile]:
    if reference in above:
        raise _unusable(f"{reference} extends itself ({' → '.join(above)}).")
    path = _path(reference)
    loaded = policy_file_from(_text(path), file=_shown(reference, path))
    for base in loaded.content.extends:
        yield from _files(base, (*above, reference))
    yield loaded


def _path(reference: str) -> Path:
    if reference in SHIPPED:
        return shipped("policies") / f"{reference}.toml"
    path = Path(reference).expanduser()
    if path.is_file():
        return path
    names = ", ".join(SHIPPED)
    raise _unusable(f"There is no policy {reference!r}: no file, and none of {names}.")


def _shown(reference: str, path: Path) -> str:
    return f"policies/{path.name}" if reference in SHIPPED else str(path)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(f"{path} cannot be read: {error}.") from error


def _unusable(what: str) -> PolicyProblem:
    return PolicyProblem(
        what,
        not_done="Nothing was judged, and nothing ran.",
        remedy="Name a shipped policy or an existing file with --policy.",
    )
