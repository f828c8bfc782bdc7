"""How long is waited, and when no longer."""

import time
from dataclasses import replace
from email.utils import formatdate

import pytest

from linara_agent.openrouter.backoff import Patience, asked_wait, reset_moment
from linara_agent.openrouter.errors import Again, Failure
from linara_agent.openrouter.wire import Fault


def failure(again: Again | None) -> Failure:
    return Failure("It broke.", remedy="Mend it.", again=again)


def patient(options, **change) -> Patience:
    return Patience(replace(options, **change), time.monotonic() + 1000)


def fault(**fields: object) -> Fault:
    return Fault.model_validate(fields)


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        ("0", 0, 0),
        ("1", 1, 1),
        (" 2.5 ", 2.5, 2.5),
        (formatdate(0, usegmt=True), 0, 0),
    ],
)
def test_wait_asked_for_in_seconds_or_as_a_date(value, least, most):
    """Retry-After is read in both of its forms; a past date means now."""
    wait = asked_wait({"retry-after": value}, Fault())
    assert wait is not None
    assert least <= wait <= most


def test_wait_asked_for_until_a_date_ahead():
    """A date to come is waited for from now."""
    ahead = formatdate(time.time() + 500, usegmt=True)
    wait = asked_wait({"retry-after": ahead}, Fault())
    assert wait is not None
    assert 400 <= wait <= 500


@pytest.mark.parametrize(
    "value", ["", "soon", "-1", "nan", "inf", "1e3", "9" * 40, "Fri, 99 Foo 20 99:99"]
)
def test_nonsense_is_no_wish(value):
    """A Retry-After that cannot be read is as good as none."""
    assert asked_wait({"retry-after": value}, Fault()) is None


def test_reset_is_read_in_milliseconds_from_header_or_body():
    """X-RateLimit-Reset stands in either place, in milliseconds since the epoch."""
    body = fault(metadata={"headers": {"X-RateLimit-Reset": "1790035200000"}})
    for headers, part in [
        ({"x-ratelimit-reset": "1790035200000"}, Fault()),
        ({}, body),
    ]:
        moment = reset_moment(headers, part)
        assert moment is not None
        assert moment.isoformat() == "2026-09-22T00:00:00+00:00"


@pytest.mark.parametrize("value", ["9" * 25, "-5", "later", "1e99", "", "²"])
def test_impossible_reset_is_ignored(value):
    """A reset that is no time of the calendar is as good as none."""
    assert reset_moment({"x-ratelimit-reset": value}, Fault()) is None


def test_reset_in_the_body_may_be_a_date():
    """`resets_at` is a date in ISO 8601, in UTC where it does not say."""
    moment = reset_moment({}, fault(metadata={"resets_at": "2026-12-01T00:00:00"}))
    assert moment is not None
    assert moment.isoformat() == "2026-12-01T00:00:00+00:00"


def test_announced_wait_counts():
    """`availability.retry_after` is a wish like the header."""
    assert asked_wait({}, fault(availability={"retry_after": 3})) == 3


def test_wait_is_random_below_a_doubling_bound(options):
    """Without a wish the waits lie between nothing and 1, 2, 4 … times the first."""
    for _ in range(50):
        patience = patient(options, backoff_s=1.0)
        waits = [patience.wait(failure(Again())) for _ in range(4)]
        assert all(
            0 <= wait <= 2**number and wait is not False
            for number, wait in enumerate(waits)
        )


def test_wait_is_never_shorter_than_asked(options):
    """The server's wish is a lower bound."""
    wait = patient(options).wait(failure(Again(wait_s=7)))
    assert 7 <= wait <= 7.001


@pytest.mark.parametrize(
    ("exc", "left"),
    [
        (failure(None), 1000.0),
        (ValueError("a bug"), 1000.0),
        (failure(Again(wait_s=61)), 1000.0),
        (failure(Again(wait_s=5)), 4.0),
        (failure(Again()), 0.0),
    ],
    ids=["hopeless", "foreign", "asks for too much", "too late", "over"],
)
def test_gives_up(options, exc, left):
    """Hopeless failures, long waits and a passed deadline end the tries."""
    assert Patience(options, time.monotonic() + left).wait(exc) is False


def test_at_most_as_often_as_said(options):
    """A failure that may be tried once more is tried once more."""
    patience = patient(options)
    assert patience.wait(failure(Again(most=1))) is not False
    assert patience.wait(failure(Again(most=1))) is False
