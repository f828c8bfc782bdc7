"""The program with a home of its own, and a look at what it made and left behind."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.conftest import leftovers
from tests.end_to_end.program import Program, settle

Left = Callable[[], list[str]]
Made = Callable[[int], list[str]]


@pytest.fixture
def work(hermetic_home: Path) -> Path:
    """The working directory of the test: empty, and a workspace."""
    assert Path.cwd() == hermetic_home.parent / "work"
    return Path.cwd()


@pytest.fixture
def linara(work: Path) -> Iterator[Program]:
    """Nothing of it works on when the test is over."""
    yield Program(cwd=work)
    settle(work.parent)


@pytest.fixture
def left(engine: docker.DockerClient, tmp_path: Path) -> Left:
    """What the programs of this test left in the engine and in scratch.

    Asked when no process of theirs works any more for one that has ended.
    """

    def found() -> list[str]:
        settle(tmp_path)
        scratch = tmp_path / "home" / ".cache" / "linara-agent" / "scratch"
        runs = [f"scratch {run}" for run in scratch.glob("*")]
        return leftovers(engine, str(tmp_path)) + runs

    return found


@pytest.fixture
def made(engine: docker.DockerClient) -> Iterator[Made]:
    """Ids of the containers that a process made during this test, gone ones too.

    The engine itself remembers the last 256 events alone, so they are listened to.
    """
    events = engine.events(
        since=int(time.time()),
        filters={"type": ["container", "volume"], "event": "create"},
        decode=True,
    )
    seen: list[dict[str, Any]] = []

    def found(pid: int) -> list[str]:
        # What is heard of after all else tells that all else was heard of.
        mark = engine.volumes.create()
        try:
            for event in events:
                seen.append(event)
                if event["Actor"]["ID"] == mark.name:
                    break
        finally:
            mark.remove()
        return [
            str(event["id"])
            for event in seen
            if event["Type"] == "container"
            and event["Actor"]["Attributes"].get("org.linara-agent.client") == str(pid)
        ]

    yield found
    events.close()
