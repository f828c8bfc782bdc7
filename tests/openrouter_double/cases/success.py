"""Cases 1 to 15: the server answered, and the model wrote something."""

import json

from tests.openrouter_double.cases.case import (
    COMMAND,
    ID,
    MODEL,
    WORDS,
    Case,
    answer,
    completion,
)
from tests.openrouter_double.reply import JSON, chunked, in_json

FULL = completion(
    reasoning="They want every file.",
    reasoning_details=[
        {"type": "reasoning.text", "text": "They want every file.", "index": 0}
    ],
    refusal=None,
) | {
    "id": ID,
    "provider": "Nvidia",
    "model": "nvidia/nemotron-3-super-120b-a12b-20260311:free",
    "system_fingerprint": None,
    "zz_new": {"a": [1]},
    "usage": {
        "prompt_tokens": 212,
        "completion_tokens": 31,
        "total_tokens": 243,
        "cost": 0,
        "is_byok": False,
        "cost_details": {"upstream_inference_cost": None},
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 22},
    },
}
FULL["choices"][0]["native_finish_reason"] = "stop"

BLANKS = (b" " * 16, 0.4) * 64
"""A slow answer is kept alive by blanks; so it was seen."""

STEERING = "ls \x1b[2J\x1b]0;owned\x07-la\u202e \x00"
LONG_LINE = "echo " + "a" * 300
LONG_SCRIPT = "echo a\n" * (10 << 10)
ANSWER = {"script": COMMAND, "explanation": "Lists all files with their details."}

CASES = (
    Case(
        number=1,
        sends="the smallest answer, without usage",
        replies=(answer(),),
        command=COMMAND,
    ),
    Case(
        number=2,
        sends="a full answer: provider, reasoning, usage, an unknown field",
        replies=(in_json(200, FULL),),
        command=COMMAND,
    ),
    Case(
        number=3,
        sends=f"openrouter/free was asked, {MODEL} answers",
        replies=(answer(),),
        command=COMMAND,
    ),
    Case(
        number=4,
        sends="64 times 16 blanks, 0.4 s apart, then the answer",
        replies=(chunked(200, (*BLANKS, json.dumps(completion()).encode()), JSON),),
        command=COMMAND,
    ),
    Case(
        number=5,
        sends="blanks alone",
        replies=(chunked(200, BLANKS, JSON),),
        told="The server sent an empty reply.",
        advice="--provider recipes",
        tries=3,
    ),
    Case(
        number=6,
        sends="the command in a fence",
        replies=(answer(f"```bash\n{COMMAND}\n```"),),
        command=COMMAND,
    ),
    Case(
        number=7,
        sends="prose, then the command in a fence",
        replies=(answer(f"Here is the command:\n\n```bash\n{COMMAND}\n```\n"),),
        command=COMMAND,
    ),
    Case(
        number=8,
        sends="thinking in tags, then the command",
        replies=(answer(f"<think>Every file, so `ls -R`?</think>\n{COMMAND}"),),
        command=COMMAND,
    ),
    Case(
        number=9,
        sends="a script of several lines",
        replies=(answer('for f in *; do\n  ls -d -- "$f"\ndone'),),
        command='for f in *; do\n  ls -d -- "$f"\ndone',
    ),
    Case(
        number=10,
        sends="the agreed word for `I do not understand`",
        replies=(answer("I_DONT_UNDERSTAND"),),
        told="The model did not understand the request",
        advice="Say it in other words",
    ),
    Case(
        number=11,
        sends="the content as a list of parts",
        replies=(
            answer([{"type": "text", "text": "ls "}, {"type": "text", "text": "-la"}]),
        ),
        command=COMMAND,
    ),
    Case(
        number=12,
        sends="a command with terminal controls, a turn of direction and a NUL",
        replies=(answer(STEERING),),
        told="The model's answer cannot be used: its command contains",
        advice="choose another model",
    ),
    Case(
        number=13,
        variant="a",
        sends="the answer as a JSON object",
        replies=(answer(json.dumps(ANSWER)),),
        command=COMMAND,
    ),
    Case(
        number=13,
        variant="b",
        sends="a JSON object with more text after it",
        replies=(answer(json.dumps(ANSWER) + " I hope this helps."),),
        told="The model's answer cannot be used: there is more text after",
    ),
    Case(
        number=13,
        variant="c",
        sends="a JSON object that breaks the schema",
        replies=(answer(json.dumps({"script": ["ls", "-la"]})),),
        told="The model's answer cannot be used: it is a JSON object without",
    ),
    Case(
        number=14,
        variant="a",
        sends="a command of 305 characters on one line",
        replies=(answer(LONG_LINE),),
        told="The model's answer cannot be used: its command is one line of more",
    ),
    Case(
        number=14,
        variant="b",
        sends="a script of 70 KiB",
        replies=(answer(LONG_SCRIPT),),
        told="The model's answer cannot be used: its command is longer than",
    ),
    Case(
        number=15,
        sends="the words of the request",
        replies=(answer(WORDS),),
        told="The model's answer cannot be used: it only repeats the request",
        advice="linara-agent run",
    ),
)
