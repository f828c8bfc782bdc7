"""What the flow needs from the world, in our words; adapters provide it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from linara_agent.core.attempt import Attempt
from linara_agent.core.intent import Intent
from linara_agent.core.passage import Applied, Passage
from linara_agent.core.plan import Plan, PlanState
from linara_agent.core.preview import Outcome, Preview
from linara_agent.core.proposal import Proposal
from linara_agent.core.record import Record
from linara_agent.core.review import Answer, Approved, Way
from linara_agent.core.sandbox_plan import SandboxPlan


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since the epoch."""
        ...


class Proposer(Protocol):
    """Turns an intent into texts; raises ProposalUnavailable."""

    @property
    def tries(self) -> int:
        """How often it may be asked in one run, the first time included."""
        ...

    def propose(
        self, intent: Intent, attempts: tuple[Attempt, ...] = ()
    ) -> tuple[Proposal, ...]:
        """One text, or several to choose from; `attempts` did not do.

        Raises UnusableAnswer where it answered and no text is in the answer.
        """
        ...

    def keep(self, proposal: Proposal) -> None:
        """It was read and is not denied: the same request may be answered by it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a run's text comes from: given once, or by one who may be asked again.

    `share_output`: the person lets what a preview wrote go back to the author.
    """

    propose: Callable[[tuple[Attempt, ...]], tuple[Proposal, ...]]
    tries: int = 1
    keep: Callable[[Proposal], None] = lambda _: None
    share_output: bool = False

    @classmethod
    def given(cls, proposal: Proposal) -> "Source":
        """The person's own text."""
        return cls(propose=lambda _: (proposal,))


class Progress(Protocol):
    """Tells a waiting person what is going on; a no-op without a terminal."""

    def step(self, words: str) -> AbstractContextManager[None]: ...


class PreparedPreview(Protocol):
    """A twin that is (being) started and waits for its text.

    That it cannot be started is only said by `run`.
    """

    def run(self, plan: SandboxPlan, *, digest: str, blobs: Path) -> Preview:
        """Run the text once, and return what it did.

        Where the plan asks for another twin than the one that was prepared (other
        masks or limits, another caller or directory), a new one is made. The new
        content of every regular file among the changes is written to `blobs`, one
        file each, named by its SHA-256. Raises SandboxUnavailable.
        """
        ...

    def discard(self) -> None:
        """Take everything down without a run; after one there is nothing to do."""
        ...


class Sandbox(Protocol):
    """Makes twins, one for each text."""

    def prepare(self, plan: SandboxPlan) -> PreparedPreview:
        """Begin to start a twin and return at once; the plan has no text yet."""
        ...

    def reap(self) -> int:
        """Remove what dead runs left behind; returns how many things that were.

        Raises SandboxUnavailable.
        """
        ...


class Journal(Protocol):
    """Append-only; raises JournalUnavailable."""

    def write(self, record: Record) -> None: ...


class Applier(Protocol):
    """The first way to the host: the reviewed changes."""

    def apply(self, approved: Approved, plan: Plan, *, blobs: Path) -> Applied:
        """Copy exactly the previewed changes.

        Raises StalePlan before anything was touched, ApplyFailed after a rollback.
        """
        ...


class Rerunner(Protocol):
    """The second way to the host: the text once more."""

    def rerun(self, approved: Approved, plan: Plan) -> Outcome:
        """Run the text on the host, output shown as it comes and kept."""
        ...


class Recoverer(Protocol):
    """Cleans up after an apply that was cut short."""

    def recover(
        self, approved: Approved, plan: Plan, *, blobs: Path
    ) -> tuple[str, int]:
        """Roll back, or finish; returns what was done in words, and the steps.

        Raises PlanProblem if there is nothing to recover, ApplyFailed.
        """
        ...


class Plans(Protocol):
    """The saved plans; raises PlanProblem."""

    def new(self, id: str) -> Path:
        """A directory for a plan in the making; returns where its blobs go."""
        ...

    def save(self, plan: Plan) -> None: ...

    def discard(self, id: str) -> None: ...

    def load(self, reference: str) -> Plan:
        """By id, unique prefix (6 or more characters), or file."""
        ...

    def blobs(self, plan: Plan) -> Path: ...

    def mark(self, plan: Plan, state: PlanState) -> None: ...

    def list(self) -> Iterator[Plan]: ...

    def hold(self, plan: Plan) -> AbstractContextManager[Plan]:
        """Keep others from carrying it out meanwhile; gives it as it is now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """A person's answer; `text` is set when they edited the command instead."""

    answer: Answer
    way: Way | None = None
    text: str | None = None


class Reviewer(Protocol):
    """Shows a plan and asks; without a terminal the answer is `unanswered`."""

    def review(self, plan: Plan, *, ways: tuple[Way, ...]) -> Reviewed: ...

    def choose(self, candidates: tuple[Passage, ...], *, of: int) -> int | None:
        """Shows all; the index of one of the first `of`, None to leave those."""
        ...
