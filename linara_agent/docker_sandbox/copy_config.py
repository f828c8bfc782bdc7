"""Where the copy lies: which volumes stand at which paths, and in whose container."""

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from linara_agent.core.sandbox_plan import SandboxPlan
from linara_agent.docker_sandbox.endpoint import NOT_DONE
from linara_agent.docker_sandbox.mountinfo import is_below
from linara_agent.docker_sandbox.twin import Start, shell, shut
from linara_agent.errors import SandboxUnavailable

VIEW = "copy"
DESK = "/desk"
PYTHON = "/usr/bin/python3"
"""The toolbox's own."""

_BESIDE = ("/tmp", "/var/tmp")  # noqa: S108 — places of the container
_SYSTEM = frozenset(
    ("/", "/bin", "/dev", "/etc", "/lib", "/lib64", "/proc", "/run", "/sbin", "/sys",
     "/usr", "/usr/bin", "/usr/lib", "/usr/sbin", "/var", "/var/lib")
)  # fmt: skip
_KERNEL = ("/dev", "/proc", "/sys")


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What the script left beside the workspace; `more` were not named."""

    paths: tuple[str, ...]
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """`beside` are the empty places that can be written; `name` is the volumes'."""

    workspace: str
    beside: tuple[str, ...]
    name: str

    @classmethod
    def of(cls, plan: SandboxPlan, name: str) -> Self:
        """Raises SandboxUnavailable where nothing sensible could be copied."""
        workspace = os.path.realpath(plan.workspace or plan.cwd)
        if not (plan.cwd == workspace or is_below(plan.cwd, workspace)):
            workspace = os.path.realpath(plan.cwd)
        if workspace in _SYSTEM or any(is_below(workspace, top) for top in _KERNEL):
            raise SandboxUnavailable(
                f"The directory {workspace} belongs to the system and cannot be copied "
                "for a preview.",
                not_done=NOT_DONE,
                remedy="Go to the directory of your work first, or use an engine on "
                "this machine.",
            )
        wanted = dict.fromkeys((plan.caller.home.rstrip("/"), *_BESIDE))
        beside = tuple(
            place
            for place in wanted
            if place not in _SYSTEM
            and place != workspace
            and not is_below(place, workspace)
            and _is_directory(place)
        )
        return cls(workspace=workspace, beside=beside, name=name)

    @property
    def volumes(self) -> tuple[str, ...]:
        """The workspace's first, then one for each place beside it."""
        return tuple(f"{self.name}-{n}" for n in range(1 + len(self.beside)))

    def mounts(self, labels: Mapping[str, str]) -> list[dict[str, Any]]:
        """For the script's container: everything at its own path."""
        return [
            _mount(volume, target, labels)
            for volume, target in zip(
                self.volumes, (self.workspace, *self.beside), strict=True
            )
        ]

    def inner(self, path: str) -> str:
        """The path below the workspace, as it is told to the keeper."""
        inner = path.removeprefix(self.workspace).lstrip("/")
        return os.fsencode(inner).decode("latin-1")

    def way_below(self, place: str) -> Iterator[str]:
        """The place itself, and the directories in it that hold the workspace."""
        yield ""
        for other in (self.workspace, *self.beside):
            if is_below(other, place):
                names = other.removeprefix(place).strip("/").split("/")
                for depth in range(1, len(names) + 1):
                    yield "/".join(names[:depth])

    def named(self, head: Mapping[str, Any]) -> Beside:
        """The keeper's first line in absolute paths."""
        paths = tuple(
            f"{self.beside[number - 1]}/{os.fsdecode(path.encode('latin-1'))}"
            for number, path in head["aside"]
        )
        return Beside(paths=paths, more=int(head["more"]))


def _is_directory(path: str) -> bool:
    try:
        return stat.S_ISDIR(Path(path).lstat().st_mode)
    except OSError:
        return False


def _mount(volume: str, target: str, labels: Mapping[str, str]) -> dict[str, Any]:
    return {
        "Type": "volume",
        "Source": volume,
        "Target": target,
        "VolumeOptions": {"NoCopy": True, "Labels": dict(labels)},
    }


def keeper_config(start: Start, grounds: Grounds) -> dict[str, Any]:
    """Reads everything in the copy, writes nothing, runs no text."""
    mounts = [
        _mount(volume, f"{DESK}/{number}", start.labels)
        for number, volume in enumerate(grounds.volumes)
    ]
    host = shut() | {
        "CapAdd": ["DAC_READ_SEARCH"],
        "SecurityOpt": ["no-new-privileges"],
        "Mounts": mounts,
    }
    return {"User": "0:0", "HostConfig": host} | shell(start)
