"""What real bash makes of a text that the tests themselves have generated.

It finds no program: PATH leads nowhere, the environment is empty, and the only
commands a generated script calls are builtins and the markers defined here.
"""

import os
import shutil
import signal
import subprocess
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

BASH = shutil.which("bash") or "/bin/bash"
HOME = "/home/someone"
MARKERS = tuple(f"m{number}" for number in range(1, 10))
_PATIENCE = 20.0
_ENVIRONMENT = {
    "PATH": "/nowhere",
    "HOME": HOME,
    "LC_ALL": "C.UTF-8",
    "FUNCNEST": "4",
}
# A marker writes its name, the number of its words and the words; as one write,
# for several may run at a time, and a newline would make it two.
_NEWLINE = "\1"
_PROLOGUE = "".join(
    f"{name}() {{ printf '%s\\0' {name} \"$#\" \"${{@//$'\\n'/$'\\1'}}\" >&9; }}\n"
    for name in MARKERS
)


@dataclass(frozen=True, slots=True)
class Ran:
    """One command that bash ran: a marker and its words."""

    name: str
    words: tuple[str, ...]


def accepts(text: str) -> bool:
    """`bash -n` takes it without complaint (a warning is one)."""
    checked = _bash("-n", "-c", text)
    return checked.returncode == 0 and not checked.stderr


def words_of(word: str, directory: Path, *, before: str = "") -> tuple[str, ...] | None:
    """The words that one word expands to; None where bash refuses it.

    Restricted: no redirection to files, no command with a slash.
    """
    text = f"{before}\nprintf '%s\\0' {word}\n"
    done = _bash("-r", "-c", text, directory=directory)
    if done.returncode != 0 or done.stderr:
        return None
    return tuple(
        piece.decode("utf-8", "surrogateescape")
        for piece in done.stdout.split(b"\0")[:-1]
    )


def run(script: str, directory: Path) -> tuple[Ran, ...] | None:
    """The markers that ran, in no certain order, until every process has ended.

    None for a script that goes on and on.
    """
    out, into = os.pipe()
    try:
        started = subprocess.Popen(
            [
                BASH,
                "--norc",
                "--noprofile",
                "-c",
                f"exec 9>&{into}\n{_PROLOGUE}{script}",
            ],
            env=_ENVIRONMENT,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(into,),
            start_new_session=True,
        )
    finally:
        os.close(into)
    stopped = threading.Event()
    timer = threading.Timer(_PATIENCE, _stop, (started.pid, stopped))
    timer.start()
    with os.fdopen(out, "rb") as pipe:
        pieces = pipe.read().decode("utf-8", "surrogateescape").split("\0")[:-1]
    started.wait()
    timer.cancel()
    timer.join()
    return None if stopped.is_set() else _parsed(pieces)


def _stop(group: int, stopped: threading.Event) -> None:
    stopped.set()
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _parsed(pieces: list[str]) -> tuple[Ran, ...]:
    found: list[Ran] = []
    at = 0
    while at < len(pieces):
        count = int(pieces[at + 1])
        words = pieces[at + 2 : at + 2 + count]
        found.append(Ran(pieces[at], tuple(w.replace(_NEWLINE, "\n") for w in words)))
        at += 2 + count
    return tuple(found)


def _bash(
    *arguments: str, directory: Path | None = None
) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [BASH, "--norc", "--noprofile", *(os.fsencode(a) for a in arguments)],
        env=_ENVIRONMENT,
        cwd=directory,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
        timeout=60,
    )
