"""The twin that stands by while a text is made and judged: it is run, or goes."""

import pytest

from linara_agent.core.gate import Gate
from linara_agent.core.passage import Ending
from linara_agent.core.proposal import Proposal
from linara_agent.core.record import Event
from linara_agent.errors import (
    JournalUnavailable,
    ProposalUnavailable,
    SandboxUnavailable,
)
from linara_agent.flow import carry
from linara_agent.ports import Reviewed, Source
from linara_agent.wiring.person import load_gate
from tests.fakes import APPLY, DECLINE
from tests.stage import TOUCH, Stage, failure


@pytest.fixture(scope="module")
def default() -> Gate:
    return load_gate("default")


@pytest.fixture
def stage(default: Gate) -> Stage:
    return Stage(default)


def test_a_twin_stands_by_from_the_first_record_on(stage: Stage):
    """The journal tells that a twin is being started before anything is proposed."""
    stage.carry(TOUCH, DECLINE)

    assert stage.sandbox.begun_after == ["run started"]
    assert stage.journal.records[0].fields["standby"] is True


def test_no_twin_outlives_a_run_that_breaks_off(default: Gate):
    """Wherever the journal fails, a twin that stood by is run or taken down."""
    whole = Stage(default)
    whole.carry(TOUCH, APPLY)
    for number in range(len(whole.journal.records)):
        stage = Stage(default)
        stage.journal.broken_at = number
        with pytest.raises(JournalUnavailable):
            stage.carry(TOUCH, APPLY)
        assert [twin.over for twin in stage.sandbox.twins] == [True] * min(number, 1)


@pytest.mark.parametrize(
    "error", [failure(ProposalUnavailable), KeyboardInterrupt()], ids=repr
)
def test_no_twin_outlives_a_proposal_that_fails(stage: Stage, error: BaseException):
    """Without a text, whether by failure or by Ctrl-C, nothing stays standing."""

    def propose(_: object) -> tuple[Proposal, ...]:
        assert not stage.sandbox.twins[0].over
        raise error

    with pytest.raises(type(error)):
        carry(stage.house, Source(propose=propose), intent="make x")

    assert [twin.over for twin in stage.sandbox.twins] == [True]


def test_a_denied_text_leaves_no_twin_and_needs_no_engine(stage: Stage):
    """The verdict stands before anybody asks for the engine; the twin goes unused."""
    stage.sandbox.failure = failure(SandboxUnavailable)
    passage = stage.carry("rm -rf ~")

    assert passage.ending is Ending.DENIED
    assert [twin.over for twin in stage.sandbox.twins] == [True]
    assert Event.PREVIEW_BEFORE not in [one.event for one in stage.journal.records]


def test_each_text_has_a_twin_of_its_own(stage: Stage):
    """What a person wrote instead is not run where the first text ran."""
    stage.carry(TOUCH, Reviewed(answer=DECLINE.answer, text="touch y"), DECLINE)

    assert [plan.text for plan in stage.sandbox.plans] == [TOUCH, "touch y"]
    assert [twin.over for twin in stage.sandbox.twins] == [True, True]
