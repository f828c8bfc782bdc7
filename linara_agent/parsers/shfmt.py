"""Run mvdan/sh: the `shfmt` binary that the package shfmt-py brings."""

import json
import shutil
import subprocess
import sysconfig
from functools import cache
from pathlib import Path

from linara_agent.core.shell.reading import Failure, MvdanTree, NotParsed
from linara_agent.errors import SettingsProblem

LARGEST = 1_000_000
"""Bytes; a larger script is not given to the parser."""


@cache
def shfmt_path() -> str:
    """The binary beside this interpreter, else on PATH.

    Raises SettingsProblem if there is none.
    """
    beside = Path(sysconfig.get_path("scripts")) / "shfmt"
    found = str(beside) if beside.is_file() else shutil.which("shfmt")
    if found is None:
        raise SettingsProblem(
            "The shell parser shfmt is missing.",
            not_done="Nothing was read, and nothing ran.",
            remedy="Install linara-agent again, with its dependency shfmt-py.",
        )
    return found


def parse(text: str, *, seconds: float) -> MvdanTree | NotParsed:
    """Parse as bash; the tree's offsets count bytes of the UTF-8 text."""
    try:
        raw = text.encode()
    except UnicodeEncodeError:
        return NotParsed(Failure.SYNTAX, "the text is not UTF-8")
    if len(raw) > LARGEST:
        return NotParsed(Failure.TOO_LARGE, f"{len(raw)} bytes")
    command = (shfmt_path(), "-ln", "bash", "--to-json")
    try:
        done = subprocess.run(
            command, input=raw, capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return NotParsed(Failure.DEADLINE, f"{seconds:g} s")
    except OSError as error:
        return NotParsed(Failure.CRASHED, str(error))
    if done.returncode != 0:
        return NotParsed(Failure.SYNTAX, _message(done.stderr))
    try:
        return MvdanTree(json.loads(done.stdout))
    except (ValueError, RecursionError) as error:
        return NotParsed(Failure.CRASHED, str(error))


def _message(stderr: bytes) -> str:
    first = stderr.decode(errors="replace").strip().splitlines()
    return first[0].removeprefix("<standard input>:") if first else "no reason given"
