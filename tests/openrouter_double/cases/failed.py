"""Cases 16 to 29: a status of 200, and yet nothing that may be used."""

from tests.openrouter_double.cases.case import (
    COMMAND,
    ID,
    Case,
    answer,
    completion,
    fault,
)
from tests.openrouter_double.reply import in_json

_EMPTY = {"id": None, "model": None, "choices": None, "usage": None}
_UPSTREAM = fault(
    502,
    "Provider returned error",
    provider_name="Example Cloud",
    raw="upstream connect error",
)

SPENT = completion("", "length") | {
    "usage": {
        "prompt_tokens": 80,
        "completion_tokens": 100,
        "total_tokens": 180,
        "completion_tokens_details": {"reasoning_tokens": 100},
    }
}

# What a model asks for here is never read as a command, whatever it is.
TOOL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "bash", "arguments": '{"command": "rm -rf /"}'},
}

HALF = completion("rm -r par", "error")
HALF["choices"][0]["error"] = {"code": 502, "message": "Upstream error"}

NESTED = {
    "id": ID,
    "object": "chat.completion",
    "choices": None,
    "provider": completion(),
}

_NO_ANSWER = "The model sent no answer."

CASES = (
    Case(
        number=16,
        sends="an error 502 instead of choices",
        replies=(in_json(200, {"id": ID, **_UPSTREAM}),),
        told="failed: upstream connect error",
        advice="--provider recipes",
        tries=3,
    ),
    Case(
        number=17,
        sends="an error 429, everything else null",
        replies=(
            in_json(200, {**_EMPTY, **fault(429, "Rate limit exceeded, slow down")}),
        ),
        told="The server asks for fewer requests",
        tries=3,
    ),
    Case(
        number=18,
        sends="choices null, no error",
        replies=(in_json(200, _EMPTY),),
        told=_NO_ANSWER,
        advice="--provider recipes",
    ),
    Case(
        number=19,
        sends="no choices in the list",
        replies=(in_json(200, completion() | {"choices": []}),),
        told=_NO_ANSWER,
    ),
    Case(
        number=20,
        sends="no list of choices",
        replies=(in_json(200, {"id": ID, "object": "chat.completion"}),),
        told=_NO_ANSWER,
    ),
    Case(
        number=21,
        sends="content null",
        replies=(answer(None),),
        told="The model's answer is empty.",
        advice="--provider recipes",
    ),
    Case(
        number=22,
        sends="no content, all tokens spent on thinking",
        replies=(in_json(200, SPENT),),
        told="on thinking and wrote no command",
        advice="Raise the token limit",
    ),
    Case(
        number=23,
        sends="a refusal",
        replies=(answer("", "content_filter", refusal="I can't"),),
        told="The model refused the request: I can't",
        advice="Say it in other words",
    ),
    Case(
        number=24,
        sends="a call of a tool named bash, with a command in it",
        replies=(answer("", "tool_calls", tool_calls=[TOOL]),),
        told="The model asked to call a tool instead of writing a command.",
        advice="choose another model",
    ),
    Case(
        number=25,
        sends="half a command and an error 502 in the choice",
        replies=(in_json(200, HALF),),
        told="Upstream error",
        tries=3,
    ),
    Case(
        number=26,
        sends="a command that was cut at the token limit",
        replies=(answer("find . -name '*.tmp' -del", "length"),),
        told="The answer was cut at",
        advice="Raise the token limit",
    ),
    Case(
        number=27,
        sends="the completion within the field `provider`",
        replies=(in_json(200, NESTED),),
        command=COMMAND,
    ),
    Case(
        number=28,
        sends="an error 524",
        replies=(
            in_json(200, fault(524, "Provider returned error", raw="error code: 524")),
        ),
        told="took too long: error code: 524",
        tries=3,
    ),
    Case(
        number=29,
        sends="LM Studio's error, which is a text",
        replies=(
            in_json(
                200,
                {"error": "Unexpected endpoint or method. (POST /chat/completions)"},
            ),
        ),
        told="Unexpected endpoint or method.",
        advice="it usually ends in /v1",
        official=False,
    ),
)
