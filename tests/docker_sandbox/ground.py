"""A made-up home and workspace in which the program is started, and what is left."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from linara_agent.core.chain import Intact
from linara_agent.journal.query import RunSummary, runs
from linara_agent.journal.verify import verify

LONGEST_S = 300.0
"""A program that takes longer hangs."""

_OURS = (".cache", ".config", ".local")


class Ground:
    """Below a directory made for it; the engine is named by its address."""

    def __init__(self, folder: Path, *, engine: str | None = None) -> None:
        self.home = folder / "home"
        self.work = folder / "work"
        self._folder = folder
        self._engine = engine
        self.home.mkdir()
        (self.home / "letter").write_text("dear\n")
        (self.work / "old").mkdir(parents=True)
        (self.work / "old" / "file").write_text("old\n")
        (self.work / "kept").write_text("kept\n")

    @property
    def environment(self) -> Mapping[str, str]:
        gone = ("OPENROUTER_", "LINARA_", "XDG_", "GIT_")
        passed = {k: v for k, v in os.environ.items() if not k.startswith(gone)}
        named = {} if self._engine is None else {"DOCKER_HOST": self._engine}
        return {**passed, **named, "HOME": str(self.home)}

    @property
    def state(self) -> Path:
        return self.home / ".local" / "state" / "linara-agent"

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """In a session of its own, so that what it leaves running can be found."""
        return subprocess.Popen(
            [sys.executable, "-m", "linara_agent", *arguments],
            cwd=self.work,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def call(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        with self.start(*arguments) as process:
            out, said = process.communicate(timeout=LONGEST_S)
        return process.returncode, out.decode(), said.decode()

    def tree(self) -> dict[str, tuple[object, ...]]:
        """Every path with its state and content, but for what the program keeps."""
        kept = [self.home / name for name in _OURS]
        return {
            str(path): _state(path)
            for path in self._folder.rglob("*")
            if path != self.home and not any(path.is_relative_to(k) for k in kept)
        }

    def journal(self) -> list[RunSummary]:
        """All runs; fails where a line is damaged or missing."""
        if not self.state.exists():
            return []
        found = verify(self.state)
        assert isinstance(found, Intact), found
        return [one for one in runs(self.state) if isinstance(one, RunSummary)]

    def left(self) -> list[dict[str, Any]]:
        """What `sandbox status` still shows of this home's runs."""
        mine = {one.run for one in self.journal()}
        code, out, said = self.call("sandbox", "status", "--json")
        assert code == 0, said
        return [
            one
            for one in json.loads(out)["holdings"]
            if one["run"] in mine or str(one["name"]).startswith(str(self.home))
        ]


def _state(path: Path) -> tuple[object, ...]:
    seen = path.lstat()
    content = path.read_bytes() if path.is_file() else b""
    return seen.st_mode, seen.st_uid, seen.st_gid, seen.st_mtime_ns, content


def processes() -> Iterator[tuple[int, int]]:
    """Every living process with the leader of its session."""
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            fields = (process / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            yield int(process.name), int(fields[3])


def of_session(leader: int) -> list[int]:
    """What a client that ended left running: the living processes of its session."""
    return [pid for pid, found in processes() if found == leader]


def outliving(leader: int) -> list[int]:
    """What still runs when the process that takes down has had the time for it."""
    deadline = time.monotonic() + LONGEST_S
    while (left := of_session(leader)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left
