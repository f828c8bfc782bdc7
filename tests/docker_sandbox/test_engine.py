"""Errors of the engine in our words."""

import inspect
import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

import docker.errors
import pytest
import requests
import urllib3
from urllib3 import HTTPResponse

from linara_agent.docker_sandbox.endpoint import Endpoint
from linara_agent.docker_sandbox.engine import (
    FOREIGN,
    Engine,
    MissingImage,
    connect,
    translated,
    translation,
)
from linara_agent.errors import SandboxUnavailable

_POSITIONAL = inspect.Parameter.POSITIONAL_OR_KEYWORD
DEFAULT = Endpoint(url="unix:///var/run/docker.sock", named_by="the default socket")
OTHER = Endpoint(url="unix:///other.sock", named_by="DOCKER_HOST")


def subclasses(root: type[BaseException]) -> Iterator[type[BaseException]]:
    for child in root.__subclasses__():
        yield child
        yield from subclasses(child)


def foreign_classes() -> list[type[BaseException]]:
    """Every exception that docker-py, requests, urllib3 or http.client defines."""
    packages = ("docker.", "requests.", "urllib3.", "http.client")
    return sorted(
        {
            cls
            for cls in subclasses(BaseException)
            if cls.__module__.startswith(packages) and not issubclass(cls, Warning)
        },
        key=lambda cls: (cls.__module__, cls.__name__),
    )


def test_the_list_of_foreign_errors_is_not_empty() -> None:
    """The test below looks at something."""
    names = {cls.__name__ for cls in foreign_classes()}
    assert {"APIError", "ConnectTimeout", "ProtocolError", "BadStatusLine"} <= names


def made(cls: type[BaseException]) -> BaseException:
    """An instance that can be printed, whatever its constructor wants."""
    wanted = inspect.signature(cls.__init__).parameters.values()
    count = sum(p.default is p.empty and p.kind is _POSITIONAL for p in wanted) - 1
    for arguments in (
        ["said"] * count,
        [1] * count,
        [HTTPResponse(), b"1"],
        ["said", "said", 1],
    ):
        with suppress(Exception):
            error = cls(*arguments)
            str(error)
            return error
    raise AssertionError(cls)


@pytest.mark.parametrize("cls", foreign_classes(), ids=str)
def test_no_foreign_error_is_unmapped(cls: type[BaseException]) -> None:
    """Each class is caught, and becomes a sentence with a remedy."""
    assert issubclass(cls, FOREIGN)
    error = made(cls)
    with pytest.raises(SandboxUnavailable) as caught, translated(DEFAULT, "do it"):
        raise error
    assert caught.value.what
    assert caught.value.not_done
    assert caught.value.remedy
    assert caught.value.__cause__ is error


def nested(cause: BaseException) -> docker.errors.DockerException:
    """As docker-py wraps what happened at the socket."""
    broken = urllib3.exceptions.ProtocolError("Connection aborted.", cause)
    outer = docker.errors.DockerException("Error while fetching server API version")
    outer.__cause__ = requests.ConnectionError(broken)
    return outer


def test_no_permission_is_told_apart() -> None:
    """The group and the way to use it at once are named."""
    found = translation(nested(PermissionError(13, "denied")), DEFAULT, "x")
    assert "may not use" in found.what
    assert "usermod -aG docker" in found.remedy
    assert "sg docker" in found.remedy


@pytest.mark.parametrize("cause", [FileNotFoundError(2, ""), ConnectionRefusedError()])
def test_no_daemon_is_told_apart(cause: OSError) -> None:
    """Installed but not running: start it."""
    found = translation(
        nested(cause), DEFAULT, "x", which=lambda _name, /: "/usr/bin/docker"
    )
    assert "No Docker engine answers" in found.what
    assert "systemctl start docker" in found.remedy


def test_no_binary_is_told_apart() -> None:
    """Not installed: install it."""
    found = translation(
        nested(FileNotFoundError(2, "")), DEFAULT, "x", which=lambda _name, /: None
    )
    assert "not installed" in found.what
    assert "docker.io" in found.remedy


