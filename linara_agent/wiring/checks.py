"""Everything that `doctor` tries."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from linara_agent import diagnosis
from linara_agent.core.check import Check
from linara_agent.errors import LinaraError
from linara_agent.host.recover import unfinished
from linara_agent.ports import Progress
from linara_agent.wiring.house import premises
from linara_agent.wiring.model import model_checks
from linara_agent.wiring.person import (
    Person,
    fresh_id,
    journal_of,
    load_gate,
    place_here,
)
from linara_agent.wiring.settings import configured_run

if TYPE_CHECKING:
    pass


def checks(who: Person, progress: Progress) -> Iterator[Check]:
    """Everything that `doctor` tries, in the order of the main path."""
    yield diagnosis.python()
    try:
        chosen = configured_run(who).settings.policy
        gate = load_gate(chosen, who=who)
        yield from diagnosis.parsers(gate)
        yield diagnosis.policy(gate, place_here(who))
    except LinaraError as error:
        detail, remedy = error.what, error.remedy
        yield Check(name="policy", ok=False, detail=detail, remedy=remedy)
    yield from _sandbox_checks(who, progress)
    yield diagnosis.applies(unfinished(who.directories.state / "plans"))
    yield diagnosis.journal(journal_of(who), run=fresh_id())
    yield from model_checks(who, progress)


def _sandbox_checks(who: Person, progress: Progress) -> Iterator[Check]:
    from linara_agent.docker_sandbox.probe import probe

    with progress.step("trying the sandbox"):
        yield from probe(premises(who), who.caller, run=fresh_id())
