"""The adapters of a run, and the journal that every step of it is written to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from linara_agent.core.change import PathState
from linara_agent.core.effects.place import Place
from linara_agent.core.gate import Gate
from linara_agent.core.next_step import Mode
from linara_agent.core.passage import Passage
from linara_agent.core.record import Event, Json, Record
from linara_agent.core.report import circumstances
from linara_agent.core.sandbox_plan import SandboxPlan
from linara_agent.errors import JournalUnavailable, LinaraError
from linara_agent.ports import (
    Applier,
    Clock,
    Journal,
    Plans,
    PreparedPreview,
    Recoverer,
    Rerunner,
    Reviewer,
    Sandbox,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The adapters, and what was decided before the run.

    `sandbox_plan` is the plan with everything but the text; `exit_of` gives the exit
    code that the journal keeps; `state_of` and `digest_of`
    a path's state and content on the host; `fresh_id` an id for a plan; `installed`
    whether a name can be run there.
    """

    gate: Gate
    place: Place
    sandbox_plan: SandboxPlan
    sandbox: Sandbox
    journal: Journal
    plans: Plans
    applier: Applier
    rerunner: Rerunner
    recoverer: Recoverer
    reviewer: Reviewer
    clock: Clock
    mode: Mode
    state_of: Callable[[str], PathState | None]
    digest_of: Callable[[str], str | None]
    fresh_id: Callable[[], str]
    exit_of: Callable[[Passage], int]
    failure_of: Callable[[BaseException], int]
    process: str | None = None
    installed: Callable[[str], bool] = lambda _: True


class Closing:
    """Writes how a run ended, however it ended."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.passage: Passage | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _type: object, error: BaseException | None, _tb: object) -> None:
        house = self._house
        if error is None and self.passage is not None:
            code = house.exit_of(self.passage)
            ended: dict[str, Json] = {"ended": str(self.passage.ending), "exit": code}
            log(house, Event.RUN_ENDED, ended, durable=True)
        elif error is not None and not isinstance(error, JournalUnavailable):
            what = error.what if isinstance(error, LinaraError) else repr(error)
            code = house.failure_of(error)
            log(house, Event.FAILED, {"error": type(error).__name__, "what": what})
            log(house, Event.RUN_ENDED, {"ended": "failed", "exit": code}, durable=True)


@contextmanager
def standby(house: House) -> Iterator[PreparedPreview]:
    """A twin is started meanwhile; what nobody ran is taken down."""
    twin = house.sandbox.prepare(house.sandbox_plan)
    try:
        yield twin
    finally:
        twin.discard()


def log(
    house: House,
    event: Event,
    fields: dict[str, Json] | None = None,
    *,
    durable: bool = False,
) -> None:
    run = house.sandbox_plan.run
    house.journal.write(
        Record(run=run, event=event, fields=fields or {}, durable=durable)
    )


def circumstances_of(house: House, intent: str | None) -> dict[str, Json]:
    facts = circumstances(house.sandbox_plan)
    policy = house.gate.policy.identity
    facts |= {"process": house.process} if house.process else {}
    return {"intent": intent, **facts, "policy": policy, "mode": str(house.mode)}
