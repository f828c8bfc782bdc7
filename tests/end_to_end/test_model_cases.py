"""What a person sees of a server's answers: the message, the exit code, the journal.

Every case goes through the client in `tests/openrouter/test_cases.py`; here are some of
each kind through the program. The double is no OpenRouter by its address, so it also
sees that fields which only OpenRouter knows are left out.
"""

from pathlib import Path

import pytest

from tests.end_to_end.conftest import Left
from tests.end_to_end.program import Program, tree
from tests.openrouter_double.cases.all import numbered
from tests.openrouter_double.cases.case import WORDS, Case, Place
from tests.openrouter_double.observation import PACE, address
from tests.openrouter_double.server import KEY, Double

pytestmark = pytest.mark.docker

ASK = ("do", "--no-input", "--provider", "openrouter")

REPAIRS = 2
"""How often a model is asked again for an answer that can be read."""


def cases(*names: str) -> list[Case]:
    return [case for name in names for case in numbered(name)]


def asking(linara: Program, case: Case, double: Double) -> Program:
    return linara.with_(
        OPENROUTER_API_KEY=KEY,
        OPENROUTER_BASE_URL=address(case, double),
        OPENROUTER_MODEL=case.model,
        LINARA_MODEL_DEADLINE="20",
    )


@pytest.mark.parametrize("case", cases("30", "76a"), ids=lambda case: case.name)
def test_an_answer_is_previewed(linara: Program, work: Path, case: Case):
    """The command is judged and run in the twin; looking around is its answer."""
    (work / "seen").touch()
    with Double(official=False, pace=PACE) as double:
        double.play(*case.replies)
        done = asking(linara, case, double)("do", "--no-input", "--json", WORDS)

    assert double.complaints == []
    assert (done.code, done.json["command"]) == (0, case.command), done.text
    assert "seen" in done.json["preview"]["stdout"]
    assert len(double.requests) == case.tries


@pytest.mark.parametrize(
    "case",
    cases("24", "34", "43b", "55", "69", "70a", "71"),
    ids=lambda case: case.name,
)
def test_a_failure_is_told_and_nothing_runs(
    linara: Program, work: Path, left: Left, case: Case
):
    """Exit 20, what happened, what was not done, what to do; a record, and no more."""
    with Double(official=False, pace=PACE) as double:
        double.play(*case.replies)
        done = asking(linara, case, double)(*ASK, WORDS)

    assert double.complaints == []
    assert (done.code, done.out) == (20, b""), done.said
    assert case.told in done.said
    assert case.advice in done.said
    assert "nothing was run" in done.said
    assert "Traceback" not in done.said
    if case.place is not Place.CLOSED:
        assert len(double.requests) == case.tries
    assert (tree(work), left()) == ({}, [])
    run = linara("audit", "list", "-n", "1", "--json").json
    assert (run["ended"], run["exit"], run["intent"]) == ("failed", 20, WORDS)


def test_an_answer_that_cannot_be_read_is_asked_for_again(linara: Program, work: Path):
    """The model is told why, two times at most; then the person is."""
    (case,) = cases("13b")
    with Double(official=False, pace=PACE) as double:
        double.play(*case.replies)
        done = asking(linara, case, double)(*ASK, WORDS)

    assert double.complaints == []
    assert (done.code, done.out) == (20, b""), done.said
    assert case.told in done.said
    assert len(double.requests) == 1 + REPAIRS
    assert tree(work) == {}


def test_a_person_can_wait_no_longer(linara: Program, work: Path):
    """A server that sends comments for ever is left at the deadline."""
    (case,) = cases("38")
    with Double(official=False, pace=PACE) as double:
        double.play(*case.replies)
        hurried = asking(linara, case, double).with_(LINARA_MODEL_DEADLINE="1")
        done = hurried(*ASK, WORDS)

    assert (done.code, done.out) == (20, b""), done.said
    assert "did not answer within 1 second" in done.said
    assert tree(work) == {}
