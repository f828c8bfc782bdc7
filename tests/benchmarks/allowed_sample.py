"""A sample of what the default policy allows, to be read by eye.

    python tests/benchmarks/allowed_sample.py [FILE [COUNT [SEED]]]

FILE holds one command a line (default: tests/corpus/shell/nl2bash.txt). Prints how
all its commands are judged and how many of their commands have an effect that is
unknown, then COUNT (100) of the allowed ones with all that they are found to do.
The same SEED (1) draws the same sample. Each of them must only look.
"""

import random
import sys
from collections import Counter
from pathlib import Path

from linara_agent.core.decision import Decision
from linara_agent.core.effects.effect import Effect, EffectKind
from linara_agent.core.effects.place import Place
from linara_agent.core.gate import Gate
from linara_agent.core.policy.verdict import Verdict
from linara_agent.parsers.both import BothParsers
from linara_agent.rulebook import load_catalogue, load_policy

CORPUS = Path(__file__).resolve().parents[1] / "corpus" / "shell" / "nl2bash.txt"
PLACE = Place(cwd="/home/u/p", home="/home/u", user="u", workspace="/home/u/p")


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


def judged(path: Path) -> list[tuple[str, int, Verdict]]:
    """Each command with the number of its invocations and its verdict."""
    gate = Gate(
        parsers=BothParsers(), catalogue=load_catalogue(), policy=load_policy("default")
    )
    lines = path.read_text(encoding="utf-8").splitlines()
    found = []
    for text in (line for line in lines if not line.startswith("# ")):
        script, verdict = gate.assess(text, PLACE)
        found.append((text, len(script.invocations), verdict))
    return found


def in_short(effect: Effect) -> str:
    target = effect.target or "?"
    where = f" ({effect.cls})" if effect.cls is not None else ""
    return f"{effect.kind} {effect.form} {target}{where}"


def say_split(found: list[tuple[str, int, Verdict]]) -> None:
    split = Counter(verdict.decision.word for _, _, verdict in found)
    parts = [f"{word} {n} ({n / len(found):.1%})" for word, n in split.most_common()]
    say(f"{len(found)} commands: {', '.join(parts)}")
    invocations = sum(number for _, number, _ in found)
    unknown = sum(_unknown(verdict) for _, _, verdict in found)
    say(f"{unknown} of {invocations} invocations unknown ({unknown / invocations:.1%})")


def _unknown(verdict: Verdict) -> int:
    """Invocations with an unknown effect; what is unread counts as one."""
    kinds = [one for one in verdict.effects if one.kind is EffectKind.UNKNOWN]
    return len({one.invocation for one in kinds})


def main() -> None:
    path = Path(sys.argv[1]) if sys.argv[1:] else CORPUS
    count = int(sys.argv[2]) if sys.argv[2:] else 100
    seed = int(sys.argv[3]) if sys.argv[3:] else 1
    found = judged(path)
    say_split(found)
    allowed = [row for row in found if row[2].decision is Decision.ALLOW]
    chooser = random.Random(seed)  # noqa: S311 — a sample, no secret
    for text, _, verdict in chooser.sample(allowed, min(count, len(allowed))):
        say(f"\n{text}")
        done = dict.fromkeys(in_short(one) for one in verdict.effects)
        for line in done or {"no effect": None}:
            say(f"    {line}")


if __name__ == "__main__":
    main()
