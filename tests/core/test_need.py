"""What a preview could not give, found from what is known and from what is said."""

import shlex
import subprocess
from dataclasses import replace

import pytest

from linara_agent.core.decision import Decision
from linara_agent.core.need import Need, Sudo, Want, findings, sudo_environment
from linara_agent.core.preview import Outcome
from tests.core.previews import outcome


def said(text: str) -> Outcome:
    return replace(outcome(exit=1), stderr=text.encode())


def rules(*wants: Want, ended: Outcome, tried: bool = False) -> list[str]:
    return [one.rule for one in findings(wants, ended, network_tried=tried)]


SIGNS = [
    ("bash: line 1: /dev/tty: No such device or address", "needs-terminal"),
    ("top: failed tty get", "needs-terminal"),
    ("Vim: Warning: Input is not from a terminal", "needs-terminal"),
    ("Must be connected to a terminal.", "needs-terminal"),
    ("the input device is not a TTY".lower(), "needs-terminal"),
    ("Enter passphrase (empty for no passphrase): ", "needs-terminal"),
    ("New password: Password change has been aborted.", "needs-terminal"),
    ("Error opening terminal: unknown.", "needs-terminal"),
    ("sudo: a terminal is required to read the password", "needs-terminal"),
    ("stty: 'standard input': Inappropriate ioctl for device", "needs-terminal"),
    ("E: Unable to acquire the lock, are you root?", "needs-root"),
    ("iptables: you must be root to use this", "needs-root"),
    ("mount: only root can do that", "needs-root"),
    ("this program needs to be run as root", "needs-root"),
    ("curl: (6) Could not resolve host: example.org", "needs-network"),
    ("ping: connect: Network is unreachable", "needs-network"),
    ("Temporary failure in name resolution", "needs-network"),
]


@pytest.mark.parametrize(("text", "rule"), SIGNS)
def test_what_programs_say(text: str, rule: str):
    """The usual messages of programs are signs of what they wanted."""
    assert rules(ended=said(text)) == [rule]


@pytest.mark.parametrize(
    "text",
    ["", "ls: cannot access 'x': No such file or directory", "root: x", "a tty",
     "cat: f: Permission denied", "make: *** [all] Error 2", "password is too short"],
)  # fmt: skip
def test_other_messages_say_nothing(text: str):
    """An ordinary error is no sign."""
    assert rules(ended=said(text)) == []


def test_the_catalogue_and_the_supervisor_know_more():
    """What is known of the program, and that it waited, is said before its words."""
    ended = outcome(exit=None, signal=15, limits=("terminal",))
    assert rules(ended=ended) == ["needs-terminal"]
    (found,) = findings((Want(need=Need.TERMINAL, program="vim"),), ended)
    assert found.decision is Decision.REVIEW
    assert found.reason == (
        "vim needs a terminal; it is carried out only by rerun on your terminal"
    )


def test_the_network_that_was_only_tried_is_no_need():
    """A run that went well without the network did not need it."""
    assert rules(ended=outcome(), tried=True) == []
    assert rules(ended=outcome(exit=6), tried=True) == ["needs-network"]
    wants = Want(need=Need.NETWORK, program="ping")
    assert rules(wants, ended=outcome(), tried=True) == ["needs-network"]


def test_with_the_network_open_there_is_no_such_need():
    """Where the person opened the network, nothing of it was missing."""
    wants = (Want(need=Need.NETWORK, program="ping"),)
    ended = said("Network is unreachable")
    assert findings(wants, ended, network_tried=True, network_open=True) == ()


def test_sudo_is_always_said():
    """A preview that ran as root says so, and what of it may be otherwise."""
    (found,) = findings((), outcome(), sudo=Sudo(words=0, wildcards=True))
    assert found.rule == "needs-root"
    assert "wildcards" in found.reason


def ran(text: str, sudo: Sudo, path: str, **given: str) -> str:
    """What bash prints of a text, with the stand-in for `sudo`."""
    environment = tuple({"PATH": path, "HOME": "/home/u", **given}.items())
    name, value = sudo_environment(sudo, environment, user="u'x", uid=7)
    done = subprocess.run(
        ["/bin/bash", "-c", text],
        env={**dict(environment), name: value},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.fixture
def path(tmp_path) -> str:
    program = tmp_path / "sudo"
    program.write_text("#!/bin/sh\necho the real one\n")
    program.chmod(0o755)
    return f"{tmp_path}:/usr/bin:/bin"


def test_the_stand_in_runs_the_command_in_roots_environment(path: str):
    """The words behind sudo's own run, with what sudo sets and keeps."""
    text = "FOO=1; export FOO; sudo -n -- printenv HOME USER SUDO_USER SUDO_UID LC_ALL"
    assert ran(text, Sudo(words=2), path, LC_ALL="C").split("\n") == [
        "/root", "root", "u'x", "7", "C", "",
    ]  # fmt: skip
    assert ran("export FOO=1; sudo printenv FOO", Sudo(words=0), path) == ""
    assert ran("sudo A=b printenv A", Sudo(words=0), path) == "b\n"
    kept = ran("export FOO=1; sudo -E printenv FOO", Sudo(words=1, keeps=True), path)
    assert kept == "1\n"


def test_the_stand_in_widens_no_umask(path: str):
    """Sudo adds 022 to the umask that it finds."""
    assert ran("umask 007; sudo sh -c umask", Sudo(words=0), path) == "0027\n"


def test_without_sudo_there_is_none():
    """Where the machine has no sudo, the preview ends as the host would."""
    said = ran("sudo id; echo $?", Sudo(words=0), "/nonexistent")
    assert "sudo: command not found" in said
    assert said.startswith("127\n")


def test_the_stand_in_is_no_way_to_run_more():
    """A name with quotes in it stays a name."""
    name, value = sudo_environment(Sudo(words=0), (), user="a'; m1; '", uid=1)
    assert name == "BASH_FUNC_sudo%%"
    assert shlex.quote("SUDO_USER=a'; m1; '") in value
