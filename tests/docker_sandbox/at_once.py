"""Many previews started at the same moment, each with a text and an answer of its own.

    python -m tests.docker_sandbox.at_once [NUMBER]

NUMBER processes (50) share a home, a workspace, a journal and the engine. Exit 0 if
each says what its own text says and shows the one change that its text makes, the files
are as they were, the journal verifies and has an end for each run, and nothing is left.
The memory that is told is the highest sum of the proportional shares (Pss, proc(5)) of
all clients with their children, and of the supervisors, asked about three times a
second.
"""

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

from linara_agent.docker_sandbox.assembly import BOOT
from tests.docker_sandbox.ground import LONGEST_S, Ground, outliving, processes

_LOOK_S = 0.3
SAVED = 10


@dataclass(slots=True)
class Memory:
    """Highest sums, in bytes, while it is watched."""

    clients: int = 0
    twins: int = 0
    _over: Event = field(default_factory=Event)

    def watch(self, sessions: set[int]) -> None:
        while not self._over.wait(_LOOK_S):
            clients = [pid for pid, leader in processes() if leader in sessions]
            self.clients = max(self.clients, sum(map(share, clients)))
            self.twins = max(self.twins, sum(map(share, supervisors())))

    def stop(self) -> None:
        self._over.set()


def share(pid: int) -> int:
    """Bytes of memory that count for this process; 0 if it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    pss = next((line for line in lines if line.startswith("Pss:")), "Pss: 0 kB")
    return int(pss.split()[1]) * 1024


def supervisors() -> list[int]:
    """The first process of every twin on this machine, whoever's it is."""
    found = []
    for pid, _ in processes():
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        if BOOT.encode() in words:
            found.append(pid)
    return found


@dataclass(slots=True)
class AtOnce:
    """`problems` is what must not be; times in seconds."""

    ground: Ground
    memory: Memory = field(default_factory=Memory)
    took_s: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    _sessions: set[int] = field(default_factory=set)

    def go(self, number: int) -> None:
        before = self.ground.tree()
        watching = Thread(target=self.memory.watch, args=(self._sessions,))
        watching.start()
        try:
            with ThreadPoolExecutor(number) as pool:
                for problem in pool.map(self._one, range(number)):
                    self.problems += problem
        finally:
            self.memory.stop()
            watching.join()
        if self.ground.tree() != before:
            self.problems.append("the files changed")
        ended = Counter(one.exit for one in self.ground.journal())
        if ended != {SAVED: number}:
            self.problems.append(f"the journal says: {ended}")
        self.problems += [f"left: {one}" for one in self.ground.left()]

    def _one(self, number: int) -> list[str]:
        text = f"echo out-{number}; echo err-{number} >&2; echo in-{number} > f{number}"
        began = time.monotonic()
        with self.ground.start("run", "--no-input", "--json", text) as process:
            self._sessions.add(process.pid)
            out, said = process.communicate(timeout=LONGEST_S)
        self.took_s.append(time.monotonic() - began)
        if process.returncode != SAVED:
            told = said.decode(errors="replace")[-1500:]
            return [f"{number}: exit {process.returncode}\n{told}"]
        wanted = self._wanted(number)
        found = _shown(json.loads(out))
        problems = [] if found == wanted else [f"{number}: {found}, not {wanted}"]
        left = outliving(process.pid)
        return problems + ([f"{number}: left {left}"] if left else [])

    def _wanted(self, number: int) -> dict[str, Any]:
        path = str(self.ground.work / f"f{number}")
        size = len(f"in-{number}\n")
        return {
            "exit": 0,
            "stdout": f"out-{number}\n",
            "stderr": f"err-{number}\n",
            "changes": [(path, "created", size)],
        }


def _shown(told: dict[str, Any]) -> dict[str, Any]:
    preview = told["preview"]
    changes = [(one["path"], one["kind"], one["size"]) for one in preview["changes"]]
    names = ("exit", "stdout", "stderr")
    return {**{name: preview[name] for name in names}, "changes": changes}


def at_once(number: int) -> AtOnce:
    """On the engine that answers."""
    with tempfile.TemporaryDirectory(prefix="linara-at-once-") as folder:
        found = AtOnce(Ground(Path(folder)))
        found.go(number)
    return found


def main(arguments: Sequence[str]) -> int:
    number = int(arguments[0]) if arguments else 50
    found = at_once(number)
    took = sorted(found.took_s)
    mib = 1 << 20
    sys.stdout.write(
        f"{number} at once: first after {took[0]:.1f} s, median"
        f" {took[len(took) // 2]:.1f} s, last after {took[-1]:.1f} s\n"
        f"memory: clients {found.memory.clients / mib:.0f} MiB in all"
        f" ({found.memory.clients / mib / number:.1f} each),"
        f" supervisors {found.memory.twins / mib:.0f} MiB\n"
    )
    for problem in found.problems:
        sys.stdout.write(f"problem: {problem}\n")
    sys.stdout.write(f"{len(found.problems)} problems\n")
    return int(bool(found.problems))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
