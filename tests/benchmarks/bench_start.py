"""How long the program takes to start, against importing click alone.

Goal: `--version` at most 1.5 times `python -c "import click"`.
"""

import subprocess
import sys
import time
from statistics import median

ROUNDS = 15


def seconds(*command: str) -> float:
    """The wall time of one run."""
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> None:
    """Both in turn, and the median of the ratios."""
    ours = (sys.executable, "-m", "linara_agent", "--version")
    theirs = (sys.executable, "-c", "import click")
    seconds(*ours)
    seconds(*theirs)
    pairs = [(seconds(*ours), seconds(*theirs)) for _ in range(ROUNDS)]
    ratio = median(ours / theirs for ours, theirs in pairs)
    print(f"start: --version / import click = {ratio:.2f} (goal 1.5)")  # noqa: T201 — this is what a benchmark is for


if __name__ == "__main__":
    main()
