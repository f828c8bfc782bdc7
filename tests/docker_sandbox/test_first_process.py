"""The end of a container, heard from the kernel before the engine tells it."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from linara_agent.docker_sandbox.first_process import FirstProcess
from linara_agent.docker_sandbox.sandbox import DockerSandbox
from tests.docker_sandbox.conftest import PlanFor


@pytest.fixture
def child() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def group_of(process: "subprocess.Popen[bytes]") -> str:
    """Something that stands in the name of its control group, as a container's does."""
    return Path(f"/proc/{process.pid}/cgroup").read_text().strip()


def test_its_end_is_heard(child: "subprocess.Popen[bytes]") -> None:
    """Not before, and soon after."""
    first = FirstProcess.of({"Pid": child.pid}, group_of(child))
    assert first is not None
    with first:
        assert not first.ended(0.05)
        child.kill()
        started = time.monotonic()
        assert first.ended(60)
        assert time.monotonic() - started < 30


def test_a_process_of_another_group_is_not_taken(
    child: "subprocess.Popen[bytes]",
) -> None:
    """The number may mean another process here than it means to the engine."""
    assert FirstProcess.of({"Pid": child.pid}, "f" * 64) is None


@pytest.mark.parametrize("state", [{}, {"Pid": 0}, {"Pid": None}, {"Pid": 1 << 30}])
def test_no_process_is_none(state: dict[str, object]) -> None:
    """A container that has ended, or an engine that says nothing."""
    assert FirstProcess.of(state, "") is None


def test_one_that_ended_before_is_none(child: "subprocess.Popen[bytes]") -> None:
    """Its number may be another's by now."""
    group = group_of(child)
    child.kill()
    child.wait()
    assert FirstProcess.of({"Pid": child.pid}, group) is None


def test_closing_twice_is_fine(child: "subprocess.Popen[bytes]") -> None:
    """The second time there is nothing to close."""
    first = FirstProcess.of({"Pid": child.pid}, group_of(child))
    assert first is not None
    first.close()
    first.close()


@pytest.mark.docker
def test_a_twins_supervisor_is_seen(
    sandbox: DockerSandbox, plan_for: PlanFor, tmp_path: Path
) -> None:
    """On an engine of this machine, and it ends with the twin."""
    twin = sandbox.prepare(plan_for(""))
    first = twin._assembly.first
    assert first is not None
    assert not first.ended(0)
    preview = twin.run(plan_for("touch x"), digest="d", blobs=tmp_path)
    assert [Path(change.path).name for change in preview.changes] == ["x"]
