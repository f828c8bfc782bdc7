"""Signals from the first line to the last, sent to a process of its own."""

import signal
import subprocess
import sys

import pytest

LONGEST_S = 30.0
BEGIN = """
import os, signal, sys, threading, time
from linara_agent.cli.interruption import heeded

def ready():
    sys.stdout.write("ready\\n")
    sys.stdout.flush()
"""
WAITING = """
def body():
    ready()
    time.sleep(60)
    return 10
"""
TAKING_DOWN = """
def body():
    threading.Thread(target=time.sleep, args=(60,)).start()
    ready()
    return 10
"""
END = """
sys.exit(heeded(body))
"""


def interrupted(
    program: str, number: signal.Signals, *before: str
) -> tuple[int, str, str]:
    """Send the signal when the program says that it is ready; how it ended."""
    with subprocess.Popen(
        [*before, sys.executable, "-c", BEGIN + program + END],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(number)
        out, said = process.communicate(timeout=LONGEST_S)
    return process.returncode, first + out, said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_of_the_three_ends_in_130(number: signal.Signals):
    """Whatever is going on stops, and it is said without a traceback."""
    code, out, said = interrupted(WAITING, number)
    assert (code, out) == (130, "ready\n")
    assert said.startswith("\nInterrupted. ")
    assert "Traceback" not in said


def test_a_library_that_makes_an_error_of_it_changes_nothing():
    """Some catch KeyboardInterrupt and raise what is theirs; it is no bug of ours."""
    program = """
from linara_agent.cli.boundary import guarded

def swallowing():
    try:
        ready()
        time.sleep(60)
    except KeyboardInterrupt:
        raise ValueError("broken off") from None

def body():
    return guarded(swallowing, debug=False)
"""
    code, _, said = interrupted(program, signal.SIGTERM)
    assert code == 130
    assert said.startswith("\nInterrupted. ")
    assert "bug" not in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_once_more_while_things_are_taken_down_leaves_at_once(number: signal.Signals):
    """Nobody has to wait for an engine that hangs; where the rest goes is said."""
    code, _, said = interrupted(TAKING_DOWN, number)
    assert code == 130
    assert "sandbox clean" in said


def test_a_hangup_that_the_caller_ignores_stays_ignored():
    """As under nohup."""
    program = """
def body():
    ready()
    time.sleep(0.5)
    return 10
"""
    ignoring = ("bash", "-c", 'trap "" HUP; exec "$@"', "-")
    assert interrupted(program, signal.SIGHUP, *ignoring)[0] == 10


def test_what_is_being_taken_down_is_waited_for():
    """The exit code comes when all threads have ended, with all of their output."""
    program = """
def later():
    time.sleep(0.3)
    sys.stdout.write("taken down")

def body():
    threading.Thread(target=later).start()
    return 10
"""
    done = subprocess.run(
        [sys.executable, "-c", f"{BEGIN}{program}\ncode = heeded(body)\nprint(code)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "taken down10\n"


def test_the_code_of_a_run_that_is_over_stands():
    """A signal while the interpreter ends changes and says nothing."""
    program = """
import atexit
atexit.register(os.kill, os.getpid(), signal.SIGTERM)
atexit.register(os.kill, os.getpid(), signal.SIGINT)

def body():
    ready()
    return 10
"""
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + program + END],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (10, "")
