"""How the program begins and ends, apart from what it does."""

import subprocess
import sys
from pathlib import Path
from typing import IO

ENDING = """
import atexit, sys, threading, time
from linara_agent import __main__
from linara_agent.cli import main
sys.argv = ["linara-agent", "--version"]
def late():
    time.sleep(0.3)
    print("thread", flush=True)
def run(arguments, apart):
    threading.Thread(target=late).start()
    atexit.register(lambda: print("registered"))
    print("run")
    return 7
main.run = run
__main__.main()
"""


def ended(program: str, stdout: IO[str] | int) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        text=True,
        stdout=stdout,
        stderr=subprocess.PIPE,
    )


def test_all_that_was_begun_is_ended_first() -> None:
    """Threads, what was registered, what was printed; then the code is the run's."""
    done = ended(ENDING, subprocess.PIPE)
    assert done.stdout.splitlines() == ["run", "thread", "registered"]
    assert (done.returncode, done.stderr) == (7, "")


def test_what_cannot_be_written_is_still_told() -> None:
    """A full disk at the very end is no success."""
    with Path("/dev/full").open("w") as full:
        program = ENDING.replace("return 7", "return 0").replace(", flush=True", "")
        done = ended(program, full)
    assert done.returncode != 0
    assert "No space left" in done.stderr
