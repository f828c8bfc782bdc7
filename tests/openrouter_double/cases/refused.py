"""Cases 40 to 54: a status that finds fault with the request or the account."""

from tests.openrouter_double.cases.case import COMMAND, Case, answer, refusal

FREE = "example/model:free"

_KEY_LIMIT = refusal(
    403,
    "Key limit exceeded (monthly limit). Manage it using the settings page",
    limit_source="openrouter_key_limit",
    limit_usd=5,
    spend_usd=5.01,
    resets_at="2026-12-01T00:00:00Z",
)
_MODERATED = refusal(
    403,
    "Your input was flagged",
    reasons=["violence"],
    flagged_input="list all files",
    provider_name="Example Cloud",
    model_slug="example/model",
)
_IN_FLIGHT = refusal(
    402,
    "Requests in progress hold the rest of the budget",
    ("Retry-After", "2"),
    limit_source="openrouter_in_flight_budget",
    reason="in_flight_budget_exhausted",
)

CASES = (
    Case(
        number=40,
        model="free",
        sends="400: that is no model id",
        replies=(refusal(400, "free is not a valid model ID"),),
        told="The model free is not available",
        advice="linara-agent doctor",
    ),
    Case(
        number=41,
        sends="400: more than three models",
        replies=(refusal(400, "'models' array must have 3 items or fewer."),),
        told="More than three models are named",
        advice="at most three",
    ),
    Case(
        number=42,
        sends="400: the context is too long",
        replies=(
            refusal(
                400,
                "This endpoint's maximum context length is 8192 tokens.",
                error_type="context_length_exceeded",
            ),
        ),
        told="The request is too long for the model",
        advice="fewer words",
    ),
    Case(
        number=43,
        variant="a",
        sends="401: no Authorization header",
        replies=(refusal(401, "Missing Authentication header"),),
        told="The server does not accept the key",
        advice="https://openrouter.ai/settings/keys",
    ),
    Case(
        number=43,
        variant="b",
        sends="401: a wrong or revoked key",
        replies=(refusal(401, "User not found."),),
        told="The server does not accept the key",
        advice="OPENROUTER_API_KEY",
    ),
    Case(
        number=44,
        sends="402: the credits do not suffice for so many tokens",
        replies=(
            refusal(
                402,
                "This request requires more credits, or fewer max_tokens. You "
                "requested up to 1024 tokens, but can only afford 83.",
                provider_name=None,
                previous_errors=[],
            ),
        ),
        told="The credits do not suffice for an answer of this length",
        advice="Lower the token limit",
    ),
    Case(
        number=45,
        sends="402: other requests hold the budget, Retry-After 2; then an answer",
        replies=(_IN_FLIGHT, answer()),
        command=COMMAND,
        tries=2,
        wait_s=2.0,
        stream=False,
    ),
    Case(
        number=46,
        sends="403: flagged by moderation",
        replies=(_MODERATED,),
        told="A moderation filter refused the request",
        advice="Say it in other words",
    ),
    Case(
        number=47,
        sends="403: blocked by a guardrail",
        replies=(
            refusal(403, "Request blocked", patterns=["ignore previous instructions"]),
        ),
        told="A guardrail of the account refused the request",
        advice="change the guardrail",
    ),
    Case(
        number=48,
        sends="403: the spending limit of the key",
        replies=(_KEY_LIMIT,),
        told="The spending limit of the key is reached",
        advice="2026-1",  # the day of the reset, in whatever time zone
    ),
    Case(
        number=49,
        model=FREE,
        sends="403: the free model is for agentic harnesses only",
        replies=(
            refusal(
                403,
                "example/model:free is only available on agentic harnesses",
                failed_routing_step="Gate Free Endpoints by Agentic Harness",
            ),
        ),
        told="is not open to this kind of program",
        advice="Choose another model",
    ),
    Case(
        number=50,
        model=FREE,
        sends="404: a retired model",
        replies=(refusal(404, "No endpoints found for example/model:free."),),
        told=f"The model {FREE} is not available",
        advice="Choose another model",
    ),
    Case(
        number=51,
        model=FREE,
        sends="404: no longer free, with the slug of the paid one",
        replies=(
            refusal(
                404,
                "This model is unavailable for free. The paid version is available "
                "now - use this slug instead: example/model",
            ),
        ),
        told="is no longer free: This model is unavailable for free.",
        advice="The paid one is never chosen",
    ),
    Case(
        number=52,
        model=FREE,
        sends="404: no provider takes these parameters",
        replies=(
            refusal(
                404,
                "No endpoints found that can handle the requested parameters.",
                failed_routing_step="Filter by Parameters",
            ),
        ),
        told="accepts this kind of request",
        advice="another model",
    ),
    Case(
        number=53,
        model=FREE,
        sends="404: no provider fits the data policy",
        replies=(
            refusal(
                404,
                "No endpoints found matching your data policy (Free model training). "
                "Configure: https://openrouter.ai/settings/privacy",
            ),
        ),
        told="fits the privacy settings",
        advice="https://openrouter.ai/settings/privacy",
    ),
    Case(
        number=54,
        variant="a",
        sends="408",
        replies=(refusal(408, "Request timed out"),),
        told="The server gave up waiting for the request",
        tries=3,
    ),
    Case(
        number=54,
        variant="b",
        sends="413",
        replies=(refusal(413, "Payload too large"),),
        told="The request is too large for the server",
        advice="shorter",
    ),
    Case(
        number=54,
        variant="c",
        sends="422",
        replies=(refusal(422, "Unprocessable"),),
        told="The server refused the request (422)",
        advice="setting",
    ),
)
