"""Cases 55 to 65 and 68: limits, overload, breakdowns, and odd shapes of errors."""

import json
import time
from email.utils import formatdate

from tests.openrouter_double.cases.case import (
    COMMAND,
    Case,
    answer,
    fault,
    refusal,
)
from tests.openrouter_double.reply import Reply, in_json, whole
from tests.openrouter_double.server import Double

_DAILY_LIMIT = (
    ("X-RateLimit-Limit", "50"),
    ("X-RateLimit-Remaining", "0"),
    ("X-RateLimit-Reset", "1790035200000"),
)
_DAILY = refusal(
    429,
    "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free "
    "model requests per day",
    *_DAILY_LIMIT,
    headers=dict(_DAILY_LIMIT),
    limit_source="openrouter_free_tier_daily",
)
_SHARED_POOL = refusal(
    429,
    "Provider returned error",
    provider_name="Example Cloud",
    limit_source="upstream_provider_shared_pool",
    is_byok=False,
    raw="example/model:free is temporarily rate-limited upstream. Please retry "
    "shortly, or add your own key to accumulate your rate limits",
)
_LATER = "--provider recipes"
_PAGE = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head></html>"


def _minute(double: Double) -> Reply:
    """The limit of a minute; its end, a second away, comes at the double's pace."""
    reset = str(int((time.time() + double.pace) * 1000))
    limit = (("X-RateLimit-Limit", "20"), ("X-RateLimit-Reset", reset))
    said = "Rate limit exceeded: free-models-per-min. "
    return refusal(429, said, *limit, headers=dict(limit))


def _until_date(_: Double) -> Reply:
    """An HTTP date knows no parts of a second: this one is one to two seconds away."""
    date = formatdate(time.time() + 2, usegmt=True)
    return refusal(429, "Slow down", ("Retry-After", date))


def _overloaded(status: int) -> Reply:
    return refusal(status, "The provider did not answer")


CASES = (
    Case(
        number=55,
        sends="429: the free requests of the day are used up",
        replies=(_DAILY,),
        told="The free requests of today are used up",
        advice="Wait until the limit is reset (on 2026-09-2",
    ),
    Case(
        number=56,
        variant="a",
        sends="429: 20 free requests a minute; then an answer",
        replies=(_minute, answer()),
        command=COMMAND,
        tries=2,
    ),
    Case(
        number=56,
        variant="b",
        sends="429: 20 free requests a minute, also after the minute",
        replies=(_minute,),
        told="Too many free requests were made within a minute",
        advice=_LATER,
        tries=2,
    ),
    Case(
        number=57,
        sends="429: high demand for this model",
        replies=(
            refusal(
                429,
                "Rate limit exceeded: limit_rpm/example/model/9c1f. High demand for "
                "example/model:free on OpenRouter - limited to 8 requests per minute",
                provider_name=None,
            ),
        ),
        told="High demand for example/model:free",
        advice=_LATER,
        tries=3,
    ),
    Case(
        number=58,
        sends="429 from the provider, without headers; then an answer",
        replies=(_SHARED_POOL, answer()),
        command=COMMAND,
        tries=2,
    ),
    Case(
        number=59,
        variant="a",
        sends="429 with Retry-After 1, then an answer",
        replies=(refusal(429, "Slow down", ("Retry-After", "1")), answer()),
        command=COMMAND,
        tries=2,
        wait_s=1.0,
        stream=False,
    ),
    Case(
        number=59,
        variant="b",
        sends="429 with Retry-After 86400",
        replies=(refusal(429, "Slow down", ("Retry-After", "86400")),),
        told="The server asks to wait 86400 seconds.",
        advice=_LATER,
    ),
    Case(
        number=59,
        variant="c",
        sends="429 with a date in Retry-After, then an answer",
        replies=(_until_date, answer()),
        command=COMMAND,
        tries=2,
        wait_s=0.9,
        stream=False,
    ),
    Case(
        number=59,
        variant="d",
        sends="429 with nonsense in Retry-After",
        replies=(refusal(429, "Slow down", ("Retry-After", "soon, maybe")),),
        told="The server asks for fewer requests: Slow down",
        tries=3,
    ),
    Case(
        number=60,
        sends="500 with its text masked",
        replies=(refusal(500, "Internal Server Error"),),
        told="The server failed: Internal Server Error",
        advice=_LATER,
        tries=3,
    ),
    Case(
        number=61,
        sends="502 whose cause is JSON within a text",
        replies=(
            refusal(
                502,
                "Provider returned error",
                provider_name="Example Cloud",
                raw=json.dumps(fault(500, "CUDA out of memory")),
            ),
        ),
        told="failed: CUDA out of memory",
        tries=3,
    ),
    Case(
        number=62,
        sends="503 with Retry-After 1, then an answer",
        replies=(
            refusal(503, "No provider is available", ("Retry-After", "1")),
            answer(),
        ),
        command=COMMAND,
        tries=2,
        wait_s=1.0,
        stream=False,
    ),
    Case(
        number=63,
        variant="a",
        sends="504",
        replies=(_overloaded(504),),
        told="took too long",
        tries=3,
    ),
    Case(
        number=63,
        variant="b",
        sends="524",
        replies=(_overloaded(524),),
        told="took too long",
        tries=3,
    ),
    Case(
        number=63,
        variant="c",
        sends="529",
        replies=(_overloaded(529),),
        told="is overloaded",
        tries=3,
    ),
    Case(
        number=64,
        sends="502 as a page of HTML",
        replies=(whole(502, _PAGE, ("Content-Type", "text/html")),),
        told="failed (502)",
        advice=_LATER,
        tries=3,
    ),
    Case(
        number=65,
        sends="500 without a body",
        replies=(whole(500, b""),),
        told="The server failed (500)",
        tries=3,
    ),
    Case(
        number=68,
        variant="a",
        sends="400 whose error is a text",
        replies=(in_json(400, {"error": "response_format is not supported"}),),
        told="response_format is not supported",
        official=False,
    ),
    Case(
        number=68,
        variant="b",
        sends="400 whose error is the field `detail`",
        replies=(in_json(400, {"detail": "max_tokens is too small"}),),
        told="max_tokens is too small",
        official=False,
    ),
    Case(
        number=68,
        variant="c",
        sends="200 with an error whose code is the text 429",
        replies=(in_json(200, fault("429", "No deployments available")),),
        told="The server asks for fewer requests: No deployments available",
        tries=3,
        official=False,
    ),
    Case(
        number=68,
        variant="d",
        sends="503 with an error whose code is null",
        replies=(in_json(503, fault(None, "starting")),),
        told="is ready for the model openrouter/free: starting",
        tries=3,
        official=False,
    ),
)
