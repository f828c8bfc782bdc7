"""How long reading one command takes, in process.

`python tests/benchmarks/bench_reading.py [FILE]` reads each line of the file
(default: the one-liners of tests/corpus/shell) and prints the times.
"""

import sys
import time
from pathlib import Path
from statistics import median, quantiles

from linara_agent.core.shell.agree import read
from linara_agent.parsers import bashlex
from linara_agent.parsers.both import BothParsers

ROWS = Path(__file__).parents[1] / "corpus" / "shell" / "nl2bash.txt"
MILLI = 1000


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


def seconds(text: str, parsers: BothParsers) -> tuple[float, bool]:
    start = time.perf_counter()
    script = read(text, parsers, home="/home/someone")
    return time.perf_counter() - start, bool(script.opaque)


def bench_first() -> None:
    start = time.perf_counter()
    bashlex.parse("true", seconds=10)
    took = time.perf_counter() - start
    say(f"first use of bashlex (it builds its tables): {took * MILLI:.0f} ms")


def bench_rows(path: Path) -> None:
    parsers = BothParsers()
    rows = [row for row in path.read_text().splitlines() if not row.startswith("# ")]
    found = [seconds(row, parsers) for row in rows]
    times = [took for took, _ in found]
    opaque = sum(is_opaque for _, is_opaque in found)
    say(
        f"reading {len(rows)} commands: median {median(times) * MILLI:.1f} ms, "
        f"p99 {quantiles(times, n=100)[98] * MILLI:.1f} ms, "
        f"longest {max(times) * MILLI:.0f} ms; {opaque} not read in full"
    )


def bench_hostile() -> None:
    parsers = BothParsers()
    for name, text in {
        "100 KB of small commands": "echo hi there; " * 6_600,
        "1 MB of small commands": "a;" * 500_000,
        "40 KB of lines": "echo hi there\n" * 2_800,
        "40 endless loops for bashlex": "echo a'${b'\n" * 40,
        "3,000 nested subshells": "( " * 3_000 + "a" + ")" * 3_000,
        "3,000 open braces": "echo " + "{a," * 3_000,
    }.items():
        took, is_opaque = seconds(text, parsers)
        say(f"{name}: {took:.2f} s{', opaque' if is_opaque else ''}")


def main() -> None:
    bench_first()
    bench_rows(Path(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
    bench_hostile()


if __name__ == "__main__":
    main()
