"""Runs generated scripts with bash, one at a time; it is process 1 of a container.

It uses the standard library alone, for nothing else is to be found there. One JSON
line in is one request, one JSON line out is its answer:

    {"kind": "run", "text": T, "bash": PATH, "seconds": 20}    ["m1", "0", …]
    {"kind": "words", "text": T, "bash": PATH, "seconds": 20}  ["a", "b", …]

The first is what the script printed to descriptor 9, the second what it printed at
all; null for a script that went on for longer, and for words that bash refuses.
Bytes that are no text travel as lone surrogates.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

HOME = "/home/someone"
# No program is found, and a function cannot call itself for ever.
_ENVIRONMENT = {"PATH": "/nowhere", "HOME": HOME, "LC_ALL": "C.UTF-8", "FUNCNEST": "4"}
_WORK = Path("/work")


def script_says(bash: str, text: str, seconds: float) -> list[str] | None:
    """What the script wrote to descriptor 9 until every process of it had ended."""
    out, into = os.pipe()
    try:
        started = subprocess.Popen(
            [bash, "--norc", "--noprofile", "-c", f"exec 9>&{into} {into}>&-\n{text}"],
            env=_ENVIRONMENT,
            cwd=_WORK,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(into,),
            start_new_session=True,
        )
    finally:
        os.close(into)
    stopped = threading.Event()
    timer = threading.Timer(seconds, _stop, (stopped,))
    timer.start()
    with os.fdopen(out, "rb") as pipe:
        written = pipe.read()
    started.wait()
    timer.cancel()
    timer.join()
    return None if stopped.is_set() else _pieces(written)


def words_say(bash: str, text: str, seconds: float) -> list[str] | None:
    """What a restricted bash prints: no redirection to files, no command by path."""
    try:
        done = subprocess.run(
            [bash, "--norc", "--noprofile", "-r", "-c", os.fsencode(text)],
            env=_ENVIRONMENT,
            cwd=_WORK,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return None
    return None if done.returncode or done.stderr else _pieces(done.stdout)


def _pieces(written: bytes) -> list[str]:
    return written.decode("utf-8", "surrogateescape").split("\0")[:-1]


def _stop(stopped: threading.Event) -> None:
    stopped.set()
    with suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)


def tidy() -> None:
    """Only process 1 may do this: end every other process, empty the directory."""
    with suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)
    with suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    for entry in _WORK.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def answers(requests: Iterator[str]) -> Iterator[str]:
    says = {"run": script_says, "words": words_say}
    for line in requests:
        request = json.loads(line)
        ask = says[request["kind"]]
        found = ask(request["bash"], request["text"], request["seconds"])
        tidy()
        yield json.dumps(found)


def main() -> None:
    if os.getpid() != 1:
        sys.exit("this ends every process it can reach: run it in a container")
    for answer in answers(sys.stdin):
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
