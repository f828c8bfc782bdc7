"""Remove what clients left that were killed before they could clean up."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from linara_agent.docker_sandbox.engine import Engine
from linara_agent.docker_sandbox.owner import OURS, PREFIX, Owner
from linara_agent.docker_sandbox.volumes import remove_volume
from linara_agent.errors import SandboxUnavailable

Empty = Callable[[str], None]
"""Removes a run's directory below a scratch parent, given its path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaped:
    """How many things were removed, and why others could not be."""

    things: int = 0
    problems: tuple[SandboxUnavailable, ...] = ()


def reap(
    engine: Engine, *, observer: Owner, parents: Sequence[str], empty: Empty
) -> Reaped:
    """Containers first, since they hold the rest; what resists hinders nothing else.

    Raises SandboxUnavailable if the engine does not say what there is.
    """
    things, problems = 0, []
    for remove in _left_over(engine, observer=observer, parents=parents, empty=empty):
        try:
            remove()
            things += 1
        except SandboxUnavailable as problem:
            problems.append(problem)
    return Reaped(things=things, problems=tuple(problems))


def _left_over(
    engine: Engine, *, observer: Owner, parents: Sequence[str], empty: Empty
) -> Iterator[Callable[[], None]]:
    """What removes each thing; the next kind is looked for when one is gone."""
    mine = f"{PREFIX}uid={observer.uid}"
    for container in engine.containers(OURS, mine):
        if _left(dict(container.get("Labels") or {}), observer):
            yield partial(engine.remove, str(container["Id"]))
    for volume in engine.volumes(OURS, mine):
        if _left(dict(volume.get("Labels") or {}), observer):
            name = str(volume["Name"])
            yield partial(remove_volume, engine, name, owner=observer)
    for path in abandoned(parents, observer):
        yield partial(empty, path)


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
