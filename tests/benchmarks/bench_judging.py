"""How long judging takes, apart from reading: from a command's text to its verdict.

    python tests/benchmarks/bench_judging.py [FILE [STEP]]

FILE holds one command a line, of which every STEP-th is judged; without it all of
tests/corpus/shell/nl2bash.txt. Prints, in milliseconds, the median and the 99th
percentile of the whole, of reading (both parsers, also of texts within the text)
and of the rest (resolving and judging), the slowest commands, and how long the whole
catalogue takes to load from its files and as it is kept.
"""

import statistics
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from typing_extensions import override

from linara_agent.core.effects.place import Place
from linara_agent.core.gate import Gate
from linara_agent.core.shell.script import Script
from linara_agent.parsers.both import BothParsers
from linara_agent.rulebook import load_catalogue, load_policy

CORPUS = Path(__file__).resolve().parents[1] / "corpus" / "shell" / "nl2bash.txt"
PLACE = Place(cwd="/home/u/p", home="/home/u", user="u", workspace="/home/u/p")
SLOWEST = 5
MILLI = 1000


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedGate(Gate):
    """Keeps how long each reading took."""

    readings: list[float]

    @override
    def read(self, text: str, place: Place) -> Script:
        start = perf_counter()
        script = Gate.read(self, text, place)
        self.readings.append(perf_counter() - start)
        return script


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Milliseconds for one command."""

    text: str
    whole: float
    reading: float

    @property
    def rest(self) -> float:
        return self.whole - self.reading


def row(gate: TimedGate, text: str) -> Row:
    gate.readings.clear()
    start = perf_counter()
    gate.assess(text, PLACE)
    whole = perf_counter() - start
    reading = sum(gate.readings)
    return Row(text=text, whole=whole * MILLI, reading=reading * MILLI)


def say_times(name: str, times: list[float], goal: str) -> None:
    median, p99 = statistics.median(times), statistics.quantiles(times, n=100)[98]
    say(f"{name:8s} median {median:6.2f}   p99 {p99:6.2f}   goal {goal}")


def bench_commands(path: Path, step: int) -> None:
    gate = TimedGate(
        parsers=BothParsers(),
        catalogue=load_catalogue(),
        policy=load_policy("default"),
        readings=[],
    )
    lines = path.read_text(encoding="utf-8").splitlines()
    texts = [line for line in lines if not line.startswith("# ")][::step]
    # The parsers' tables and the catalogue are loaded once in a process.
    gate.assess("ls", PLACE)
    for name in gate.catalogue.programs:
        gate.catalogue.find(name)
    rows = [row(gate, text) for text in texts]
    say(f"{len(rows)} commands, in ms")
    say_times("whole", [one.whole for one in rows], "10 / 60")
    say_times("reading", [one.reading for one in rows], "none")
    say_times("the rest", [one.rest for one in rows], "2 / 20")
    for one in sorted(rows, key=lambda one: one.rest)[-SLOWEST:]:
        say(f"  {one.rest:6.1f} {one.text[:70]}")


def loading(cache: Path | None) -> float:
    """Milliseconds for every program."""
    start = perf_counter()
    programs = load_catalogue(cache).programs
    for name in programs:
        programs[name]
    return (perf_counter() - start) * MILLI


def bench_catalogue() -> None:
    with TemporaryDirectory() as directory:
        cache = Path(directory) / "cache"
        say(f"the whole catalogue from its files: {loading(None):.0f} ms")
        say(f"the same, and it is kept: {loading(cache):.0f} ms")
        kept = statistics.median(loading(cache) for _ in range(7))
        say(f"as it is kept: {kept:.0f} ms   goal 60")


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else CORPUS
    bench_catalogue()
    bench_commands(path, int(sys.argv[2]) if sys.argv[2:] else 1)


if __name__ == "__main__":
    main()
