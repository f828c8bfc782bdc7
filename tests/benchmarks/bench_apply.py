"""Applying 10,000 changed files against copying them.

`python tests/benchmarks/bench_apply.py [DIRECTORY]` prints the ratio of an apply
(check, stage, rename, backup, two syncs) to `rsync -a --fsync` of the same files
into an equal tree of older ones; to `cp -a` and `sync` without such an rsync.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from statistics import median

from linara_agent.core.change import Change, ChangeKind, FileType, PathState
from linara_agent.core.decision import Decision
from linara_agent.core.plan import Plan
from linara_agent.core.policy.verdict import Finding, Verdict
from linara_agent.core.preview import Outcome, Preview
from linara_agent.core.proposal import Origin, Proposal
from linara_agent.core.review import Approved, By, Way, approve
from linara_agent.core.sandbox_plan import Caller, SandboxPlan
from linara_agent.host.apply import HostFiles
from linara_agent.host.directories import Directories
from linara_agent.host.path_state import state_of

FILES = 10_000
PER_DIRECTORY = 100
REPEATS = 3


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


def seconds(step: Callable[[], object]) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def content(number: int, word: str) -> bytes:
    return f"{word} {number}\n".encode() * 200


def fill(root: Path, word: str) -> None:
    for number in range(FILES):
        path = root / str(number // PER_DIRECTORY) / str(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content(number, word))


def make_plan(host: Path, blobs: Path) -> Plan:
    """A plan that replaces the content of every file."""
    changes: list[Change] = []
    blobs.mkdir(parents=True)
    with Directories() as directories:
        for number in range(FILES):
            path = str(host / str(number // PER_DIRECTORY) / str(number))
            new = content(number, "new")
            digest = sha256(new).hexdigest()
            (blobs / digest).write_bytes(new)
            after = PathState(
                type=FileType.FILE,
                size=len(new),
                mode=0o644,
                uid=os.geteuid(),
                gid=os.getegid(),
                mtime_ns=time.time_ns(),
                sha256=digest,
            )
            before = state_of(path, directories=directories)
            changes.append(
                Change(path=path, kind=ChangeKind.MODIFIED, before=before, after=after)
            )
    proposal = Proposal(text="rewrite", origin=Origin.PERSON)
    sandbox = SandboxPlan(
        run="bench",
        text=proposal.text,
        caller=Caller(
            uid=os.geteuid(), gid=os.getegid(), groups=(), name="bench", home="/"
        ),
        cwd="/",
        environment=(),
        umask=0o022,
        hostname="bench",
    )
    finding = Finding(rule="bench", decision=Decision.REVIEW, reason="a benchmark")
    outcome = Outcome(exit=0, signal=None, stdout=b"", stderr=b"")
    return Plan(
        id="bench-0001",
        created=0.0,
        intent=None,
        proposal=proposal,
        sandbox=sandbox,
        policy="default",
        verdict=Verdict(findings=(finding,), effects=()),
        preview=Preview(
            digest=proposal.digest,
            view="twin",
            outcome=outcome,
            changes=tuple(changes),
        ),
    ).sealed()


def bench_ours(root: Path) -> float:
    host = root / "host"
    fill(host, "old")
    plan = make_plan(host.resolve(), root / "plan" / "blobs")
    os.sync()
    approved = approve(plan, way=Way.APPLY, by=By.PERSON)
    if not isinstance(approved, Approved):
        raise SystemExit(approved.reason)
    files = HostFiles()
    took = seconds(lambda: files.apply(approved, plan, blobs=root / "plan" / "blobs"))
    number = FILES - 1
    last = host / str(number // PER_DIRECTORY) / str(number)
    if last.read_bytes() != content(number, "new"):
        raise SystemExit("the apply did not apply")
    return took


def bench_theirs(root: Path, command: list[str]) -> float:
    fill(root / "target", "old")
    fill(root / "source", "new")
    os.sync()
    arguments = [*command, f"{root}/source/.", f"{root}/target/"]

    def run() -> None:
        subprocess.run(arguments, check=True)
        if command[0] == "cp":
            os.sync()

    return seconds(run)


def rival() -> list[str]:
    rsync = shutil.which("rsync")
    if rsync is not None:
        shown = subprocess.run([rsync, "--help"], capture_output=True, check=False)
        if b"--fsync" in shown.stdout:
            return [rsync, "-a", "--fsync", "--ignore-times"]
    return ["cp", "-a"]


def main() -> None:
    base = sys.argv[1] if len(sys.argv) > 1 else None
    command = rival()
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(REPEATS):
        with tempfile.TemporaryDirectory(dir=base) as place:
            ours.append(bench_ours(Path(place).resolve()))
        with tempfile.TemporaryDirectory(dir=base) as place:
            theirs.append(bench_theirs(Path(place), command))
    name = "rsync -a --fsync" if len(command) > len(["cp", "-a"]) else "cp -a and sync"
    say(f"apply of {FILES} changed files: {median(ours):.2f} s")
    say(f"{name}: {median(theirs):.2f} s")
    say(f"ratio: {median(ours) / median(theirs):.2f} (goal: at most 2)")


if __name__ == "__main__":
    main()
