"""A client that ends in mid-preview leaves nothing, or the next one clears it."""

import json
import os
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import docker
import docker.errors
import pytest

from tests.conftest import RUN_LABEL
from tests.docker_sandbox.ground import of_session
from tests.end_to_end.conftest import Left
from tests.end_to_end.program import LONGEST_S, Program, tree
from tests.end_to_end.terminal import terminal

pytestmark = pytest.mark.docker

SOON_S = 20.0
SLOW = "echo begun > x; sleep 98765"
AwaitScript = Callable[[int], None]


@pytest.fixture
def await_script(engine: docker.DockerClient) -> AwaitScript:
    """Wait until the script of that client runs in its twin."""

    def running(pid: int) -> bool:
        labels = [RUN_LABEL, f"org.linara-agent.client={pid}"]
        for one in engine.containers.list(
            filters={"label": labels}, ignore_removed=True
        ):
            try:
                rows = one.top(ps_args="-eo pid,args")["Processes"]
            except docker.errors.APIError:  # it is about to start, or has ended
                continue
            if any(row[1] == "sleep 98765" for row in rows):
                return True
        return False

    def wait(pid: int) -> None:
        deadline = time.monotonic() + LONGEST_S
        while not running(pid):
            assert time.monotonic() < deadline, "the script never ran"
            time.sleep(0.05)

    return wait


def ending(linara: Program, number: int) -> dict[str, object]:
    """How the journal says that a run ended, the latest first."""
    lines = linara("audit", "list", "--json").text.splitlines()
    run: dict[str, object] = json.loads(lines[number])
    return run


def test_a_client_that_was_killed_leaves_nothing(
    linara: Program, work: Path, await_script: AwaitScript, left: Left
):
    """After kill -9 the sandbox's own process takes down what it was at work on."""
    with linara.started("run", "--no-input", SLOW) as process:
        await_script(process.pid)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert (left(), tree(work)) == ([], {})


def test_without_its_sandbox_a_client_ends(
    linara: Program, work: Path, await_script: AwaitScript, left: Left
):
    """Kill -9 of that process alone is an error; the next command removes the rest."""
    with linara.started("run", "--no-input", SLOW) as process:
        await_script(process.pid)
        [sandbox] = set(of_session(process.pid)) - {process.pid}
        os.kill(sandbox, signal.SIGKILL)
        _, said = process.communicate(timeout=LONGEST_S)
    assert (process.returncode, tree(work)) == (21, {}), said
    assert len(left()) > 2
    assert linara("run", "--no-input", "true").code == 0
    assert left() == []


def test_a_group_that_was_killed_leaves_nothing(
    linara: Program, await_script: AwaitScript, left: Left
):
    """As `timeout -s KILL` does it: the sandbox's own process is in another group."""
    with linara.started("run", "--no-input", SLOW) as process:
        await_script(process.pid)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert left() == []


def test_what_was_killed_as_a_whole_is_reaped_by_the_next(
    linara: Program, work: Path, await_script: AwaitScript, left: Left
):
    """After kill -9 of all the next command removes container, volumes and scratch."""
    with linara.started("run", "--no-input", SLOW) as process:
        await_script(process.pid)
        everyone = of_session(process.pid)
        # Stopped first, so that none of them sees another one gone.
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for one in everyone:
                os.kill(one, number)
        process.communicate()
    assert len(left()) > 2

    assert linara("run", "--no-input", "true").code == 0

    assert left() == []
    assert tree(work) == {}
    assert (ending(linara, 0)["exit"], ending(linara, 1)["exit"]) == (0, None)
    run = str(ending(linara, 0)["run"])
    assert '"event": "reaped"' in linara("audit", "show", "--json", run).text
    assert linara("audit", "verify").code == 0


