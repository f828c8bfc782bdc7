"""A twin that is started before its text is known."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import docker
import pytest
from docker.models.containers import Container

from linara_agent.core.sandbox_plan import Limits, SandboxPlan
from linara_agent.docker_sandbox.identity import Foreign, Outdated
from linara_agent.docker_sandbox.prepared import PreparedTwin, orders
from linara_agent.docker_sandbox.sandbox import DockerSandbox, Premises
from tests.docker_sandbox.conftest import PlanFor, labelled

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("steady_mounts")]


def test_a_prepared_twin_waits_for_its_text(
    sandbox: DockerSandbox, plan_for: PlanFor, tmp_path: Path
) -> None:
    """Preparing and running are two steps; the text comes only with the second."""
    blobs = tmp_path / "b"
    blobs.mkdir()
    twin = sandbox.prepare(plan_for(""))
    Path("made-in-between").write_text("x")
    preview = twin.run(plan_for("ls"), digest="d", blobs=blobs)
    assert preview.outcome.stdout == b"made-in-between\n"


def test_a_prepared_twin_that_waited_too_long_is_remade(
    premises: Premises, plan_for: PlanFor, tmp_path: Path, engine: docker.DockerClient
) -> None:
    """A standby ends by itself; the person does not notice."""
    with DockerSandbox(replace(premises, standby_s=0.1)) as sandbox:
        twin = sandbox.prepare(plan_for(""))
        engine.containers.get(labelled(engine)[0]).wait(timeout=30)
        preview = twin.run(plan_for("echo here"), digest="", blobs=tmp_path)
    assert preview.outcome.stdout == b"here\n"
    assert labelled(engine) == []


def test_a_prepared_twin_can_be_discarded(
    sandbox: DockerSandbox, plan_for: PlanFor, hermetic_home: Path, engine
) -> None:
    """A twin that is not needed leaves nothing."""
    sandbox.prepare(plan_for("")).discard()
    assert list((hermetic_home / ".cache/linara-agent/scratch").iterdir()) == []
    assert labelled(engine) == []


def test_a_prepared_twin_keeps_its_ground(
    premises: Premises, plan_for: PlanFor, tmp_path: Path, engine: docker.DockerClient
) -> None:
    """A plan with other masks is not run in a twin that shows too much."""
    Path("secret").write_text("x")
    hidden = (str(Path("secret").absolute()),)
    with DockerSandbox(premises) as sandbox:
        twin = sandbox.prepare(plan_for(""))
        before = labelled(engine)[0]
        plan = plan_for("cat secret", masks=hidden)
        preview = twin.run(plan, digest="", blobs=tmp_path)
        assert before not in labelled(engine)
    assert preview.outcome.stdout == b""
    assert labelled(engine) == []


def test_the_next_twin_of_a_run_waits_for_the_last_to_go(
    sandbox: DockerSandbox, plan_for: PlanFor, tmp_path: Path
) -> None:
    """Twins of one run share a directory, whose removal nobody waited for."""
    said = []
    for text in ("echo one > x", "cat x", "ls"):
        twin = sandbox.prepare(plan_for(""))
        said.append(twin.run(plan_for(text), digest="", blobs=tmp_path).outcome.stdout)
    assert said == [b"", b"", b""]


def test_a_standby_ends_with_its_client(
    sandbox: DockerSandbox, plan_for: PlanFor, engine
) -> None:
    """When the client lets go before it sent a text, the container ends by itself."""
    twin = sandbox.prepare(plan_for(""))
    container = engine.containers.get(labelled(engine)[0])
    twin._assembly.attachment.close()
    assert container.wait(timeout=30)["StatusCode"] == 0
    twin.discard()


def test_a_running_script_ends_with_its_client(
    sandbox: DockerSandbox, plan_for: PlanFor, engine
) -> None:
    """Nobody listens any more, so nothing goes on."""
    with greeted(sandbox, plan_for("")) as twin:
        container = engine.containers.get(labelled(engine)[0])
        line = json.dumps(orders(plan_for("sleep 1000")))
        twin._assembly.attachment.send(line.encode() + b"\n")
        twin._assembly.attachment.close()
        assert container.wait(timeout=30)["StatusCode"] == 0


def test_a_client_that_reads_no_more_stops_no_clock(
    sandbox: DockerSandbox, plan_for: PlanFor, engine: docker.DockerClient
) -> None:
    """The wall time is kept although nobody takes the output."""
    with greeted(sandbox, plan_for("")) as twin:
        container = engine.containers.get(labelled(engine)[0])
        line = json.dumps(
            orders(plan_for("yes", limits=Limits(wall_s=0.5, output=1 << 30)))
        )
        twin._assembly.attachment.send(line.encode() + b"\n")
        while "yes" not in running(container):
            time.sleep(0.05)
        while running(container) != ["/usr/bin/python3"]:
            time.sleep(0.05)


@contextmanager
def greeted(sandbox: DockerSandbox, plan: SandboxPlan) -> Iterator[PreparedTwin]:
    """A twin that has seen our files; mounts may come and go beside this test."""
    for _ in range(20):
        twin = sandbox.prepare(plan)
        with ExitStack() as stack:
            stack.callback(twin.discard)
            try:
                twin._greet()
            except (Foreign, Outdated):
                continue
            yield twin
            return
    raise AssertionError("other files each time")


def running(container: Container) -> list[str]:
    """The first words of the commands that run in the container."""
    rows = container.top(ps_args="-o pid,args")["Processes"]
    return [row[-1].split()[0] for row in rows]
