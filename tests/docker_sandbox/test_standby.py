"""A twin that is started in a thread, for a text that comes later or never."""

import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import docker
import pytest

from linara_agent.docker_sandbox.sandbox import Premises
from linara_agent.docker_sandbox.standby import StandbySandbox, Work
from linara_agent.errors import SandboxUnavailable
from linara_agent.ports import Progress
from tests.docker_sandbox.conftest import PlanFor, labelled

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("steady_mounts")]


class Silent:
    """Progress that nobody sees."""

    def step(self, words: str) -> nullcontext[None]:
        del words
        return nullcontext()


def settled() -> None:
    """Wait as the interpreter does at its end."""
    for thread in threading.enumerate():
        if thread.name in ("standby", "take-down"):
            thread.join()
    if any(thread.name == "take-down" for thread in threading.enumerate()):
        settled()


@contextmanager
def standing_by(premises: Premises, progress: Progress) -> Iterator[StandbySandbox]:
    sandbox = StandbySandbox(lambda: premises, progress=progress)
    try:
        yield sandbox
    finally:
        settled()
        sandbox.close()


@pytest.fixture
def standby(premises: Premises) -> Iterator[StandbySandbox]:
    with standing_by(premises, Silent()) as sandbox:
        yield sandbox


def test_a_text_is_run_in_the_twin_that_stood_by(
    standby: StandbySandbox,
    plan_for: PlanFor,
    tmp_path: Path,
    engine: docker.DockerClient,
) -> None:
    """The container is there before the text is, and it is gone in the end."""
    twin = standby.prepare(plan_for(""))
    settled()
    there = set(labelled(engine))
    preview = twin.run(plan_for("echo here"), digest="d", blobs=tmp_path)
    twin.discard()
    settled()
    assert there
    assert preview.outcome.stdout == b"here\n"
    assert labelled(engine) == []


def test_a_twin_that_is_just_starting_can_be_discarded(
    standby: StandbySandbox,
    plan_for: PlanFor,
    hermetic_home: Path,
    engine: docker.DockerClient,
) -> None:
    """Whoever needs it no more need not wait, and nothing of it is left."""
    standby.prepare(plan_for("")).discard()
    settled()
    assert list((hermetic_home / ".cache/linara-agent/scratch").iterdir()) == []
    assert labelled(engine) == []


def test_what_cannot_be_started_is_told_by_the_run_alone(
    premises: Premises, plan_for: PlanFor, tmp_path: Path
) -> None:
    """Without an engine a standby is no error until its result is needed."""
    nowhere = {"DOCKER_HOST": f"unix://{tmp_path}/none.sock"}
    with standing_by(replace(premises, environment=nowhere), Silent()) as standby:
        standby.prepare(plan_for("")).discard()
        twin = standby.prepare(plan_for(""))
        with pytest.raises(SandboxUnavailable, match="No Docker engine answers"):
            twin.run(plan_for("touch x"), digest="", blobs=tmp_path)
        twin.discard()


def test_a_person_is_told_of_what_is_waited_for(
    premises: Premises, plan_for: PlanFor, tmp_path: Path
) -> None:
    """Only the caller's own thread says something: the other one has no screen."""
    said: list[tuple[str, str]] = []

    class Told:
        @contextmanager
        def step(self, words: str) -> Iterator[None]:
            said.append((words, threading.current_thread().name))
            yield

    with standing_by(premises, Told()) as standby:
        twin = standby.prepare(plan_for(""))
        twin.run(plan_for("true"), digest="", blobs=tmp_path)
    here = threading.current_thread().name
    assert said == [("starting the twin", here), ("running in the twin", here)]


def test_an_engine_that_keeps_silent_holds_nobody_up(
    premises: Premises, plan_for: PlanFor, tmp_path: Path
) -> None:
    """A start has the processor to itself for a moment, and no longer."""
    address = tmp_path / "silent.sock"
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(address))
        silent.listen()
        theirs = replace(premises, environment={"DOCKER_HOST": f"unix://{address}"})
        with standing_by(theirs, Silent()) as sandbox:
            started = time.monotonic()
            twin = sandbox.prepare(plan_for(""))
            took = time.monotonic() - started
            twin.discard()
            silent.close()  # whoever still waits is told that nobody is there
        assert took < 20


class Interrupted(Exception):
    """As by Ctrl-C."""


def interrupt(*_: object) -> NoReturn:
    raise Interrupted


def test_an_interrupted_wait_can_be_taken_up_again() -> None:
    """What takes down after Ctrl-C gets the twin that was just being started."""
    go = threading.Event()
    work = Work(lambda: go.wait() and "the twin")
    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        me = threading.main_thread().ident or 0
        threading.Timer(0.2, signal.pthread_kill, (me, signal.SIGUSR1)).start()
        with pytest.raises(Interrupted):
            work.result()
    finally:
        signal.signal(signal.SIGUSR1, before)
    threading.Timer(0.2, go.set).start()
    assert work.result() == "the twin"
