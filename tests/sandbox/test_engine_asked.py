"""Asking: whether an engine answers, which one, and what is said if none does."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.sandbox.conftest import Place


def server(path: Path, answer: bytes | None) -> Callable[[], None]:
    """Listen at `path` and give every caller `answer` (None: nothing); returns stop."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    open_connections = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            open_connections.append(connection)
            if answer is not None:
                with suppress(OSError):  # whoever asked may have gone
                    connection.recv(4096)
                    connection.sendall(answer)
                    connection.shutdown(socket.SHUT_RDWR)

    thread = threading.Thread(target=serve)
    thread.start()

    def stop() -> None:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        for each in (listener, *open_connections):
            each.close()

    return stop


PING = (
    b"HTTP/1.0 200 OK\r\nApi-Version: 1.41\r\nServer: Docker/20.10.24 (linux)\r\n\r\nOK"
)


def test_an_engine_that_answers_is_used(place: Place):
    """Where an engine answers, `ensure` starts nothing and says which one it is."""
    stop = server(place.socket, PING)
    ensured = place.call("ensure")
    where = place.call("where")
    stop()

    assert (0, f"engine: unix://{place.socket} answers (20.10.24)\n") == (
        ensured.returncode,
        ensured.stderr,
    )
    assert (0, f"unix://{place.socket}\n") == (where.returncode, where.stdout)
    assert not place.record.exists()


def test_the_ways_of_not_answering_are_told_apart(place: Place):
    """`status` exits 1 and says what is the matter."""
    found = {}

    def ask(name: str) -> None:
        status = place.call("status")
        assert status.returncode == 1
        found[name] = status.stderr.strip().rpartition(" ")[2]

    ask("nothing there")
    place.stale_socket(place.socket)
    ask("nobody listens")
    place.socket.unlink()
    place.socket.mkdir()
    ask("a directory")
    place.socket.rmdir()
    stop = server(place.socket, b"HTTP/1.0 200 OK\r\nServer: nginx\r\n\r\nhello")
    ask("another program")
    stop()
    place.socket.unlink()
    stop = server(place.socket, None)
    ask("no answer")
    stop()

    assert found == {
        "nothing there": "absent",
        "nobody listens": "refused",
        "a directory": "directory",
        "another program": "stranger",
        "no answer": "silent",
    }


@pytest.mark.parametrize("taken", ["directory", "stranger"])
def test_a_socket_path_that_is_taken_is_left_alone(place: Place, taken: str):
    """`ensure` neither removes nor replaces what is no dead socket."""
    place.dockerd("REAL")
    if taken == "directory":
        place.socket.mkdir()
        ensured = place.call("ensure")
    else:
        stop = server(place.socket, b"HTTP/1.0 404 Not Found\r\n\r\n")
        ensured = place.call("ensure")
        stop()

    assert ensured.returncode == 1
    assert str(place.socket) in ensured.stderr
    assert place.socket.exists()
    assert not place.record.exists()


def test_a_chosen_engine_that_is_down_is_not_replaced(place: Place):
    """With DOCKER_HOST set, a dead engine there is an error and nothing is started."""
    place.dockerd("REAL")
    ensured = place.call("ensure", DOCKER_HOST=f"unix://{place.path}/other.sock")

    assert ensured.returncode == 1
    assert f"unix://{place.path}/other.sock" in ensured.stderr
    assert "unset DOCKER_HOST" in ensured.stderr
    assert "Nothing was installed or started." in ensured.stderr
    assert not place.record.exists()


def test_the_address_is_the_one_docker_itself_would_use(place: Place):
    """DOCKER_HOST wins over DOCKER_CONTEXT, which wins over config.json."""
    config = place.path / "config"
    for name in ("left", "right"):
        digest = sha256(name.encode()).hexdigest()
        meta = config / "contexts" / "meta" / digest / "meta.json"
        meta.parent.mkdir(parents=True)
        host = f"unix://{place.path}/{name}.sock"
        meta.write_text(
            f'{{"Name": "{name}", "Endpoints": {{"docker": {{"Host": "{host}"}}}}}}'
        )
    (config / "config.json").write_text('{"currentContext": "left"}')

    def asked(**environment: str) -> str:
        status = place.call("status", DOCKER_CONFIG=str(config), **environment)
        return status.stderr.removeprefix("engine: unix://").split(": ")[0]

    assert asked() == f"{place.path}/left.sock"
    assert asked(DOCKER_CONTEXT="right") == f"{place.path}/right.sock"
    assert asked(DOCKER_CONTEXT="default") == str(place.socket)
    assert asked(DOCKER_CONTEXT="right", DOCKER_HOST="unix:///h.sock") == "/h.sock"


def test_an_unknown_context_is_an_error(place: Place):
    """A context that does not exist is named, and no other engine is taken instead."""
    status = place.call("status", DOCKER_CONTEXT="nowhere")

    assert status.returncode == 1
    assert 'the Docker context "nowhere" does not exist' in status.stderr


def test_run_passes_words_and_the_exit_code_on(place: Place):
    """`run` is transparent: every argument as it is, and the command's own code."""
    odd = ["two words", "it's", 'a "quote"', "$HOME", "a\nb", ""]
    done = place.call("run", "sh", "-c", 'printf "<%s>" "$@"; exit 7', "sh", *odd)

    assert (7, "".join(f"<{word}>" for word in odd)) == (done.returncode, done.stdout)


def test_a_wrong_call_shows_the_verbs(place: Place):
    """An unknown verb exits 2 with the usage."""
    wrong = place.call("frobnicate")

    assert wrong.returncode == 2
    assert "sandbox/engine.sh ensure" in wrong.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_an_account_that_may_not_start_an_engine_is_told_what_to_do(place: Place):
    """Without root and sudo nothing is tried, and the two ways out are named."""
    place.path.chmod(0o755)
    programs = place.path / "programs"
    programs.mkdir()
    for name in ("bash", "cat", "cut", "id", "python3", "readlink", "sed", "stat"):
        (programs / name).symlink_to(shutil.which(name, path="/usr/bin:/bin") or name)
    script = place.path / "engine.sh"
    shutil.copy(place.script, script)
    ensured = subprocess.run(
        [
            "/usr/bin/setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            script,
        ],
        env=place.environment(
            PATH=f"{programs}:/usr/sbin-none", LINARA_ENGINE_STATE="/nonexistent"
        ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ensured.returncode == 1
    assert "this account may not start one" in ensured.stderr
    assert "run: " in ensured.stderr
    assert "apt-get install docker.io" in ensured.stderr
