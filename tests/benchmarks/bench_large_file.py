"""What previews of a file of 2 GiB cost, in time and on the disk.

    python tests/benchmarks/bench_large_file.py [DIRECTORY]

The file is really written, below DIRECTORY (default: the home), which must lie on a
local disk with 8 GB free. For each command: the whole program's time, and how much the
disk lost while the script ran. Goals: `chmod`, `touch -c` and `mv` copy nothing (plain
`touch` opens the file for writing, and overlayfs copies it whole before that); one byte
more works under the default limits, and costs the file twice (in the scratch, and with
the plan).
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

GIB = 1 << 30
PIECE = bytes(range(256)) * 4096
COMMANDS = (
    "true",
    "chmod 600 big",
    "touch -c big",
    "touch big",
    "mv big moved",
    "printf x >> big",
)
SLACK = 64 << 20


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


def large(path: Path) -> None:
    with path.open("wb") as file:
        for _ in range(2 * GIB // len(PIECE)):
            file.write(PIECE)
        os.fsync(file.fileno())


def preview(command: str, place: str) -> tuple[float, int]:
    """Seconds, and the bytes that the disk lost between two looks of the script."""
    look = "stat -f -c '%a %S' ."
    call = [sys.executable, "-m", "linara_agent", "run", "--json"]
    started = time.perf_counter()
    done = subprocess.run(
        [*call, f"{look}; {command}; {look}"],
        check=False,
        capture_output=True,
        text=True,
        cwd=f"{place}/work",
        env={**os.environ, "XDG_STATE_HOME": f"{place}/state"},
    )
    took = time.perf_counter() - started
    if done.returncode not in (0, 10):
        raise SystemExit(done.stderr or done.stdout)
    return took, _lost(done.stdout)


def _lost(printed: str) -> int:
    answer = json.loads(printed)["preview"]
    if answer["exit"] != 0:
        raise SystemExit(str(answer))
    (before, size), (after, _) = (
        map(int, line.split()) for line in answer["stdout"].splitlines()
    )
    return (before - after) * size


def main() -> None:
    base = sys.argv[1] if sys.argv[1:] else os.environ.get("HOME", "/var/tmp")
    with tempfile.TemporaryDirectory(dir=base) as place:
        (Path(place) / "work").mkdir()
        large(Path(place) / "work" / "big")
        for command in COMMANDS:
            took, lost = preview(command, place)
            copied = "copies nothing" if lost < SLACK else f"copies {lost / 1e9:.2f} GB"
            say(f"{command:18s} {took:6.2f} s   {copied}")


if __name__ == "__main__":
    main()
