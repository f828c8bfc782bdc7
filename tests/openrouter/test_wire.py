"""What a server may send at most, and what counts as absent."""

import json
import time

import pytest

from linara_agent.openrouter.errors import Failure
from linara_agent.openrouter.options import Options
from linara_agent.openrouter.refusals import reported
from linara_agent.openrouter.reply import completion, parsed
from linara_agent.openrouter.wire import Chunk, Fault, Metadata, Reply, UsageReport


@pytest.mark.parametrize("count", [-1, 2**53, 10**30, 1.5, "many", None])
def test_a_count_that_no_plan_can_hold_is_absent(count):
    """RFC 8785 has no larger integers; sealing the plan would fail."""
    usage = UsageReport.model_validate({"prompt_tokens": count, "completion_tokens": 3})
    assert (usage.prompt_tokens, usage.completion_tokens) == (None, 3)


@pytest.mark.parametrize("cost", [-0.1, 1e7, 1e308, float("inf"), float("nan")])
def test_a_cost_that_is_none_is_absent(cost):
    """Nor could several of them add up to infinity."""
    assert UsageReport.model_validate({"cost": cost}).cost is None
    assert UsageReport.model_validate({"cost": 0.25}).cost == 0.25


def test_choices_without_end_are_no_answer(options):
    """Three bytes each, they would take hundreds of megabytes of memory."""
    one = {"finish_reason": "stop", "message": {"content": "ls"}}
    body = json.dumps({"choices": [one] * 129}).encode()
    with pytest.raises(Failure, match="sent no answer"):
        completion(parsed(body, options), {}, options)
    assert Reply.model_validate({"choices": [one]}).choices
    with pytest.raises(ValueError, match="at most 128"):
        Chunk.model_validate({"choices": [{}] * 129})


def test_a_long_error_is_understood_at_once():
    """Its words are looked for in its beginning; all of it would take hours."""
    fault = Fault(message="the model " + "model " * 500_000)
    begun = time.process_time()
    assert reported(400, fault, {}, Options()).what.startswith("The server refused")
    assert time.process_time() - begun < 1


@pytest.mark.parametrize("zone", ["UTC+12", "UTC-14"])
@pytest.mark.parametrize("moment", ["0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00"])
def test_a_reset_at_the_end_of_the_calendar_is_not_told(monkeypatch, zone, moment):
    """A date that no zone can show is left out, and breaks nothing."""
    with monkeypatch.context() as inner:
        inner.setenv("TZ", zone)
        time.tzset()
        fault = Fault(
            message="free-models-per-day", metadata=Metadata(resets_at=moment)
        )
        said = reported(429, fault, {}, Options()).remedy
    time.tzset()
    assert "until the limit is reset, or" in said
