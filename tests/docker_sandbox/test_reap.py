"""Nothing stays of a client that was killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import docker
import docker.errors
import pytest

from linara_agent.docker_sandbox.engine import connect
from linara_agent.docker_sandbox.owner import Owner
from linara_agent.docker_sandbox.reap import reap
from linara_agent.docker_sandbox.sandbox import DockerSandbox, Premises
from linara_agent.errors import SandboxUnavailable
from tests.docker_sandbox.conftest import (
    PLANS,
    PREVIEWING,
    ROOT,
    SECCOMP,
    PlanFor,
    PreviewOf,
)

pytestmark = pytest.mark.docker


@pytest.fixture
def victim(
    plan_for: PlanFor, hermetic_home: Path, sandbox: DockerSandbox
) -> Iterator["subprocess.Popen[str]"]:
    """A client in the middle of a preview: its script has begun."""
    plan = plan_for("touch begun; sleep 300", run="victim")
    text = PLANS.dump_json(plan).decode()
    with subprocess.Popen(
        [sys.executable, "-c", PREVIEWING, text, SECCOMP],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        scratch = hermetic_home / ".cache/linara-agent/scratch"
        while process.poll() is None and not list(scratch.glob("*/*/upper/**/begun")):
            time.sleep(0.02)
        assert process.poll() is None
        yield process
        process.kill()
    sandbox.reap()


def of_process(client: docker.DockerClient, pid: int) -> tuple[int, int]:
    """How many containers and volumes the process has."""
    label: dict[str, str | list[str] | bool] = {"label": f"org.linara-agent.pid={pid}"}
    return (
        len(client.containers.list(all=True, filters=label, ignore_removed=True)),
        len(client.volumes.list(filters=label)),
    )


@pytest.mark.skipif(os.getuid() != 0, reason="looks into the uppers")
def test_what_a_killed_client_left_is_removed(
    victim: "subprocess.Popen[str]",
    sandbox: DockerSandbox,
    hermetic_home: Path,
    engine: docker.DockerClient,
) -> None:
    """After kill -9 the next start removes the container, the volumes, the scratch."""
    containers, volumes = of_process(engine, victim.pid)
    assert containers == 1
    assert volumes > 5
    victim.kill()
    victim.wait()
    assert sandbox.reap() >= 2
    assert of_process(engine, victim.pid) == (0, 0)
    assert list((hermetic_home / ".cache/linara-agent/scratch").iterdir()) == []
    assert not Path("begun").exists()


@pytest.mark.skipif(os.getuid() != 0, reason="looks into the uppers")
def test_a_living_client_is_left_alone(
    victim: "subprocess.Popen[str]",
    sandbox: DockerSandbox,
    preview_of: PreviewOf,
    engine: docker.DockerClient,
) -> None:
    """Reaping does not touch the preview of another process that is still at it."""
    sandbox.reap()
    assert preview_of("echo mine").outcome.stdout == b"mine\n"
    assert of_process(engine, victim.pid)[0] == 1


@pytest.mark.skipif(os.getuid() != 0, reason="looks into the uppers")
def test_an_interrupted_preview_cleans_up(
    victim: "subprocess.Popen[str]", hermetic_home: Path, engine: docker.DockerClient
) -> None:
    """Ctrl-C in the middle of a preview takes everything down at once."""
    victim.send_signal(signal.SIGINT)
    victim.wait()
    assert of_process(engine, victim.pid) == (0, 0)
    assert list((hermetic_home / ".cache/linara-agent/scratch").iterdir()) == []


def test_nothing_to_reap_is_nothing(sandbox: DockerSandbox) -> None:
    """A second round finds nothing."""
    sandbox.reap()
    assert sandbox.reap() == 0


def test_what_resists_hinders_nothing_else(
    hermetic_home: Path, premises: Premises
) -> None:
    """One directory that cannot be removed is told of, and the others go."""
    observer = Owner.of(os.getpid(), os.getuid())
    assert observer is not None
    gone = replace(observer, start="0")
    parent = hermetic_home / "scratch"
    for run in ("first", "second", "third"):
        (parent / gone.directory(run)).mkdir(parents=True)

    def empty(path: str) -> None:
        if "second" in path:
            raise SandboxUnavailable("It is busy.", not_done="-", remedy="-")
        Path(path).rmdir()

    engine = connect(premises.environment)
    try:
        found = reap(engine, observer=observer, parents=[str(parent)], empty=empty)
    finally:
        engine.close()
    assert [problem.what for problem in found.problems] == ["It is busy."]
    assert found.things >= 2
    assert [one.name for one in parent.iterdir()] == [gone.directory("second")]


@pytest.mark.skipif(os.getuid() != 0, reason="takes a directory from the engine")
def test_a_volume_that_the_engine_lost_half_of_is_removed(
    sandbox: DockerSandbox, preview_of: PreviewOf, engine: docker.DockerClient
) -> None:
    """As a kill of the engine in mid-removal leaves it; the engine itself cannot."""
    preview_of("true")
    observer = Owner.of(os.getpid(), os.getuid())
    assert observer is not None
    made = engine.volumes.create(
        driver="local",
        driver_opts={"type": "tmpfs", "device": "tmpfs"},
        labels=replace(observer, start="0").labels("gone"),
    )
    Path(made.attrs["Mountpoint"]).rmdir()
    with pytest.raises(docker.errors.APIError, match="no such file or directory"):
        made.remove()
    sandbox.reap()
    with pytest.raises(docker.errors.NotFound):
        engine.volumes.get(str(made.id))
    assert of_process(engine, os.getpid()) == (0, 0)
