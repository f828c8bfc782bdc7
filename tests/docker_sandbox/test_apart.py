"""The sandbox in a process of its own: the same previews, the same errors."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import docker
import pytest

from linara_agent.core.attempt import UnusableAnswer
from linara_agent.docker_sandbox.apart import (
    BROKEN,
    FAILED,
    answer_for,
    put_together,
    taken_apart,
)
from linara_agent.docker_sandbox.identity import Foreign
from linara_agent.errors import SandboxUnavailable
from tests.conftest import ROOT
from tests.docker_sandbox.conftest import PLANS, PlanFor

pytestmark = pytest.mark.docker


def told(case: str, plan: str, **settings: Any) -> Any:
    """What the client says, when it has ended."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.docker_sandbox.apart_client", case, plan],
        check=True,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT), **settings.pop("env", {})},
        **settings,
    )
    return json.loads(done.stdout)


@pytest.fixture
def plan(plan_for: PlanFor) -> str:
    return PLANS.dump_json(plan_for("echo here; echo made > x")).decode()


def test_a_preview_comes_from_the_other_process(plan: str) -> None:
    """With its blobs, and the words for the person; of two twins one was not used."""
    said = told("previewed", plan)
    preview = said["preview"]
    assert preview["digest"] == "the-digest"
    assert [one["kind"] for one in preview["changes"]] == ["created"]
    assert preview["outcome"]["exit"] == 0
    assert said["contents"] == ["made\n"]
    assert said["words"] == ["starting the twin", "-", "running in the twin", "-"]


def test_a_preview_that_has_settled_is_gone(plan: str) -> None:
    """A look at the host after it sees none of its mounts, and no container."""
    assert told("settled", plan) == {"containers": 0, "volumes": 0}


def test_many_changes_come_whole_and_in_order(plan_for: PlanFor) -> None:
    """They are told in several pieces."""
    made = plan_for("mkdir d; for n in {1000..7000}; do echo > d/$n; done")
    preview = told("previewed", PLANS.dump_json(made).decode())["preview"]
    names = [Path(one["path"]).name for one in preview["changes"]]
    assert names == ["d", *map(str, range(1000, 7001))]


@pytest.mark.parametrize(
    "lack",
    [
        OSError(errno.EMFILE, "Too many open files"),
        OSError(errno.EAGAIN, "Resource temporarily unavailable"),
        RuntimeError("can't start new thread"),
        MemoryError(),
    ],
    ids=str,
)
def test_a_lack_is_no_bug_of_ours(lack: Exception) -> None:
    """It is said with what to raise, wherever it was met."""
    kind, value = answer_to(lack)
    assert (kind, value[0]) == (FAILED, SandboxUnavailable)
    assert "ulimit" in put_together(*value).remedy


def test_what_cannot_be_sent_is_told_as_a_bug() -> None:
    """An error that holds what no other process can have is no dead process."""
    odd = SandboxUnavailable("it failed", not_done="nothing", remedy="look")
    odd.holds = lambda: None  # type: ignore[attr-defined]
    kind, value = answer_to(odd)
    assert kind == BROKEN
    assert "it failed" in value


def answer_to(error: Exception) -> tuple[int, Any]:
    try:
        raise error
    except type(error) as raised:
        return answer_for(raised)


def test_an_error_is_the_same_as_in_one_process(plan: str) -> None:
    """Its three sentences; for --debug also where it was raised."""
    nowhere = {"DOCKER_HOST": "unix:///nowhere/engine.sock"}
    said = told("previewed", plan, env=nowhere)
    assert said["error"] == "SandboxUnavailable"
    assert "No Docker engine answers at unix:///nowhere" in said["what"][0]
    assert said["what"][1:] == [
        "No preview was made and nothing ran.",
        (
            "Start that engine, or use the default one: unset DOCKER_HOST and run "
            "`docker context use default`."
        ),
    ]
    assert "in connect" in said["notes"][0]


def test_an_error_is_whole_in_another_process() -> None:
    """Type, sentences, notes, however its class wants it made."""
    failed = UnusableAnswer.__new__(UnusableAnswer, "it failed")
    vars(failed).update(what="it failed", reason="no text")
    foreign = Foreign("it is another", not_done="nothing", remedy="look")
    foreign.add_note("where")
    for error in (failed, foreign):
        back = put_together(*taken_apart(error))
        assert type(back) is type(error)
        assert (back.args, vars(back)) == (error.args, vars(error))


def test_a_bug_over_there_is_told_with_its_traceback(plan: str) -> None:
    """It is no other error here than in one process, and can be reported."""
    assert "ZeroDivisionError" in told("buggy", plan)["notes"][0]


def test_signals_are_for_the_client_to_heed(plan: str) -> None:
    """Ctrl-C goes to both processes; what follows from it is decided by one."""
    assert told("signalled", plan)["preview"]["outcome"]["exit"] == 0


def test_without_the_process_there_is_no_preview(plan: str) -> None:
    """Who kills it gets an error that says so, and no wait."""
    said = told("bereft", plan)
    assert said["error"] == "SandboxUnavailable"
    assert "ended before it could answer" in said["what"][0]


def test_nobody_waits_for_the_process_by_what_they_gave_us(
    plan: str, engine: docker.DockerClient
) -> None:
    """It holds none of the client's streams open when that has ended."""
    del engine
    said = told("opened", plan, stdin=subprocess.PIPE)
    assert said == {"streams": ["/dev/null"] * 3, "shared": []}


def test_where_a_stream_is_closed_there_is_no_other_process(plan: str) -> None:
    """A pipe of ours in its place might be taken for what the caller gave."""
    closed = f"exec {sys.executable} -m tests.docker_sandbox.apart_client"
    done = subprocess.run(
        ["bash", "-c", f'{closed} previewed "$1" <&-', "bash", plan],
        check=True,
        cwd=ROOT,
        capture_output=True,
    )
    assert json.loads(done.stdout) == {"apart": False}
