"""The files of policy layers: where they lie, who wrote them, and what is trusted.

A layer lies in one of three places: `policy.toml` in the system's directory (of root),
`policy.toml` in the person's configuration, and `.linara-agent.toml` at the top of the
workspace, which counts once the person trusts it.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from linara_agent.core.policy.layers import LayerKind
from linara_agent.core.policy.policy_file import (
    LoadedFile,
    policy_file_from,
    unusable,
)
from linara_agent.settings.directories import Directories
from linara_agent.settings.own_file import UnusableFile, own_bytes
from linara_agent.settings.trust import Trust, TrustStore

PROJECT_FILE = ".linara-agent.toml"
LAYER_FILE = "policy.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Whose layers count: `workspace` is the top of the project, None without one.

    `root` is the user that the system's layer must belong to.
    """

    directories: Directories
    workspace: str | None
    root: int = 0

    def path(self, kind: LayerKind) -> Path | None:
        """Where a layer would lie."""
        match kind:
            case LayerKind.SYSTEM:
                return self.directories.system / LAYER_FILE
            case LayerKind.USER:
                return self.directories.config / LAYER_FILE
            case LayerKind.PROJECT:
                top = self.workspace
                return None if top is None else Path(top) / PROJECT_FILE

    @property
    def own(self) -> tuple[str, ...]:
        """What no command may change: our own places, and the project's policy."""
        project = self.path(LayerKind.PROJECT)
        return (*self.directories.own, *([] if project is None else [str(project)]))

    @property
    def trusted(self) -> TrustStore:
        return TrustStore(state=self.directories.state)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLayer:
    """A layer's file as it lies there; `trust` is None where none is needed.

    `file` is None where it is not read: a project's that was never trusted.
    """

    kind: LayerKind
    path: Path
    file: LoadedFile | None
    trust: Trust | None = None

    @property
    def counts(self) -> bool:
        return self.file is not None and self.trust in (None, Trust.TRUSTED)


def found_layers(kind: LayerKind, ground: Ground) -> Iterator[FoundLayer]:
    """None or one. Raises PolicyProblem where it cannot be used."""
    path = ground.path(kind)
    if path is None:
        return
    if kind is LayerKind.PROJECT:
        yield from _project(path, ground)
        return
    owners = {ground.root} if kind is LayerKind.SYSTEM else {ground.root, os.geteuid()}
    raw = _raw(path, owners)
    if raw is not None:
        yield FoundLayer(kind=kind, path=path, file=_loaded(path, raw))


def _project(path: Path, ground: Ground) -> Iterator[FoundLayer]:
    """Before it is trusted nothing of it is read: it may be a hostile repository."""
    kind = LayerKind.PROJECT
    if not os.path.lexists(path):
        return
    if not ground.trusted.known(path):
        yield FoundLayer(kind=kind, path=path, file=None, trust=Trust.UNTRUSTED)
        return
    raw = _raw(path, None)
    if raw is None:
        yield FoundLayer(kind=kind, path=path, file=None, trust=Trust.CHANGED)
        return
    trust = ground.trusted.of(path, sha256(raw).hexdigest())
    file = _loaded(path, raw) if trust is Trust.TRUSTED else None
    yield FoundLayer(kind=kind, path=path, file=file, trust=trust)


def read_project_file(path: Path) -> LoadedFile:
    """A project's file that is about to be trusted. Raises PolicyProblem."""
    raw = _raw(path, None)
    if raw is None:
        raise unusable([f"{path}:1: there is no such file"])
    return _loaded(path, raw)


def _raw(path: Path, owners: set[int] | None) -> bytes | None:
    """The bytes; None where there is no file. Raises PolicyProblem.

    With `owners`, what somebody else could have written is refused.
    """
    try:
        return own_bytes(path, owners)
    except UnusableFile as error:
        raise unusable([f"{path}:1: {error}"]) from error


def _loaded(path: Path, raw: bytes) -> LoadedFile:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise unusable([f"{path}:{line}: it is not written in UTF-8"]) from error
    return policy_file_from(text, file=str(path))
