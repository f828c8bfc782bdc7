"""Starting and stopping: real engines, each in a network namespace of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.sandbox.conftest import Place


@pytest.mark.docker
def test_an_engine_is_started_over_stale_files_and_stopped(private: Place):
    """`ensure` survives what a crash left, `stop` ends exactly what it started."""
    (private.path / "docker.pid").write_text(str(os.getpid()))
    private.stale_socket(private.socket)
    private.stale_socket(private.path / "containerd.sock")
    containerd = private.path / "exec" / "containerd" / "containerd.pid"
    containerd.parent.mkdir(parents=True)
    containerd.write_text(str(os.getpid()))

    ensured = private.call("ensure")
    assert ensured.returncode == 0, ensured.stderr
    assert ensured.stderr.count("removing the stale") == 4
    pid = private.pid()
    assert (private.path / "docker.pid").read_text() == str(pid)
    assert os.getsid(pid) == pid, "it has a session of its own"

    again = private.call("ensure")
    assert (0, pid) == (again.returncode, private.pid())
    assert "starting" not in again.stderr
    assert f"started by this script: pid {pid}" in private.call("status").stderr

    assert private.call("stop").returncode == 0
    assert not private.runs(pid)
    assert not private.record.exists()
    assert private.call("where").returncode == 1
    assert "nothing to stop" in private.call("stop").stderr


@pytest.mark.docker
def test_an_engine_that_was_killed_is_started_again(private: Place):
    """What a killed engine really leaves (pid files, socket) does not stop the next."""
    assert private.call("ensure").returncode == 0
    first = private.pid()
    os.kill(first, signal.SIGKILL)
    while private.runs(first):
        pass

    ensured = private.call("ensure")

    assert ensured.returncode == 0, ensured.stderr
    assert private.pid() != first
    assert private.call("where").stdout == f"unix://{private.socket}\n"


@pytest.mark.docker
def test_the_engine_holds_nothing_of_its_caller(private: Place):
    """A caller that waits for the end of a pipe is not kept waiting by the engine."""
    reader, writer = os.pipe()
    subprocess.run(
        [private.script, "ensure"],
        env=private.environment(MAKEFLAGS="--jobserver-auth=3,4", API_KEY="s"),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[writer],
        check=True,
    )
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        assert pipe.read() == b""
    names = {
        line.split(b"=")[0]
        for line in Path(f"/proc/{private.pid()}/environ").read_bytes().split(b"\0")
    }
    assert not names & {b"API_KEY", b"MAKEFLAGS"}
    assert Path(f"/proc/{private.pid()}/cwd").readlink() == Path("/")


@pytest.mark.docker
def test_two_calls_at_once_start_one_engine(private: Place):
    """Calls that race wait for each other, and both succeed with the same engine."""
    private.dockerd(f"echo x >>{private.path}/starts; REAL")
    calls = [
        subprocess.Popen(
            [private.script, "ensure"],
            env=private.environment(),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(3)
    ]
    assert [call.wait() for call in calls] == [0, 0, 0]
    assert (private.path / "starts").read_text() == "x\n"


@pytest.mark.docker
def test_an_engine_without_a_packet_filter_is_started_without_networks(private: Place):
    """Where the kernel cannot do the engine's networks, it runs without them."""
    private.dockerd(
        'case "$*" in *--iptables=false*) REAL;; esac\n'
        "echo 'failed to start daemon: Error initializing network controller: "
        "iptables failed: No chain/target/match by that name' >&2; exit 1"
    )
    ensured = private.call("ensure")

    assert ensured.returncode == 0, ensured.stderr
    assert "no packet filter" in ensured.stderr


def test_an_engine_that_fails_is_quoted(private: Place):
    """When dockerd ends at once, the end of its log tells why, and the exit is 1."""
    private.dockerd("echo 'level=fatal msg=the disk is full'; exit 1")
    ensured = private.call("ensure")

    assert ensured.returncode == 1
    assert "dockerd ended before it answered" in ensured.stderr
    assert "the disk is full" in ensured.stderr


def test_an_engine_that_hangs_is_reported_and_can_be_stopped(private: Place):
    """When dockerd never answers, the wait ends, and `stop` ends that process."""
    private.dockerd("echo waiting for the moon; while :; do sleep 0.2; done")
    ensured = private.call("ensure", LINARA_ENGINE_WAIT_S="1")
    pid = private.pid()

    assert ensured.returncode == 1
    assert f"dockerd (pid {pid}) did not answer within 1 s" in ensured.stderr
    assert "waiting for the moon" in ensured.stderr
    assert private.call("stop").returncode == 0
    assert not private.runs(pid)


def test_an_engine_that_others_started_is_waited_for_and_left_alone(private: Place):
    """A live dockerd that does not answer is neither stopped nor doubled."""
    private.dockerd("while :; do sleep 0.2; done")
    with subprocess.Popen([private.path / "dockerd"]) as other:
        (private.path / "docker.pid").write_text(str(other.pid))
        ensured = private.call("ensure", LINARA_ENGINE_WAIT_S="1")
        stopped = private.call("stop")
        alive = other.poll() is None
        other.terminate()

    assert ensured.returncode == 1
    assert f"dockerd (pid {other.pid}) runs, but does not answer" in ensured.stderr
    assert "nothing to stop" in stopped.stderr
    assert alive


def test_stop_knows_a_reused_pid(private: Place):
    """A process that only has the recorded pid, and another start, is not stopped."""
    private.dockerd("while :; do sleep 0.2; done")
    with subprocess.Popen([private.path / "dockerd"]) as other:
        private.record.parent.mkdir()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        private.record.write_text(
            f"how=detached\npid={other.pid}\nstarted=1\nboot={boot}\n"
        )
        time.sleep(0.1)
        stopped = private.call("stop")
        alive = other.poll() is None
        other.terminate()

    assert "nothing to stop" in stopped.stderr
    assert alive


def test_installing_can_be_forbidden(private: Place):
    """Without a dockerd, LINARA_ENGINE_INSTALL=0 makes `ensure` fail and say so."""
    (private.path / "dockerd").unlink()
    ensured = private.call("ensure")

    assert ensured.returncode == 1
    assert "LINARA_ENGINE_INSTALL=0 forbids installing it" in ensured.stderr


def test_a_failed_installation_quotes_apt(private: Place):
    """When apt cannot fetch the package, its last words and a remedy are shown."""
    (private.path / "dockerd").unlink()
    programs = private.path / "programs"
    programs.mkdir()
    apt = programs / "apt-get"
    apt.write_text("#!/bin/sh\necho 'E: Could not resolve the archive'; exit 100\n")
    apt.chmod(0o755)
    ensured = private.call(
        "ensure",
        LINARA_ENGINE_INSTALL="1",
        PATH=f"{programs}:{os.environ['PATH']}",
    )

    assert ensured.returncode == 1
    assert "E: Could not resolve the archive" in ensured.stderr
    assert "apt's sources" in ensured.stderr
