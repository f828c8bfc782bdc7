"""The program as a person starts it: a process, its two streams, its exit code."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from tests.docker_sandbox.ground import processes

LONGEST_S = 60.0
"""A program that takes longer hangs; the test fails instead of waiting on."""


def beside_python(name: str) -> Path:
    """A program of the environment that the tests run in."""
    return Path(sys.executable).parent / name


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a call ended; `pid` was its process, from which labels are told."""

    code: int
    out: bytes
    err: bytes
    pid: int

    @property
    def text(self) -> str:
        return self.out.decode()

    @property
    def said(self) -> str:
        """What a person was told."""
        return self.err.decode()

    @property
    def json(self) -> Any:
        """The one object on stdout; anything else there fails the test."""
        assert self.out.count(b"\n") == 1, self.out
        return json.loads(self.out)

    @property
    def plan(self) -> str:
        """The id of the plan that was saved."""
        assert self.code == 10, self.said
        return self.text.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Calls `linara-agent` in `cwd`; what is not in `changes` comes from `os.environ`.

    A change to None removes a variable.
    """

    cwd: Path
    words: tuple[str | Path, ...] = field(
        default_factory=lambda: (beside_python("linara-agent"),)
    )
    base: Mapping[str, str] | None = None
    changes: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        environment = dict(os.environ if self.base is None else self.base)
        for name, value in self.changes.items():
            environment.pop(name, None)
            if value is not None:
                environment[name] = value
        return environment

    def with_(self, **changes: str | None) -> Self:
        return replace(self, changes={**self.changes, **changes})

    def __call__(self, *arguments: str | bytes | Path, stdin: bytes = b"") -> Done:
        with self.started(*arguments) as process:
            out, err = process.communicate(stdin, timeout=LONGEST_S)
        settle(Path(self.environment.get("HOME", "/")))  # the program itself does not
        return Done(code=process.returncode, out=out, err=err, pid=process.pid)

    @contextmanager
    def started(
        self, *arguments: str | bytes | Path
    ) -> Iterator["subprocess.Popen[bytes]"]:
        """Run it, and kill it if the test is over before it."""
        with subprocess.Popen(
            [*self.words, *arguments],
            cwd=self.cwd,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # what outlives it can be told by its session
        ) as process:
            try:
                yield process
            finally:
                process.kill()


def settle(folder: Path) -> None:
    """Wait until no process works for a program that has ended.

    Those are meant whose home is the folder, or below.
    """
    deadline = time.monotonic() + LONGEST_S
    while found := _survivors(folder):
        assert time.monotonic() < deadline, f"they outlive their client: {found}"
        time.sleep(0.02)


def _survivors(folder: Path) -> list[int]:
    """A program leads its session, which tells when it has ended."""
    living = dict(processes())
    return [
        pid
        for pid, leader in living.items()
        if leader not in living and _lives_in(pid, folder)
    ]


def _lives_in(pid: int, folder: Path) -> bool:
    try:
        lines = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False
    homes = [os.fsdecode(line[5:]) for line in lines if line.startswith(b"HOME=")]
    return any(Path(home).is_relative_to(folder) for home in homes)


def tree(top: Path) -> dict[str, str | None]:
    """Every path below, with the text of a file; None for what is no file."""
    return {
        str(path.relative_to(top)): path.read_text() if path.is_file() else None
        for path in top.rglob("*")
    }
