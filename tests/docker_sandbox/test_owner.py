"""Telling a living client from a dead one."""

import os
import subprocess
from dataclasses import replace

import pytest

from linara_agent.docker_sandbox.owner import Owner


@pytest.fixture
def observer() -> Owner:
    found = Owner.of(os.getpid(), os.getuid())
    assert found is not None
    return found


def test_a_living_process_is_not_gone(observer: Owner) -> None:
    """Nothing of a running client is ever reaped."""
    assert not observer.is_gone(observer)


def test_an_ended_process_is_gone(observer: Owner) -> None:
    """Once the process has ended, what it left may be removed."""
    with subprocess.Popen(["sleep", "60"]) as process:
        owner = Owner.of(process.pid, os.getuid())
        process.kill()
    assert owner is not None
    assert owner.is_gone(observer)


def test_an_ended_process_that_nobody_asks_for_is_gone(observer: Owner) -> None:
    """In a container without an init it keeps its number for ever."""
    with subprocess.Popen(["sleep", "60"]) as process:
        owner = Owner.of(process.pid, os.getuid())
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert owner is not None
        assert owner.is_gone(observer)


def test_a_number_used_again_is_another_process(observer: Owner) -> None:
    """The start time tells two processes of one number apart."""
    assert replace(observer, start="1").is_gone(observer)


def test_another_boot_is_long_gone(observer: Owner) -> None:
    """No process outlives a reboot."""
    assert replace(observer, boot="00000000").is_gone(observer)


def test_another_namespace_is_left_alone(observer: Owner) -> None:
    """A client in a container that shares the engine has numbers of its own."""
    assert not replace(observer, namespace="1", start="1").is_gone(observer)


def test_labels_and_directories_carry_the_owner(observer: Owner) -> None:
    """Both ways of writing an owner down can be read back."""
    assert Owner.from_labels(observer.labels("run")) == observer
    assert Owner.from_directory(observer.directory("r-1"), observer.uid) == observer


def test_foreign_names_have_no_owner() -> None:
    """What is not ours is not touched."""
    assert Owner.from_directory("some.file", 0) is None
    assert Owner.from_directory("a.b.c.d.e", 0) is None
    assert Owner.from_labels({"org.linara-agent.run": "x"}) is None


def test_there_may_be_no_such_process() -> None:
    """A number that nobody has names nobody."""
    assert Owner.of(2**22 + 1, 0) is None
