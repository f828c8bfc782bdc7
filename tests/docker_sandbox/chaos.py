"""Previews whose client or engine is interrupted at random moments.

    python -m tests.docker_sandbox.chaos [ROUNDS] [SEED]

Each of the rounds (20) starts the program in a made-up home and workspace, on an engine
made for it (`second_engine`), and at a random moment the client gets SIGINT, SIGTERM or
SIGKILL, or the engine is killed and started again, or both. Every second moment is
counted from when the twin is being made, the others from the start of the process. Then
`sandbox clean` is called. Exit 0 if after each round the files are as they were and the
journal verifies, every round ended in one of the ways that are explained, and in the
end no container, volume, scratch, mount or process is left and every run in the journal
has an end.
"""

import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from tests.docker_sandbox.ground import LONGEST_S, Ground, of_session, outliving
from tests.docker_sandbox.second_engine import SecondEngine

TEXT = (
    "mkdir -p new && cp -a kept new/ && rm -r old && touch ~/added && sleep 0.3;"
    " echo done > new/x"
)
_SAME = 10
"""Rounds until it is measured again how long one takes."""
_STANDBY_S = 75.0
"""No twin waits longer for its text."""
SAVED, NO_SANDBOX, INTERRUPTED = 10, 21, 130


class Blow(StrEnum):
    """What happens to a round."""

    INTERRUPT = "SIGINT"
    TERMINATE = "SIGTERM"
    KILL = "SIGKILL"
    ENGINE = "engine killed"
    BOTH = "both killed"

    @property
    def signal(self) -> signal.Signals | None:
        """What the client gets."""
        if self is Blow.ENGINE:
            return None
        return signal.SIGKILL if self is Blow.BOTH else signal.Signals[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """How the program ended; `after_s` is the moment of the blow."""

    blow: Blow
    after_s: float
    code: int
    said: str
    running: tuple[int, ...]

    @property
    def way(self) -> str:
        """How it ended, in words; raises ValueError where that is not explained."""
        ways = {SAVED: "had ended before"}
        if self.blow in (Blow.ENGINE, Blow.BOTH):
            ways[NO_SANDBOX] = "no sandbox"
        if self.blow.signal is signal.SIGKILL:
            ways[-signal.SIGKILL] = "killed"
        elif self.blow.signal is not None:
            ways[INTERRUPTED] = "interrupted"
        if self._before_us:
            ways[self.code] = "before Python ran us"
        if self.code not in ways:
            told = f"exit {self.code}\n{self.said[-2000:]}"
            raise ValueError(f"{self.blow} after {self.after_s:.3f} s: {told}")
        return ways[self.code]

    @property
    def _before_us(self) -> bool:
        """Until `interruption.heeded` is called, signals do what they do to Python."""
        if self.blow is Blow.TERMINATE:
            return self.code == -signal.SIGTERM and not self.said
        early = self.blow is Blow.INTERRUPT and self.code in (1, -signal.SIGINT)
        return early and "in heeded" not in self.said


@dataclass(slots=True)
class Chaos:
    """`unclean` is what `sandbox clean` had to see to, `problems` what must not be.

    `forgotten` is how many processes the engine left, not we: see `second_engine`.
    """

    ground: Ground
    engine: SecondEngine
    chance: random.Random
    ends: Counter[str] = field(default_factory=Counter)
    unclean: Counter[str] = field(default_factory=Counter)
    forgotten: int = 0
    problems: list[str] = field(default_factory=list)

    def go(self, rounds: int) -> None:
        before = self.ground.tree()
        usual_s = self._undisturbed()
        blows = [list(Blow)[number % len(Blow)] for number in range(rounds)]
        self.chance.shuffle(blows)
        for number, blow in enumerate(blows):
            if number % _SAME == _SAME - 1:
                usual_s = self._undisturbed()
            after_s = self.chance.uniform(0, 1.2 * usual_s)
            done = self._round(blow, after_s, in_twin=number % 2 == 1)
            self._judge(done)
            if self.ground.tree() != before:
                self.problems.append(f"the files changed: {done}")
            self.ground.journal()
        self._clean()

    def _undisturbed(self) -> float:
        """Seconds from start to end; the machine may have other work at times."""
        began = time.monotonic()
        code, _, said = self.ground.call("run", "--no-input", TEXT)
        assert code == SAVED, said
        return time.monotonic() - began

    def _round(self, blow: Blow, after_s: float, *, in_twin: bool) -> Round:
        with self.ground.start("run", "--no-input", TEXT) as process:
            while in_twin and process.poll() is None and not self._made(process.pid):
                time.sleep(0.01)
            time.sleep(after_s / 2 if in_twin else after_s)
            if blow in (Blow.ENGINE, Blow.BOTH):
                self.engine.kill()
            if blow.signal is not None:
                process.send_signal(blow.signal)
            if blow in (Blow.ENGINE, Blow.BOTH):
                time.sleep(self.chance.uniform(0, 0.5))
                self.engine.start()
            _, said = process.communicate(timeout=LONGEST_S)
        return Round(
            blow=blow,
            after_s=after_s,
            code=process.returncode,
            said=said.decode(errors="replace"),
            running=tuple(outliving(process.pid)),
        )

    def _made(self, client: int) -> bool:
        """Whether the client has a place for its twin's changes."""
        scratch = self.ground.home / ".cache" / "linara-agent" / "scratch"
        pids = of_session(client)
        return any(one for pid in pids for one in scratch.glob(f"*.{pid}.*"))

    def _judge(self, done: Round) -> None:
        try:
            self.ends[f"{done.blow}: {done.way} (exit {done.code})"] += 1
        except ValueError as error:
            self.ends[f"{done.blow}: NOT EXPLAINED (exit {done.code})"] += 1
            self.problems.append(str(error))
        if done.running:
            self.problems.append(f"processes were left: {done}")

    def _clean(self) -> None:
        self.unclean = Counter(one["kind"] for one in self.ground.left())
        self.unclean["run"] = sum(one.ended is None for one in self.ground.journal())
        code, _, said = self.ground.call("sandbox", "clean")
        if code != 0:
            self.problems.append(f"sandbox clean: exit {code}\n{said}")
        self.problems += [f"left: {one}" for one in self.ground.left()]
        self.problems += [f"mounted: {one}" for one in self.engine.overlays()]
        self._look_inside()
        self.problems += [
            f"no end: {one}" for one in self.ground.journal() if one.ended is None
        ]

    def _look_inside(self) -> None:
        """A container that the engine forgot ends by itself when its time is up."""
        deadline = time.monotonic() + _STANDBY_S
        while self._inside() and time.monotonic() < deadline:
            time.sleep(0.5)
        self.problems += [f"in a container: {pid}" for pid in self._inside()]
        self.forgotten = len(self.engine.contained())

    def _inside(self) -> list[int]:
        forgotten = self.engine.is_forgotten
        return [pid for pid in self.engine.contained() if not forgotten(pid)]


def chaos(rounds: int, seed: int) -> Chaos:
    """Make a ground and an engine, and go; takes root and dockerd."""
    # What is ignored here, as in a background job, would be ignored by every client.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    chance = random.Random(seed)  # noqa: S311 — moments, no secrets
    with (
        tempfile.TemporaryDirectory(prefix="linara-chaos-") as folder,
        SecondEngine() as engine,
    ):
        found = Chaos(Ground(Path(folder), engine=engine.address), engine, chance)
        found.go(rounds)
    return found


def main(arguments: Sequence[str]) -> int:
    numbers = [int(word) for word in arguments]
    rounds, seed = [*numbers, *(20, time.time_ns() >> 20)[len(numbers) :]]
    if not SecondEngine.possible():
        sys.stderr.write("chaos: needs root and dockerd\n")
        return 2
    sys.stdout.write(f"seed {seed}: {rounds} rounds\n")
    found = chaos(rounds, seed)
    for end, number in sorted(found.ends.items()):
        sys.stdout.write(f"  {number:4}  {end}\n")
    sys.stdout.write(f"left before `sandbox clean`: {dict(found.unclean)}\n")
    sys.stdout.write(f"`runc init` that the engine forgot: {found.forgotten}\n")
    for problem in found.problems:
        sys.stdout.write(f"problem: {problem}\n")
    sys.stdout.write(f"{len(found.problems)} problems\n")
    return int(bool(found.problems))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
