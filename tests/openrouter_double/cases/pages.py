"""Cases 72 to 76: the pages beside the chat, and other servers with its interface."""

from tests.openrouter_double.cases.case import (
    COMMAND,
    Ask,
    Case,
    answer,
    refusal,
)
from tests.openrouter_double.reply import in_json

_FREE_TIER = {
    "label": "sk-or-v1-012...def",
    "limit": None,
    "limit_remaining": None,
    "usage": 0,
    "is_free_tier": True,
    "is_management_key": False,
    "creator_user_id": "user_2abcDEFghiJKLmnoPQRst",
    "expires_at": None,
    "rate_limit": {"requests": -1, "interval": "10s"},
}
_COUNTED = {
    **_FREE_TIER,
    "free_model_daily_requests": {"used": 12, "limit": 50, "remaining": 38},
}


def _model(id: str, prompt: str, completion: str, **more: object) -> dict[str, object]:
    pricing = {"prompt": prompt, "completion": completion, "request": "0"}
    return {"id": id, "pricing": pricing, "context_length": 131072, **more}


def _litellm(status: int, type: str, message: str) -> dict[str, object]:
    """Its code is a text."""
    code = str(status)
    error = {"message": message, "type": type, "param": None, "code": code}
    return {"error": error}


MODELS = (
    _model("openrouter/free", "-1", "-1", context_length=None),
    _model("openrouter/auto", "-1", "-1", context_length=2_000_000, zz_new={"a": None}),
    _model(
        "nvidia/nemotron-3-super-120b-a12b:free",
        "0",
        "0",
        supported_parameters=["max_tokens", "temperature", "response_format"],
    ),
    _model("deepseek/deepseek-v4-flash", "0.00000015", "0.0000006"),
    _model("~google/gemini-flash-latest", "0.0000003", "0.0000025"),
    _model("example/old", "0", "0", expiration_date="2026-12-01"),
    {"id": "example/bare"},
    {"no": "id"},
)

CASES = (
    Case(
        number=72,
        variant="a",
        sends="/key: 38 of 50 free requests are left",
        page="/key",
        replies=(in_json(200, {"data": _COUNTED}),),
        ask=Ask.DOCTOR,
        stream=False,
        told="38 of 50 free requests are left today",
    ),
    Case(
        number=72,
        variant="b",
        sends="/key: without a word about free requests",
        page="/key",
        replies=(in_json(200, {"data": _FREE_TIER}),),
        ask=Ask.DOCTOR,
        stream=False,
        told="The key is accepted.",
    ),
    Case(
        number=72,
        variant="c",
        sends="/key: 401",
        page="/key",
        replies=(refusal(401, "User not found."),),
        ask=Ask.DOCTOR,
        stream=False,
        told="The server does not accept the key",
        advice="https://openrouter.ai/settings/keys",
    ),
    Case(
        number=73,
        sends="/models: every kind of price, no context, an alias, a retirement",
        page="/models",
        replies=(in_json(200, {"data": MODELS, "total_count": len(MODELS)}),),
        ask=Ask.DOCTOR,
        stream=False,
        told="openrouter/free is available and free.",
    ),
    Case(
        number=74,
        sends="/credits: 403, for management keys only",
        page="/credits",
        replies=(refusal(403, "Only management keys can perform this operation"),),
        ask=Ask.NOTHING,
        stream=False,
        told="The server does not allow this request",
    ),
    Case(
        number=75,
        sends="/generation: 404",
        page="/generation",
        replies=(refusal(404, "Generation not found"),),
        ask=Ask.NOTHING,
        stream=False,
        told="The server does not know this address",
    ),
    Case(
        number=76,
        variant="a",
        sends="llama.cpp: 503 while it loads the model, then an answer",
        replies=(
            in_json(
                503,
                {
                    "error": {
                        "code": 503,
                        "message": "Loading model",
                        "type": "unavailable_error",
                    }
                },
            ),
            answer(),
        ),
        command=COMMAND,
        tries=2,
        official=False,
    ),
    Case(
        number=76,
        variant="b",
        sends="Ollama: 404 with a code of null",
        replies=(
            in_json(
                404,
                {
                    "error": {
                        "message": 'model "qwen9" not found, try pulling it first',
                        "type": "not_found_error",
                        "param": None,
                        "code": None,
                    }
                },
            ),
        ),
        model="qwen9",
        told="The model qwen9 is not available",
        advice="Choose another model",
        official=False,
    ),
    Case(
        number=76,
        variant="c",
        sends="vLLM: an error without the field `error`",
        replies=(
            in_json(
                404,
                {
                    "object": "error",
                    "message": "The model `qwen9` does not exist.",
                    "type": "NotFoundError",
                    "param": None,
                    "code": 404,
                },
            ),
        ),
        model="qwen9",
        told="The model qwen9 is not available",
        advice="Choose another model",
        official=False,
    ),
    Case(
        number=76,
        variant="d",
        sends="LiteLLM: 404 with the field `detail`",
        replies=(in_json(404, {"detail": "Not Found"}),),
        told="The server does not know this address",
        advice="it usually ends in /v1",
        official=False,
    ),
    Case(
        number=76,
        variant="e",
        sends="LiteLLM: 429 because its budget is used up",
        replies=(
            in_json(429, _litellm(429, "budget_exceeded", "Budget has been exceeded!")),
        ),
        told="The budget of the key is used up",
        official=False,
    ),
    Case(
        number=76,
        variant="f",
        sends="LiteLLM without a database: 400 for a wrong key",
        replies=(in_json(400, _litellm(400, "no_db_connection", "No connected db.")),),
        told="The server does not accept the key",
        advice="master_key",
        official=False,
    ),
    Case(
        number=76,
        variant="g",
        sends="LiteLLM: 400 for an unknown model",
        replies=(
            in_json(
                400,
                _litellm(
                    400,
                    "invalid_request_error",
                    "/chat/completions: Invalid model name passed in model=qwen9",
                ),
            ),
        ),
        model="qwen9",
        told="The model qwen9 is not available",
        advice="Choose another model",
        official=False,
    ),
)
