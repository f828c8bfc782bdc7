"""Programs of ours that take more than a twin may give; bounded where nothing does.

Each knows the limits it runs under, and how one sees that they held.
"""

from collections.abc import Callable
from dataclasses import dataclass

from linara_agent.core.preview import Outcome
from linara_agent.core.sandbox_plan import Limits

_MIB = 1 << 20
_DONE = b"all of it\n"

_PROCESSES = """
import os, signal, time
children = []
try:
    for _ in range(300):
        child = os.fork()
        if child == 0:
            time.sleep(5)
            os._exit(0)
        children.append(child)
    print("all of it")
except OSError:
    pass
finally:
    for child in children:
        os.kill(child, signal.SIGKILL)
"""
_MEMORY = """
taken = []
for _ in range(48):
    taken.append(b"x" * (8 << 20))
print("all of it")
"""
_DISK = """
import os, sys, time
path = sys.argv[1] + "/filling"
try:
    with open(path, "wb", buffering=0) as file:
        for _ in range(64):
            file.write(os.urandom(4 << 20))
            time.sleep(0.05)
    print("all of it")
finally:
    os.unlink(path)
"""
_OUTPUT = """
import sys
for _ in range(512):
    sys.stdout.write("x" * 8191 + "\\n")
"""
_TIME = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
time.sleep(6)
print("all of it")
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhaustion:
    """`program` gets a directory that it may write in; it says when it got all."""

    name: str
    program: str
    limits: Limits
    held: Callable[[Outcome], bool]

    def stopped(self, outcome: Outcome) -> bool:
        return self.held(outcome) and _DONE not in outcome.stdout


EXHAUSTIONS = (
    Exhaustion(
        name="many processes",
        program=_PROCESSES,
        limits=Limits(wall_s=30.0, processes=64),
        held=lambda outcome: "processes" in outcome.limits,
    ),
    Exhaustion(
        name="much memory",
        program=_MEMORY,
        limits=Limits(wall_s=30.0, memory=128 * _MIB),
        held=lambda outcome: "memory" in outcome.limits,
    ),
    Exhaustion(
        name="much disk",
        program=_DISK,
        limits=Limits(wall_s=60.0, scratch=32 * _MIB),
        held=lambda outcome: "scratch" in outcome.limits,
    ),
    Exhaustion(
        name="much output",
        program=_OUTPUT,
        limits=Limits(wall_s=30.0, output=_MIB),
        held=lambda outcome: outcome.truncated and len(outcome.stdout) <= _MIB,
    ),
    Exhaustion(
        name="much time",
        program=_TIME,
        limits=Limits(wall_s=1.0),
        held=lambda outcome: "time" in outcome.limits,
    ),
)
