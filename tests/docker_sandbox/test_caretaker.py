"""What the processes of our containers do before they are told anything."""

import subprocess
import sys

import pytest

from linara_agent.docker_sandbox.assembly import BOOT
from linara_agent.docker_sandbox.caretaker import RUNNER

LONGEST_S = 30.0


@pytest.mark.parametrize("program", [BOOT, RUNNER], ids=["supervisor", "caretaker"])
@pytest.mark.parametrize("begun", ["", '{"half a'])
def test_one_that_is_told_nothing_ends_by_itself(program: str, begun: str):
    """The engine may have died before the first line came, and closes no stream."""
    short = program.replace("signal.alarm(60)", "signal.alarm(1)")
    assert short != program
    with subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", short],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(begun)
        process.stdin.flush()
        code = process.wait(LONGEST_S)  # its input stays open until here
    assert code == 0


def test_one_that_is_told_in_time_is_not_hurried():
    """The limit is for the first line alone."""
    program = RUNNER.replace("signal.alarm(60)", "signal.alarm(1)")
    order = '[["import time; time.sleep(2); print(1)", []]]\n'
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program],
        input=order,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "1\n"
