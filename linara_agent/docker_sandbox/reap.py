"""Remove what clients left that were killed before they could clean up."""

import os
from collections.abc import Callable, Sequence

from linara_agent.docker_sandbox.engine import Engine
from linara_agent.docker_sandbox.owner import OURS, PREFIX, Owner

Empty = Callable[[str], None]
"""Removes a run's directory below a scratch parent, given its path."""


def reap(
    engine: Engine, *, observer: Owner, parents: Sequence[str], empty: Empty
) -> int:
    """Containers first, since they hold the rest; returns how many things there were.

    Raises SandboxUnavailable.
    """
    mine = f"{PREFIX}uid={observer.uid}"
    count = 0
    for container in engine.containers(OURS, mine):
        if _left(dict(container.get("Labels") or {}), observer):
            engine.remove(str(container["Id"]))
            count += 1
    for volume in engine.volumes(OURS, mine):
        if _left(dict(volume.get("Labels") or {}), observer):
            engine.remove_volume(str(volume["Name"]))
            count += 1
    for path in abandoned(parents, observer):
        empty(path)
        count += 1
    return count


def abandoned(parents: Sequence[str], observer: Owner) -> tuple[str, ...]:
    """The directories of runs whose process is gone."""
    found: list[str] = []
    for parent in parents:
        try:
            names = sorted(os.listdir(parent))  # noqa: PTH208 — names, not paths
        except OSError:
            continue
        for name in names:
            owner = Owner.from_directory(name, observer.uid)
            if owner is not None and owner.is_gone(observer):
                found.append(f"{parent}/{name}")
    return tuple(found)


def _left(labels: dict[str, str], observer: Owner) -> bool:
    owner = Owner.from_labels(labels)
    return owner is not None and owner.is_gone(observer)
