"""What models were asked and what that cost, read from a real journal."""

from decimal import Decimal

import pytest

from linara_agent.core.record import Event
from linara_agent.journal.usage import replies, spent

DAY = "2026-11-22"


@pytest.fixture
def asked(write):
    """Three runs: one asked twice, one answered from the cache, one that failed."""
    tokens = {"prompt_tokens": 10, "completion_tokens": 5}
    write(Event.RUN_STARTED, "run-one", intent="make x")
    write(
        Event.PROPOSE_AFTER,
        "run-one",
        origin="model",
        source="a/m",
        cost_usd=0.1,
        **tokens,
    )
    write(Event.PROPOSE_AFTER, "run-one", origin="model", source="a/m", cost_usd=0.2)
    write(Event.PROPOSE_AFTER, "run-one", origin="model", source="a/m", rank=2)
    write(Event.RUN_STARTED, "run-two", intent="make y")
    write(Event.PROPOSE_AFTER, "run-two", origin="model", source="a/m", cached=True)
    write(Event.RUN_STARTED, "run-six", command="ls")
    write(Event.EXPLAIN_AFTER, "run-six", failed="It was cut.", cost_usd=0.4)
    write(Event.RUN_STARTED, "run-own", command="ls")
    write(Event.PROPOSE_AFTER, "run-own", origin="person", cost_usd=None)


@pytest.mark.usefixtures("asked")
def test_each_reply_is_told_once(state):
    """Newest first, with the intent it was for; further texts of one are none."""
    found = list(replies(state))

    assert [one.run for one in found] == ["run-six", "run-two", "run-one", "run-one"]
    assert [one.intent for one in found] == ["ls", "make y", "make x", "make x"]
    assert [one.failed for one in found] == [True, False, False, False]
    assert [one.cached for one in found] == [False, True, False, False]
    assert (found[3].prompt_tokens, found[3].completion_tokens) == (10, 5)
    assert {one.day for one in found} == {DAY}


@pytest.mark.usefixtures("asked")
def test_money_adds_up_exactly(state):
    """Tenths of a cent are not lost to floating point."""
    assert spent(state, day=DAY) == Decimal("0.7")
    assert spent(state, day="2026-11-21") == 0
    assert spent(state, day="2026-11-23") == 0


@pytest.mark.usefixtures("asked")
def test_nothing_older_is_read(state):
    """From a later day on there is nothing."""
    assert list(replies(state, since="2026-11-23")) == []


def test_a_cost_that_is_no_number_counts_nothing(state, write):
    """A server says what it likes; the sum stays a sum."""
    write(Event.RUN_STARTED, "run-odd", intent="x")
    for cost in ("NaN", True, "much", {"a": 1}):
        write(Event.PROPOSE_AFTER, "run-odd", origin="model", cost_usd=cost)
    assert spent(state, day=DAY) == 0
    assert len(list(replies(state))) == 4


def test_no_journal_is_no_cost(state):
    """Before the first run nothing was spent."""
    assert list(replies(state)) == []
