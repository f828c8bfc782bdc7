"""What of ours is in the engine and on the disk, whose it is, and what is left over."""

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from linara_agent.core.check import Check
from linara_agent.docker_sandbox import skeleton
from linara_agent.docker_sandbox.awkward import awkward
from linara_agent.docker_sandbox.engine import Engine, EngineFacts, connect
from linara_agent.docker_sandbox.host_view import HostView, read_view
from linara_agent.docker_sandbox.mountinfo import parse
from linara_agent.docker_sandbox.owner import OURS, PREFIX, Owner
from linara_agent.docker_sandbox.sandbox import DockerSandbox, Premises
from linara_agent.docker_sandbox.scratch_guard import usage
from linara_agent.docker_sandbox.volumes import remove_volume
from linara_agent.errors import SandboxUnavailable

_SETTLED_S = 3600.0
"""An image of another layout of `/` may be about to be used for so long."""


class Life(StrEnum):
    """Of the process that made a thing."""

    ALIVE = "alive"
    GONE = "left over"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A container, volume, scratch directory or image of ours.

    `size` in bytes, None where it is not known; `age_s` in seconds. An image belongs
    to nobody (`uid` and `pid` None), and is left over when it fits `/` no more.
    `running` is a container whose processes have not ended.
    """

    kind: str
    name: str
    life: Life
    run: str | None = None
    uid: int | None = None
    pid: int | None = None
    age_s: float | None = None
    size: int | None = None
    running: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """`image` is the name of the one that fits this machine now."""

    engine: EngineFacts
    address: str
    image: str
    holdings: tuple[Holding, ...]
    places: tuple[Check, ...]


def status(premises: Premises) -> Status:
    """Look at everything and change nothing. Raises SandboxUnavailable."""
    engine = connect(premises.environment)
    try:
        facts = engine.facts()
        mounts = parse(Path("/proc/self/mountinfo").read_bytes())
        view = read_view(mounts, hidden=(facts.root,))
        return Status(
            engine=facts,
            address=engine.endpoint.url,
            image=skeleton.image_name(view),
            holdings=tuple(_holdings(engine, premises, view)),
            places=awkward(facts, view, mounts),
        )
    finally:
        engine.close()


def clean(premises: Premises, *, everything: bool) -> tuple[Holding, ...]:
    """Remove what runs that are gone left behind; returns what is not there any more.

    `everything` takes also what belongs to others or to nobody that can be told, and
    the image in use. A living run's things stay. Raises SandboxUnavailable, after all
    that can be removed is gone, if something resists.
    """
    before = status(premises).holdings
    with DockerSandbox(premises) as sandbox:
        problems = [*sandbox.clean_up().problems]
    observer = Owner.of(premises.pid, premises.uid)
    engine = connect(premises.environment)
    try:
        for one in before:
            if _unwanted(one, everything=everything):
                try:
                    _remove(engine, one, observer)
                except SandboxUnavailable as problem:
                    problems.append(problem)
    finally:
        engine.close()
    if problems:
        raise problems[0]
    left = {(one.kind, one.name) for one in status(premises).holdings}
    return tuple(one for one in before if (one.kind, one.name) not in left)


def _unwanted(one: Holding, *, everything: bool) -> bool:
    nobodys = one.life is Life.UNKNOWN or one.kind == "image"
    return one.life is Life.GONE or (everything and nobodys)


def _remove(engine: Engine, holding: Holding, observer: Owner | None) -> None:
    match holding.kind:
        case "container":
            engine.remove(holding.name)
        case "volume" if observer is not None:
            remove_volume(engine, holding.name, owner=observer)
        case "image":
            engine.remove_image(holding.name)
        case _:
            return  # scratch is the reaper's: only it knows how to empty it


def _holdings(engine: Engine, premises: Premises, view: HostView) -> Iterator[Holding]:
    observer = Owner.of(premises.pid, premises.uid)
    now = time.time()
    for one in engine.containers(OURS):
        labels = dict(one.get("Labels") or {})
        made = float(one.get("Created") or now)
        holding = _labelled("container", labels, observer)
        yield replace(
            holding,
            name=str(one["Id"])[:12],
            age_s=now - made,
            running=one.get("State") == "running",
        )
    for one in engine.volumes(OURS):
        labels = dict(one.get("Labels") or {})
        holding = _labelled("volume", labels, observer)
        age = _age(str(one.get("CreatedAt") or ""), now)
        yield replace(holding, name=str(one["Name"]), age_s=age)
    yield from _scratch(premises, observer, now)
    yield from _images(engine, skeleton.image_name(view), now)


def _labelled(kind: str, labels: Mapping[str, str], observer: Owner | None) -> Holding:
    owner = Owner.from_labels(dict(labels))
    return Holding(
        kind=kind,
        name="",
        life=_life(owner, observer),
        run=labels.get(OURS),
        uid=_number(labels.get(PREFIX + "uid")),
        pid=_number(labels.get(PREFIX + "pid")),
    )


def _scratch(
    premises: Premises, observer: Owner | None, now: float
) -> Iterator[Holding]:
    for parent in premises.places:
        try:
            names = sorted(os.listdir(parent))  # noqa: PTH208 — names, not paths
        except OSError:
            continue
        for name in names:
            owner = Owner.from_directory(name, premises.uid)
            path = f"{parent}/{name}"
            try:
                made = Path(path).lstat().st_mtime
            except OSError:
                continue  # it went meanwhile
            used, complete = usage(path)
            yield Holding(
                kind="scratch",
                name=path,
                life=_life(owner, observer),
                run=name.partition(".")[0],
                uid=premises.uid,
                pid=owner.pid if owner else None,
                age_s=now - made,
                size=used if complete else None,
            )


def _images(engine: Engine, current: str, now: float) -> Iterator[Holding]:
    for one in engine.images(skeleton.LABEL):
        tags: list[Any] = list(one.get("RepoTags") or ())
        name = str(tags[0]) if tags else str(one["Id"])
        age = now - float(one.get("Created") or now)
        old = name != current and age > _SETTLED_S
        yield Holding(
            kind="image",
            name=name,
            life=Life.GONE if old else Life.ALIVE,
            age_s=age,
            size=int(one.get("Size") or 0),
        )


def _life(owner: Owner | None, observer: Owner | None) -> Life:
    if owner is None or observer is None:
        return Life.UNKNOWN
    if owner.is_gone(observer):
        return Life.GONE
    here = (owner.boot, owner.namespace) == (observer.boot, observer.namespace)
    return Life.ALIVE if here else Life.UNKNOWN


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdigit() else None


def _age(stamp: str, now: float) -> float | None:
    """Of an RFC 3339 time, as the engine gives it for volumes."""
    try:
        return now - datetime.fromisoformat(stamp).timestamp()
    except ValueError:
        return None
