"""What stands, and what is left behind, when asking, sealing or the journal fails."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from linara_agent.core.gate import Gate
from linara_agent.core.passage import Ending, Passage
from linara_agent.core.preview import Outcome
from linara_agent.core.proposal import Origin, Proposal, Usage
from linara_agent.core.record import Event
from linara_agent.errors import JournalUnavailable, ProposalUnavailable
from linara_agent.flow import carry
from linara_agent.ports import Source
from linara_agent.wiring.person import load_gate
from tests.fakes import DECLINE
from tests.stage import Stage, failure

BROKEN = Outcome(exit=2, signal=None, stdout=b"", stderr=b"no such option\n")
NO_ROOT = "rm -rf /"


@pytest.fixture(scope="module")
def default() -> Gate:
    return load_gate("default")


@pytest.fixture
def stage(default: Gate) -> Stage:
    made = Stage(default)
    made.sandbox.outcome = BROKEN
    return made


def model(text: str) -> Proposal:
    return Proposal(text=text, origin=Origin.MODEL, source="a-model")


def answered(*texts: str) -> Source:
    """Gives the texts in order; then nobody answers."""
    left: Iterator[str] = iter(texts)

    def propose(_: object) -> tuple[Proposal, ...]:
        for text in left:
            return (model(text),)
        raise failure(ProposalUnavailable)

    return Source(propose=propose, tries=3)


def carried(stage: Stage, *texts: str, installed: bool = True) -> Passage:
    stage.reviewer.answers = [DECLINE]
    house = replace(stage.house, installed=lambda _: installed)
    return carry(house, answered(*texts), intent="make x")


def previewed(stage: Stage) -> list[str]:
    return [one for one in stage.acts if one.startswith("sandbox")]


def test_a_text_that_waited_for_a_better_one_is_previewed_after_all(stage: Stage):
    """Not previewed while its author could be asked: that alone denies nothing."""
    passage = carried(stage, "frobnicate x", installed=False)

    assert passage.ending is Ending.DECLINED
    assert passage.preview is not None
    assert previewed(stage) == ["sandbox: frobnicate x"]
    assert stage.happened.count("propose after") == 1
    assert all(twin.over for twin in stage.sandbox.twins)
    assert stage.ended["exit"] == 12


def test_a_denied_text_stays_denied_when_nobody_answers_again(stage: Stage):
    """It never runs anywhere."""
    passage = carried(stage, NO_ROOT)

    assert (passage.ending, passage.preview) == (Ending.DENIED, None)
    assert previewed(stage) == []
    assert stage.ended["exit"] == 11


@pytest.mark.parametrize("last", ["final verdict", "asked again", "propose before"])
def test_no_plan_stays_where_the_journal_fails(default: Gate, stage: Stage, last: str):
    """Whatever record after the preview is the last that could be written."""
    whole = Stage(default)
    whole.sandbox.outcome = BROKEN
    carried(whole, "touch x")
    written = [str(record.event) for record in whole.journal.records]
    stage.journal.broken_at = len(written) - written[::-1].index(last)
    with pytest.raises(JournalUnavailable):
        carried(stage, "touch x")

    assert previewed(stage) == ["sandbox: touch x"]
    assert stage.plans.begun == set()


def test_each_asking_is_on_disk_before_it_is_done(stage: Stage):
    """A request leaves the machine, and may be billed."""
    carried(stage, NO_ROOT, "touch x")

    before = [one for one in stage.journal.records if one.event is Event.PROPOSE_BEFORE]
    assert [one.durable for one in before] == [True, True, True]


@pytest.mark.parametrize(
    "usage", [Usage(prompt_tokens=2**60), Usage(cost_usd=float("inf"))]
)
def test_a_plan_that_cannot_be_sealed_leaves_nothing(stage: Stage, usage: Usage):
    """Numbers that RFC 8785 has no form for: the twin's files go with the error."""
    proposal = replace(model("touch x"), usage=usage)
    with pytest.raises(ValueError, match=r"domain|representable"):
        carry(stage.house, Source.given(proposal), intent=None)

    assert previewed(stage) == ["sandbox: touch x"]
    assert stage.plans.begun == set()