def test_a_living_client_is_not_reaped(
    linara: Program, work: Path, await_script: AwaitScript, left: Left
):
    """Two runs at the same time do not take each other down."""
    with linara.started("run", "--no-input", SLOW) as process:
        await_script(process.pid)
        before = left()
        assert linara("run", "--no-input", "true").code == 0
        assert (left(), process.poll()) == (before, None)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=LONGEST_S)
    assert process.returncode == 130
    assert left() == []
    assert tree(work) == {}


def test_a_person_can_break_off_a_preview(
    linara: Program, work: Path, await_script: AwaitScript, left: Left
):
    """Ctrl-C in mid-preview exits 130 without a traceback and leaves nothing at all."""
    with terminal(linara, "run", SLOW) as screen:
        await_script(screen.process.pid)
        screen.interrupt()
        code = screen.end()

    assert (code, left(), tree(work)) == (130, [], {}), screen.text
    assert "Traceback" not in screen.text
    assert linara("plan", "list", "--all", "--json").json == []
    plans = work.parent / "home/.local/state/linara-agent/plans"
    assert list(plans.iterdir()) == []
    assert (ending(linara, 0)["ended"], ending(linara, 0)["exit"]) == ("failed", 130)


def first_namespace() -> bool:
    """Of processes: in others the program does wait, for it may be their first."""
    return Path("/proc/self/ns/pid").readlink().name == "pid:[4026531836]"


@pytest.mark.skipif(not first_namespace(), reason="runs in a container")
def test_nobody_waits_for_what_is_taken_down(linara: Program, left: Left):
    """The program ends while the sandbox's process cannot even begin to do so."""
    with terminal(linara, "run", "touch x") as screen:
        screen.wait_for("decline")
        [sandbox] = set(of_session(screen.process.pid)) - {screen.process.pid}
        os.kill(sandbox, signal.SIGSTOP)
        try:
            screen.press("d")
            assert screen.end() == 12
        finally:
            os.kill(sandbox, signal.SIGCONT)
    assert left() == []


@pytest.mark.skipif(os.getuid() != 0, reason="makes a namespace of processes")
def test_who_is_the_first_process_waits(linara: Program, work: Path, left: Left):
    """In a container all others end with that one, and could not take down."""
    apart = ("unshare", "--pid", "--fork", "--mount-proc", "--")
    alone = replace(linara, words=(*apart, *linara.words))
    assert alone("run", "--no-input", "touch x").code == 10
    assert (left(), tree(work)) == ([], {})


def test_whoever_needs_no_engine_waits_for_none(linara: Program, tmp_path: Path):
    """One that hangs holds up neither a wrong call nor the process behind it."""
    with socket.socket(socket.AF_UNIX) as engine:
        engine.bind(str(tmp_path / "hangs.sock"))
        engine.listen()
        hung = linara.with_(DOCKER_HOST=f"unix://{tmp_path}/hangs.sock")
        with hung.started("run", "--nonsense") as process:
            process.communicate(timeout=LONGEST_S)
        assert process.returncode == 2
        deadline = time.monotonic() + SOON_S
        while of_session(process.pid):
            assert time.monotonic() < deadline
            time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=str)
def test_a_client_that_is_told_to_end_leaves_nothing_for_long(
    linara: Program, await_script: AwaitScript, left: Left, number: signal.Signals
):
    """What a closed terminal or a shutdown leaves, the next run reaps."""
    with linara.started("run", "--no-input", SLOW) as process:
        await_script(process.pid)
        process.send_signal(number)
        process.communicate(timeout=LONGEST_S)
    assert process.returncode != 0

    assert linara("run", "--no-input", "true").code == 0
    assert left() == []


def test_a_preview_ends_at_its_time_limit(linara: Program, work: Path, left: Left):
    """--timeout stops the script, and what it did until then is shown, not hidden."""
    said = linara("run", "--json", "--timeout", "1", SLOW).json

    assert (said["exit"], said["preview"]["limits"]) == (10, ["time"])
    assert [one["path"] for one in said["preview"]["changes"]] == [str(work / "x")]
    assert (left(), tree(work)) == ([], {})
