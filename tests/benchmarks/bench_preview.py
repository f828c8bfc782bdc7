"""What a preview costs: cold, with a twin that stands by, and in large workspaces.

    python tests/benchmarks/bench_preview.py

Prints medians of pairs, and the machine's load. Goals: a cold preview of `true` by the
whole program at most 2.5 times `docker run --rm --network none IMAGE true`; from the
text to the result, with a twin that waits for it, at most 0.4 times that; `touch x`
among 100,000 files at most 1.15 times the same among 100. Needs an engine, its client
and busybox; with binpash's `try` on the PATH, a cold preview is set against it too.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

from linara_agent.core.sandbox_plan import Limits, SandboxPlan
from linara_agent.docker_sandbox.sandbox import DockerSandbox
from linara_agent.wiring.house import premises
from linara_agent.wiring.person import fresh_id, person

ROUNDS = 10
STARTED_S = 1.0
"""More than a twin takes to start; a model thinks longer."""


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


def seconds(*command: str, cwd: str | None = None) -> float:
    """The wall time of one run; the exit code of a saved plan is fine."""
    started = time.perf_counter()
    done = subprocess.run(command, check=False, capture_output=True, cwd=cwd)
    if done.returncode not in (0, 10):
        raise SystemExit(done.stderr.decode())
    return time.perf_counter() - started


def preview(text: str, cwd: str) -> float:
    """The whole program, from the command line to the saved plan."""
    command = (sys.executable, "-m", "linara_agent", "run", "--no-input", text)
    return seconds(*command, cwd=cwd)


def tried(cwd: str) -> float:
    """`try -n true`, which leaves its overlay behind in TMPDIR."""
    with tempfile.TemporaryDirectory() as left:
        return seconds("env", f"TMPDIR={left}", "try", "-n", "true", cwd=cwd)


def standby(sandbox: DockerSandbox, plan: SandboxPlan) -> float:
    """From the text to its result, in a process whose twin stands by."""
    twin = sandbox.prepare(replace(plan, run=fresh_id()))
    time.sleep(STARTED_S)
    with tempfile.TemporaryDirectory() as blobs:
        started = time.perf_counter()
        twin.run(plan, digest="", blobs=Path(blobs))
        return time.perf_counter() - started


def compare(
    name: str,
    ours: Callable[[], float],
    theirs: Callable[[], float],
    goal: float | None = None,
) -> None:
    """Print the median of the ratios of pairs, after one of each to warm up."""
    ours()
    theirs()
    pairs = [(ours(), theirs()) for _ in range(ROUNDS)]
    ratio = median(one / other for one, other in pairs)
    own, other = median(one for one, _ in pairs), median(other for _, other in pairs)
    aim = "" if goal is None else f"; goal {goal}"
    say(f"{name} = {ratio:.2f} ({own:.3f} s / {other:.3f} s{aim})")


def image() -> str:
    """An image that holds a static `true`: the busybox of Debian."""
    box = shutil.which("busybox")
    if box is None:
        raise SystemExit("install busybox-static for the comparison with docker run")
    with tempfile.TemporaryDirectory() as made:
        shutil.copy(box, f"{made}/true")
        archive = f"{made}.tar"
        subprocess.run(["tar", "-C", made, "-cf", archive, "true"], check=True)
    name = "linara-agent-bench:true"
    subprocess.run(["docker", "import", archive, name], check=True, capture_output=True)
    Path(archive).unlink()
    return name


def workspace(parent: str, files: int) -> str:
    """A directory with so many files, a thousand in each folder."""
    root = Path(parent) / f"files-{files}"
    for number in range(files):
        folder = root / str(number // 1000)
        if number % 1000 == 0:
            folder.mkdir(parents=True)
        (folder / f"{number}.txt").touch()
    return str(root)


def plan_of(cwd: str) -> SandboxPlan:
    """A plan for `true` as the caller."""
    return SandboxPlan(
        run="bench",
        text="true",
        caller=person().caller,
        cwd=cwd,
        environment=(("PATH", "/usr/bin:/bin"),),
        umask=0o022,
        hostname="localhost",
        limits=Limits(),
    )


def main() -> None:
    """Print all three ratios."""
    say(f"load: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory(dir=os.environ.get("HOME", "/var/tmp")) as parent:
        few, name = workspace(parent, 100), image()
        run = ("docker", "run", "--rm", "--network", "none", name, "/true")
        compare(
            "cold preview of true / docker run",
            lambda: preview("true", few),
            lambda: seconds(*run),
            2.5,
        )
        if shutil.which("try") is not None:
            compare(
                "cold preview of true / try -n true",
                lambda: preview("true", few),
                lambda: tried(few),
            )
        with DockerSandbox(premises(person())) as sandbox:
            plan = plan_of(few)
            compare(
                "text to result with a standby / docker run",
                lambda: standby(sandbox, plan),
                lambda: seconds(*run),
                0.4,
            )
        subprocess.run(["docker", "rmi", name], check=False, capture_output=True)
        many = workspace(parent, 100_000)
        compare(
            "touch x among 100,000 files / among 100",
            lambda: preview("touch x", many),
            lambda: preview("touch x", few),
            1.15,
        )
    say(f"load: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
