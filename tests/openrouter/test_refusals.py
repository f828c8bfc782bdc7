"""What each error of a server becomes, and how often it is tried."""

import gzip
import json
import re
from dataclasses import dataclass, field, replace
from email.utils import formatdate

import pytest

from linara_agent.errors import ProposalUnavailable
from linara_agent.openrouter.client import complete
from linara_agent.openrouter.prompt import Turn

TURNS = (Turn(role="user", content="list files"),)
DAILY = (
    "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free "
    "model requests per day"
)
LIMITS = {
    "X-RateLimit-Limit": "50",
    "X-RateLimit-Remaining": "0",
    "X-RateLimit-Reset": "1790035200000",
}


def error(code: object, message: str, **metadata: object) -> object:
    inner = {"code": code, "message": message}
    if metadata:
        inner["metadata"] = metadata
    return {"error": inner, "user_id": "user_2abcDEF12345"}


@dataclass
class Case:
    """`tries` is how many requests an attempt limit of two leads to."""

    name: str
    status: int
    body: object
    what: str
    tries: int = 1
    remedy: str = ""
    headers: dict[str, str] = field(default_factory=dict)


CASES = [
    Case(
        "40 unknown model",
        400,
        error(400, "free is not a valid model ID"),
        "model openrouter/free is not available: free is not a valid",
        remedy="openrouter.ai/models",
    ),
    Case(
        "41 too many models",
        400,
        error(400, "'models' array must have 3 items or fewer."),
        "More than three models",
    ),
    Case(
        "42 context",
        400,
        error(
            400, "This endpoint's maximum context length is 8192 tokens", error_type="x"
        ),
        "too long for the model",
        remedy="fewer words",
    ),
    Case(
        "42 context by type",
        400,
        error(400, "No.", error_type="context_length_exceeded"),
        "too long for the model",
    ),
    Case(
        "43 header missing",
        401,
        error(401, "Missing Authentication header"),
        "does not accept the key: Missing",
        remedy="OPENROUTER_API_KEY",
    ),
    Case("43 wrong key", 401, error(401, "User not found."), "does not accept the key"),
    Case(
        "44 afford",
        402,
        error(
            402,
            "This request requires more credits, or fewer max_tokens. You requested up "
            "to 1024 tokens, but can only afford 12.",
            provider_name=None,
            previous_errors=[],
        ),
        "credits do not suffice for an answer of this length",
        remedy="token limit",
    ),
    Case(
        "402 credits",
        402,
        error(402, "Insufficient credits", limit_source="openrouter_credits"),
        "are used up: Insufficient credits",
        remedy="credits",
    ),
    Case(
        "45 in flight",
        402,
        error(
            402,
            "Budget in use",
            limit_source="openrouter_in_flight_budget",
            reason="in_flight_budget_exhausted",
        ),
        "Other requests in progress",
        tries=2,
        headers={"Retry-After": "0"},
    ),
    Case(
        "402 weight",
        402,
        error(402, "Too heavy", reason="weight_exceeds_budget"),
        "Too heavy",
    ),
    Case(
        "46 moderation",
        403,
        error(
            403,
            "Your input was flagged",
            reasons=["violence"],
            flagged_input="kill the pro",
            provider_name="X",
            model_slug="a/b",
        ),
        r"moderation filter refused.*\(violence\)",
        remedy="other words",
    ),
    Case(
        "47 guardrail",
        403,
        error(403, "Blocked", patterns=["ignore previous"]),
        "guardrail of the account",
        remedy="guardrail",
    ),
    Case(
        "48 key limit",
        403,
        error(
            403,
            "Key limit exceeded (total limit)",
            limit_source="openrouter_key_limit",
            limit_usd=5,
            spend_usd=5.01,
            resets_at="2099-01-01T12:00:00Z",
        ),
        "spending limit of the key is reached: Key limit",
        remedy=r"reset \(on 2099-01-01|reset \(on 2098-12-31|reset \(on 2099-01-02",
    ),
    Case(
        "49 harness",
        403,
        error(
            403,
            "a/b:free is only available on agentic harnesses",
            failed_routing_step="Gate Free Endpoints by Agentic Harness",
        ),
        "not open to this kind of program",
        remedy="another model",
    ),
    Case("403 other", 403, error(403, "Only management keys"), "does not allow this"),
    Case(
        "50 retired",
        404,
        error(404, "No endpoints found for google/gemini-2.0-flash-exp:free."),
        "not available: No endpoints found for google/gemini-2.0-flash-exp:free",
        remedy="another model",
    ),
    Case(
        "51 no longer free",
        404,
        error(
            404,
            "This model is unavailable for free. The paid version is available now - "
            "use this slug instead: openai/gpt-oss-20b",
        ),
        "no longer free: .*openai/gpt-oss-20b",
        remedy="never chosen for you",
    ),
    Case(
        "52 parameters",
        404,
        error(404, "No endpoints found that can handle the requested parameters."),
        "accepts this kind of request",
        remedy="temperature",
    ),
    Case(
        "53 data policy",
        404,
        error(
            404, "No endpoints found matching your data policy (Free model training)"
        ),
        "fits the privacy settings",
        remedy="settings/privacy",
    ),
    Case(
        "404 providers",
        404,
        error(404, "No allowed providers are available for the selected model."),
        "leave no provider",
    ),
    Case("54 408", 408, error(408, "Timed out"), "gave up waiting", tries=2),
    Case("54 412", 412, error(412, "Changed"), r"refused the request \(412\): Changed"),
    Case("54 413", 413, error(413, "Big"), "too large for the server: Big"),
    Case("54 422", 422, error(422, "Odd"), r"refused the request \(422\): Odd"),
    Case(
        "55 daily",
        429,
        error(429, DAILY, headers=LIMITS, limit_source="openrouter_free_tier_daily"),
        "free requests of today are used up",
        remedy=r"reset \(on 2026-09-2\d at \d\d:\d\d, local time\)",
        headers=LIMITS,
    ),
    Case(
        "55 daily, high balance",
        429,
        error(429, "Rate limit exceeded: free-models-per-day-high-balance."),
        "free requests of today are used up",
    ),
    Case(
        "56 per minute, reset long past",
        429,
        error(429, "Rate limit exceeded: free-models-per-min."),
        "within a minute",
        tries=2,
        headers=LIMITS | {"X-RateLimit-Limit": "20", "X-RateLimit-Reset": "1000"},
    ),
    Case(
        "57 model throttle",
        429,
        error(429, "limit_rpm/a/b/uuid. High demand for a/b:free on OpenRouter"),
        "asks for fewer requests: limit_rpm",
        tries=2,
    ),
    Case(
        "58 upstream",
        429,
        error(
            429,
            "Provider returned error",
            raw="a/b is temporarily rate-limited upstream. Please retry shortly",
            provider_name="X",
        ),
        "is overloaded: a/b is temporarily rate-limited upstream",
        tries=2,
    ),
    Case(
        "59 Retry-After too long",
        429,
        error(429, "Slow down"),
        "asks to wait 86400 seconds",
        headers={"Retry-After": "86400"},
    ),
    Case(
        "59 Retry-After as a date",
        429,
        error(429, "Slow down"),
        "asks for fewer requests: Slow down. It was tried 2 times",
        tries=2,
        headers={"Retry-After": formatdate(0, usegmt=True)},
    ),
    Case(
        "59 Retry-After as nonsense",
        429,
        error(429, "Slow down"),
        "tried 2 times",
        tries=2,
        headers={"Retry-After": "soon, -3 \x7f"},
    ),
    Case(
        "LiteLLM budget", 429, error("429", "x", error_type="budget_exceeded"), "budget"
    ),
    Case("60 500", 500, error(500, "Internal Server Error"), "The server failed", 2),
    Case(
        "61 raw is JSON in a text",
        502,
        error(
            502,
            "Provider returned error",
            provider_name="X",
            raw=json.dumps({"error": {"message": "disk is full", "code": 9}}),
        ),
        "failed: disk is full. It was",
        2,
    ),
    Case(
        "62 503",
        503,
        error(503, "None"),
        "No provider",
        2,
        headers={"Retry-After": "0"},
    ),
    Case("63 504", 504, error(504, "Late"), "took too long: Late", 2),
    Case("63 524", 524, error(524, "Late"), "took too long: Late", 2),
    Case("63 529", 529, error(529, "Full"), "is overloaded: Full", 2),
    Case("edge 522", 522, b"", r"The server failed \(522\)", 1),
    Case("teapot", 418, b"", r"refused the request \(418\)"),
    Case("64 page", 502, b"<html><title>502</title></html>", r"failed \(502\)", 2),
    Case("65 empty", 500, b"", r"The server failed \(500\)", 2),
    Case("66 cut JSON", 500, b'{"error": {"mess', r"The server failed \(500\)", 2),
    Case("67 not UTF-8", 500, b'{"error":{"message":"caf\xe9"}}', "failed: caf", 2),
    Case("67 BOM", 400, b'\xef\xbb\xbf{"error":{"message":"odd"}}', "400\\): odd"),
    Case(
        "67 gzip",
        400,
        gzip.compress(b'{"error":{"message":"odd"}}'),
        r"400\): odd",
        headers={"Content-Encoding": "gzip"},
    ),
    Case(
        "67 not gzip",
        200,
        b"no gzip at all",
        "compressed in a way",
        headers={"Content-Encoding": "gzip"},
    ),
    Case("68 text", 400, {"error": "must be json_schema"}, "must be json_schema"),
    Case("68 detail", 404, {"detail": "Not Found"}, "not know this address: Not Found"),
    Case("68 details", 422, {"detail": [{"msg": "bad"}]}, "bad"),
    Case("68 text code", 429, error("429", "Slow"), "asks for fewer requests", 2),
    Case("68 null code", 500, error(None, "Odd"), "The server failed: Odd", 2),
    Case("68 no JSON object", 400, [1], r"refused the request \(400\)"),
    Case(
        "76 Ollama",
        404,
        {"error": {"message": 'model "q" not found, try pulling it', "code": None}},
        "is not available: model",
    ),
    Case(
        "76 vLLM",
        404,
        {"object": "error", "message": "The model `q` does not exist.", "code": 404},
        "is not available: The model `q`",
    ),
    Case(
        "76 llama.cpp",
        503,
        {
            "error": {
                "code": 503,
                "message": "Loading model",
                "type": "unavailable_error",
            }
        },
        "No provider is ready.*Loading model",
        2,
    ),
    Case(
        "availability",
        404,
        {
            "error": {
                "code": 404,
                "message": "gone",
                "availability": {"code": "model_deprecated", "retryable": False},
            }
        },
        "is not available: gone",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_error_is_told_in_plain_words_and_retried_as_it_deserves(server, options, case):
    """Each error names its cause and a remedy, and is tried again if that may help."""
    content = case.body
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    server.send(case.status, raw, **case.headers)
    with pytest.raises(ProposalUnavailable, match=case.what) as caught:
        complete(TURNS, replace(options, attempts=2))
    assert len(server.requests) == case.tries
    assert caught.value.not_done == "No command was proposed, and nothing was run."
    assert re.search(case.remedy, caught.value.remedy)
    assert caught.value.remedy.endswith(".")
    assert "user_2" not in str(caught.value)
    assert "kill the pro" not in str(caught.value)
