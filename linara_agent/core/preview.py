"""What a script did in the twin."""

from dataclasses import dataclass

from typing_extensions import override

from linara_agent.core.change import Change
from linara_agent.core.policy.verdict import Finding
from linara_agent.core.steps import Step
from linara_agent.core.traced import Traced
from linara_agent.core.wire import Bytes, Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run ended; exactly one of `exit` and `signal` is set.

    `stdout` and `stderr` are cut at the output limit (`truncated`); `limits` names
    those that it ran into (`time`, `memory`, `processes`, `scratch`, `file-size`), and
    `terminal` where it only waited for a person; `leftovers` counts processes that
    outlived the shell. Times in seconds,
    `peak_memory` in bytes.
    """

    exit: int | None
    signal: int | None
    stdout: Bytes
    stderr: Bytes
    truncated: bool = False
    duration_s: float = 0.0
    cpu_s: float | None = None
    peak_memory: int | None = None
    leftovers: int = 0
    limits: tuple[str, ...] = ()

    @property
    def succeeded(self) -> bool:
        return self.exit == 0 and not self.limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Unshown:
    """A mount of which no overlay can be made, with its file system; without, a plain
    file directly in `/`.
    """

    path: Path
    filesystem: str | None = None

    @override
    def __str__(self) -> str:
        return self.path + (f" ({self.filesystem})" if self.filesystem else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Outcome, changes and observations of exactly one text.

    `digest` is the proposal's; `view` says what the script saw (`twin`);
    `changes` are in an order in which they can be applied (parents first,
    deletions of children before their directory). `network_tried` comes from
    the network namespace's own counters. `connections` are whom it was seen to speak
    to where the network was open to it (`network_open`). `traced` is what strace told,
    if it was asked; `steps` are those of a script that was run step by step.
    `runtime` is the engine's, where it is not the one that the engine itself takes.
    `unshown` is what the twin did not have of the host's files.
    """

    digest: str
    view: str
    outcome: Outcome
    changes: tuple[Change, ...]
    findings: tuple[Finding, ...] = ()
    network_tried: bool = False
    network_open: bool = False
    connections: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    traced: Traced | None = None
    steps: tuple[Step, ...] = ()
    runtime: str | None = None
    unshown: tuple[Unshown, ...] = ()

    @property
    def effective(self) -> tuple[Change, ...]:
        """The changes that matter to the person: all but the incidental ones."""
        return tuple(change for change in self.changes if not change.incidental)
