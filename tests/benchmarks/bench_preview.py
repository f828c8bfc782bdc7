"""What a preview costs: against `docker run`, and in large workspaces.

Goals: a cold preview of `true` at most 2.5 times `docker run --rm --network none IMAGE
true`; `touch x` among 100,000 files at most 1.15 times the same among 100. Needs an
engine and its client; both figures are medians of pairs.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

ROUNDS = 7


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


def ratio(ours: Callable[[], float], theirs: Callable[[], float]) -> float:
    """The median of the ratios of pairs, after one of each to warm up."""
    ours()
    theirs()
    return median(ours() / theirs() for _ in range(ROUNDS))


def image() -> str:
    """An image that holds a static `true`, if there is one: the busybox of Debian."""
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


def main() -> None:
    """Print both ratios."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("HOME", "/var/tmp")) as parent:
        few, many = workspace(parent, 100), workspace(parent, 100_000)
        large = ratio(lambda: preview("touch x", many), lambda: preview("touch x", few))
        print(f"preview: 100,000 files / 100 files = {large:.2f} (goal 1.15)")  # noqa: T201 — this is what a benchmark is for
        name = image()
        run = ("docker", "run", "--rm", "--network", "none", name, "/true")
        cold = ratio(lambda: preview("true", few), lambda: seconds(*run))
        print(f"preview: cold true / docker run = {cold:.2f} (goal 2.5)")  # noqa: T201 — this is what a benchmark is for
        subprocess.run(["docker", "rmi", name], check=False, capture_output=True)


if __name__ == "__main__":
    main()
