"""The program with a home of its own, and a look at what it made and left behind."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest

from tests.conftest import RUN_LABEL, leftovers
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
def made(engine: docker.DockerClient) -> Made:
    """Ids of the containers that a process made during this test, gone ones too."""
    since = int(time.time())

    def found(pid: int) -> list[str]:
        labels = [RUN_LABEL, f"org.linara-agent.client={pid}"]
        events = engine.events(
            since=since,
            until=int(time.time()) + 1,
            filters={"type": "container", "event": "create", "label": labels},
            decode=True,
        )
        return [str(event["id"]) for event in events]

    return found
