"""`sandbox status`, `sandbox clean` and `doctor --sandbox` from the command line."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import docker
import pytest

from linara_agent.cli.doctor import tell_trials
from linara_agent.cli.exit_codes import ExitCode
from linara_agent.core.check import Check
from tests.conftest import leftovers
from tests.docker_sandbox.ground import of_session
from tests.end_to_end.program import LONGEST_S, Done, Program, tree

NOWHERE = "unix:///nonexistent/docker.sock"


@pytest.fixture
def linara(hermetic_home: Path) -> Program:
    del hermetic_home
    return Program(cwd=Path.cwd()).with_(COLUMNS=None)  # lines are not broken


def holdings(done: Done, pid: int) -> list[dict[str, object]]:
    """What the status tells of one process."""
    return [one for one in done.json["holdings"] if one["pid"] == pid]


@pytest.mark.docker
def test_the_status_names_engine_image_and_places(linara: Program):
    """For people and for programs; nothing is changed."""
    done = linara("sandbox", "status")
    assert (done.code, done.err) == (0, b"")
    assert "Engine  Docker" in done.text
    assert "storage " in done.text
    assert "Awkward places" in done.text

    found = linara("sandbox", "status", "--json").json
    assert found["schema"] == 1
    assert found["engine"]["root"].startswith("/")
    assert found["engine"]["driver"]
    assert found["engine"]["cgroup"] in {"1", "2"}
    assert found["image"].startswith("linara-agent/skeleton:")
    assert {"rootless engine", "SELinux"} <= {one["name"] for one in found["places"]}
    assert all(one["ok"] or one["remedy"] for one in found["places"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run in the middle of its preview; `pid` is the sandbox's own process."""

    process: "subprocess.Popen[bytes]"
    pid: int

    def kill(self) -> None:
        """Both processes, so that neither sees to what the other leaves."""
        os.kill(self.pid, signal.SIGKILL)
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def run_of(linara: Program) -> Iterator[Run]:
    with linara.started("run", "--no-input", "touch x; sleep 98765") as process:
        deadline = time.monotonic() + LONGEST_S
        while not (running := running_of(linara, process.pid)):
            assert time.monotonic() < deadline
            assert process.poll() is None
        yield Run(process=process, pid=running[0])


def running_of(linara: Program, client: int) -> list[int]:
    """Which processes of the client's session have a container that runs."""
    ours = of_session(client)
    told = linara("sandbox", "status", "--json").json["holdings"]
    return [one["pid"] for one in told if one["running"] and one["pid"] in ours]


@pytest.mark.docker
def test_what_a_living_run_has_stays(linara: Program, run_of: Run):
    """It is told as alive, with its owner, and cleaning passes it by."""
    alive = holdings(linara("sandbox", "status", "--json"), run_of.pid)
    assert {one["kind"] for one in alive} == {"container", "volume", "scratch"}
    assert {one["life"] for one in alive} == {"alive"}
    assert {one["uid"] for one in alive} == {os.getuid()}

    cleaned = linara("sandbox", "clean", "--json").json
    assert [one for one in cleaned["removed"] if one["pid"] == run_of.pid] == []
    assert cleaned["closed"] == []
    still = holdings(linara("sandbox", "status", "--json"), run_of.pid)
    assert {one["name"] for one in still} == {one["name"] for one in alive}


@pytest.mark.docker
def test_what_a_killed_run_left_is_removed(
    linara: Program,
    run_of: Run,
    engine: docker.DockerClient,
    tmp_path: Path,
):
    """It is told as left over and goes; the journal gets the end of the run."""
    run_of.kill()
    # The scratch is in a home that no other client knows; the rest any may reap.
    left = holdings(linara("sandbox", "status", "--json"), run_of.pid)
    assert {one["life"] for one in left} == {"left over"}
    said = linara("sandbox", "clean", "--json").json
    removed = [one["kind"] for one in said["removed"] if one["pid"] == run_of.pid]
    assert "scratch" in removed
    assert (leftovers(engine, str(tmp_path)), tree(Path.cwd())) == ([], {})

    (latest,) = linara("audit", "list", "--json").text.splitlines()
    run = json.loads(latest)
    assert said["closed"] == [run["run"]]
    assert (run["ended"], run["exit"]) == ("killed", None)
    assert linara("audit", "verify").code == 0
    assert linara("sandbox", "clean", "--json").json["closed"] == []


@pytest.mark.docker
def test_a_killed_run_is_closed_where_no_engine_answers(linara: Program, run_of: Run):
    """The journal needs none; what is in the engine waits for it, and goes then."""
    run_of.kill()
    without = linara.with_(DOCKER_HOST=NOWHERE)
    assert without("sandbox", "clean").code == ExitCode.NO_SANDBOX
    (latest,) = linara("audit", "list", "--json").text.splitlines()
    assert json.loads(latest)["ended"] == "killed"
    assert linara("sandbox", "clean").code == 0
    assert holdings(linara("sandbox", "status", "--json"), run_of.pid) == []


def test_without_an_engine_it_says_so(linara: Program):
    """Exit 21 for each of them, with the remedy, and no row that says `stopped`."""
    for call in (
        ("sandbox", "status"),
        ("sandbox", "clean"),
        ("doctor", "--sandbox"),
    ):
        done = linara.with_(DOCKER_HOST=NOWHERE)(*call)
        assert (done.code, done.out) == (ExitCode.NO_SANDBOX, b""), call
        assert "what to do:" in done.said
    done = linara.with_(DOCKER_HOST=NOWHERE)("doctor", "--sandbox", "--json")
    assert (done.code, done.json["exit"]) == (ExitCode.NO_SANDBOX, 21)
    assert done.json["remedy"] in done.said


@pytest.mark.docker
def test_cleaning_all_is_not_done_unasked(linara: Program):
    """Without a terminal and without --yes: exit 2, nothing removed."""
    done = linara("sandbox", "clean", "--all")
    assert done.code == ExitCode.USAGE
    assert "Nothing was removed" in done.said


@pytest.mark.docker
def test_the_trials_of_the_sandbox_are_all_stopped(linara: Program):
    """`doctor --sandbox` exits 0, with a row for each attempt."""
    done = linara("doctor", "--sandbox", "--json")
    assert done.code == 0, done.said
    trials = done.json["trials"]
    assert done.json["ok"]
    assert len(trials) > 20
    assert all(one["stopped"] and one["saw"] for one in trials)


@pytest.mark.parametrize("as_json", [False, True])
def test_one_open_way_is_exit_21(*, as_json: bool, capsys: pytest.CaptureFixture[str]):
    """What was not stopped is said in capitals, with what to do."""
    trials = (
        Check(name="mount", ok=True, detail="EPERM"),
        Check(name="network", ok=False, detail="reached", remedy="Stop."),
    )
    with pytest.raises(click.exceptions.Exit) as ended:
        tell_trials(trials, as_json=as_json)

    assert ended.value.exit_code == ExitCode.NO_SANDBOX
    said = capsys.readouterr()
    if as_json:
        assert [one["stopped"] for one in json.loads(said.out)["trials"]] == [1, 0]
    else:
        assert "NOT stopped  network" in said.out
        assert "1 of 2 attempts were NOT stopped" in said.err
        assert "Stop." in said.err