def test_a_wrong_address_is_told_apart() -> None:
    """An address that someone chose is named together with who chose it."""
    found = translation(
        nested(ConnectionRefusedError()), OTHER, "x", which=lambda _name, /: "/docker"
    )
    assert "DOCKER_HOST" in found.what
    assert "docker context use default" in found.remedy


@pytest.mark.parametrize(
    "error",
    [
        requests.ReadTimeout("slow"),
        requests.ConnectTimeout("slow"),
        nested(TimeoutError()),
        HTTPException(TimeoutError()),
    ],
)
def test_silence_is_told_apart(error: Exception) -> None:
    """An engine that hangs is another matter than one that is not there."""
    assert "did not answer in time" in translation(error, DEFAULT, "start").what


def test_a_missing_socket_is_no_daemon(tmp_path: Path) -> None:
    """A real connection attempt to nothing is explained."""
    with pytest.raises(SandboxUnavailable, match=r"answers|not installed"):
        connect({"DOCKER_HOST": f"unix://{tmp_path}/none.sock"})


@pytest.mark.skipif(os.getuid() == 0, reason="root may open any socket")
def test_a_shut_socket_is_no_permission(tmp_path: Path) -> None:
    """A real socket that the caller may not open is explained."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        server.listen()
        (tmp_path / "s").chmod(0)
        with pytest.raises(SandboxUnavailable, match="may not use"):
            connect({"DOCKER_HOST": f"unix://{tmp_path}/s"})


def test_a_silent_socket_is_a_timeout(tmp_path: Path) -> None:
    """A real socket behind which nobody speaks is explained."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        server.listen()
        with pytest.raises(SandboxUnavailable, match="did not answer in time"):
            connect({"DOCKER_HOST": f"unix://{tmp_path}/s"}, timeout_s=1.0)


def test_a_talking_stranger_is_an_error_in_our_words(tmp_path: Path) -> None:
    """Something that is no engine does not crash us."""

    def talk(server: socket.socket) -> None:
        for _ in ("the knock", "the question"):
            peer, _ = server.accept()
            with peer:
                if not peer.recv(4096):
                    continue
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        server.listen()
        thread = threading.Thread(target=talk, args=(server,))
        thread.start()
        with pytest.raises(SandboxUnavailable):
            connect({"DOCKER_HOST": f"unix://{tmp_path}/s"}, timeout_s=5.0)
        thread.join()


@pytest.fixture
def engine() -> Iterator[Engine]:
    found = connect(os.environ)
    yield found
    found.close()


@pytest.mark.docker
def test_an_image_that_is_not_there_is_recognised(engine: Engine) -> None:
    """So that it can be made."""
    with pytest.raises(MissingImage):
        engine.create({"Image": "linara-agent/never:none"})


@pytest.mark.docker
def test_removing_what_is_gone_is_fine(engine: Engine) -> None:
    """Cleaning up twice is no error."""
    engine.remove("linara-agent-never")
    engine.kill("linara-agent-never")
    engine.remove_volume("linara-agent-never")


@pytest.mark.docker
def test_the_engine_says_what_it_is(engine: Engine) -> None:
    """Version and data directory are known."""
    facts = engine.facts()
    assert facts.version
    assert facts.root.startswith("/")


@pytest.mark.docker
def test_the_engines_refusal_is_quoted(engine: Engine) -> None:
    """What the engine says reaches the person."""
    with pytest.raises(SandboxUnavailable, match="create the container"):
        engine.create({"Image": "Not A Name"})


def test_the_real_path_of_programs_is_used() -> None:
    """The default finder of programs is the system's."""
    found = translation(nested(FileNotFoundError(2, "")), DEFAULT, "x")
    installed = shutil.which("docker") or shutil.which("dockerd")
    assert ("not installed" in found.what) == (installed is None)
