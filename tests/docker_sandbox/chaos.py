"""Previews that are interrupted at random moments; what is left is told.

    python tests/docker_sandbox/chaos.py [N] [SEED]

Each of N rounds (20) starts the program in a made-up home and workspace and sends
SIGINT, SIGTERM or SIGKILL after a random time. Then `sandbox clean` is called. Exit 0
if no container, volume or scratch is left, the workspace is as it was, the journal
verifies, and every run in it has an end.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TEXT = "mkdir -p new && cp -a kept new/ && rm -r old && sleep 0.3; echo done > new/x"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
LATEST_S = 2.5
LONGEST_S = 120.0


class Ground:
    """A home and a workspace of one's own below a directory."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.work = folder / "work"
        self.home.mkdir()
        (self.work / "old").mkdir(parents=True)
        (self.work / "old" / "file").write_text("old\n")
        (self.work / "kept").write_text("kept\n")

    @property
    def environment(self) -> Mapping[str, str]:
        gone = ("OPENROUTER_", "LINARA_", "XDG_", "GIT_")
        passed = {k: v for k, v in os.environ.items() if not k.startswith(gone)}
        return {**passed, "HOME": str(self.home)}

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-m", "linara_agent", *arguments],
            cwd=self.work,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def call(self, *arguments: str) -> tuple[int, str]:
        with self.start(*arguments) as process:
            out, _ = process.communicate(timeout=LONGEST_S)
        return process.returncode, out.decode()

    def tree(self) -> dict[str, tuple[int, str]]:
        """Every path of the workspace with its time and content."""
        return {
            str(path): (
                path.lstat().st_mtime_ns,
                path.read_text() if path.is_file() else "",
            )
            for path in self.work.rglob("*")
        }


def interrupt(ground: Ground, chance: random.Random) -> tuple[str, int, str]:
    """One round: which signal, how the program ended, and an error that it told."""
    number = chance.choice(SIGNALS)
    with ground.start("run", "--no-input", TEXT) as process:
        time.sleep(chance.uniform(0, LATEST_S))
        process.send_signal(number)
        _, said = process.communicate(timeout=LONGEST_S)
    errors = [x for x in said.decode().splitlines() if x.startswith("error:")]
    return number.name, process.returncode, "".join(errors[:1])


def mine(ground: Ground, runs: set[str]) -> list[dict[str, Any]]:
    """What is still there of these runs, or in this home's scratch."""
    code, out = ground.call("sandbox", "status", "--json")
    if code != 0:
        return [{"kind": "status", "name": f"exit {code}"}]
    return [
        one
        for one in json.loads(out)["holdings"]
        if one["run"] in runs or str(one["name"]).startswith(str(ground.home))
    ]


def journal(ground: Ground) -> tuple[list[dict[str, Any]], int]:
    _, out = ground.call("audit", "list", "-n", "100000", "--json")
    code, _ = ground.call("audit", "verify")
    return [json.loads(line) for line in out.splitlines()], code


def main(arguments: list[str]) -> int:
    rounds = int(arguments[0]) if arguments else 20
    seed = int(arguments[1]) if len(arguments) > 1 else time.time_ns() >> 20
    chance = random.Random(seed)  # noqa: S311 — moments, no secrets
    with tempfile.TemporaryDirectory(prefix="linara-chaos-") as folder:
        ground = Ground(Path(folder))
        before = ground.tree()
        ends = Counter(interrupt(ground, chance) for _ in range(rounds))
        changed = ground.tree() != before
        runs, _ = journal(ground)
        names = {str(one["run"]) for one in runs}
        unclean = len(mine(ground, names))
        cleaned, _ = ground.call("sandbox", "clean")
        left = mine(ground, names)
        runs, verified = journal(ground)
    unended = [one["run"] for one in runs if one["ended"] is None]
    say = sys.stdout.write
    say(f"seed {seed}: {rounds} rounds, {len(runs)} of them in the journal\n")
    for (name, code, error), number in sorted(ends.items()):
        say(f"  {name:8} exit {code:4}: {number}  {error}\n")
    say(f"left before `sandbox clean`: {unclean}; after (exit {cleaned}): {left}\n")
    say(f"workspace changed: {changed}; audit verify: exit {verified}\n")
    say(f"runs without an end: {len(unended)} {unended[:5]}\n")
    return int(bool(changed or left or cleaned or verified or unended))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
