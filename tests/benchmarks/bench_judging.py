"""How long judging takes: a command of the corpus, from its text to its verdict.

    python tests/benchmarks/bench_judging.py [FILE]

FILE holds one command a line; without it the corpus of the tests is judged. Prints the
median and the 99th percentile in milliseconds, and how much of it is reading (both
parsers), resolving and judging. The goals are 10 ms and 60 ms.
"""

import json
import statistics
import sys
from pathlib import Path
from time import perf_counter

from linara_agent.core.effects.place import Place
from linara_agent.core.gate import Gate
from linara_agent.parsers.both import BothParsers
from linara_agent.rulebook import load_catalogue, load_policy

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
PLACE = Place(cwd="/home/u/p", home="/home/u", user="u", workspace="/home/u/p")


def commands() -> list[str]:
    if len(sys.argv) > 1:
        return Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    lines = [
        line
        for name in ("attacks", "everyday")
        for line in (CORPUS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    return [json.loads(line)["command"] for line in lines]


def stages(gate: Gate, text: str) -> tuple[float, float, float]:
    """Seconds for reading, resolving and judging."""
    start = perf_counter()
    script = gate.read(text, PLACE)
    read = perf_counter()
    reading = gate.resolve(script, PLACE)
    resolved = perf_counter()
    gate.judge(script, reading, PLACE)
    return read - start, resolved - read, perf_counter() - resolved


def main() -> None:
    gate = Gate(
        parsers=BothParsers(), catalogue=load_catalogue(), policy=load_policy("default")
    )
    gate.assess("ls", PLACE)  # the parsers' tables, the first files
    rows = [stages(gate, text) for text in commands()]
    whole = sorted(sum(row) * 1000 for row in rows)
    total = sum(whole) / 1000
    lines = [
        f"{len(rows)} commands",
        f"median {statistics.median(whole):6.1f} ms   goal 10",
        f"p99    {whole[int(len(whole) * 0.99)]:6.1f} ms   goal 60",
    ]
    for index, name in enumerate(("reading", "resolving", "judging")):
        lines.append(f"{name:10s} {sum(row[index] for row in rows) / total:6.1%}")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
