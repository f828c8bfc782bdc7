"""Cases 30 to 39: answers that come as server-sent events."""

import json
from typing import Any

from tests.openrouter_double.cases.case import COMMAND, ID, MODEL, Case, fault
from tests.openrouter_double.reply import End, Reply, chunked, event, events

ALIVE = b": OPENROUTER PROCESSING\n\n"
DONE = b"data: [DONE]\n\n"
USAGE = {"prompt_tokens": 80, "completion_tokens": 5, "total_tokens": 85, "cost": 0}


def delta(
    content: str | None = None, finish: str | None = None, **more: object
) -> dict[str, Any]:
    """One chunk of a stream; `more` stands beside its choices."""
    said = {} if content is None else {"content": content}
    choice = {"index": 0, "delta": said, "finish_reason": finish}
    return {
        "id": ID,
        "object": "chat.completion.chunk",
        "created": 1790000000,
        "model": MODEL,
        "choices": [choice],
        **more,
    }


ROLE = delta("")
ROLE["choices"][0]["delta"]["role"] = "assistant"
PIECES = (delta("ls"), delta(" -"), delta("la"))
STOP = delta("", "stop")
AGAIN_WITH_USAGE = delta("", "stop", usage=USAGE)
BARE_USAGE = delta(usage=USAGE) | {"choices": []}
_FAILED_HALF_WAY = delta("", "error", **fault(502, "Upstream error"))
_FAILED_AT_FIRST = delta("", "error", **fault(502, "Provider disconnected"))
_FAILED_OLD_WAY = delta("", None, usage=USAGE, **fault(400, "Invalid prompt"))
_FAILED_IN_WORDS = delta("", "error", **fault("server_error", "Provider went away"))


def _awkward() -> Reply:
    """CRLF, no blank after the colon, and a letter that two packets share."""
    lines = [
        b"data:" + json.dumps(one, ensure_ascii=False).encode() + b"\r\n\r\n"
        for one in (ROLE, delta("echo 'caf\u00e9"), delta("'"), AGAIN_WITH_USAGE)
    ]
    content = b"".join([*lines, b"data:[DONE]\r\n\r\n"])
    within = content.index("\u00e9".encode()) + 1
    pieces = (content[:within], 0.05, content[within:])
    return chunked(200, pieces, ("Content-Type", "text/event-stream"))


CASES = (
    Case(
        number=30,
        sends="comments, pieces, the end, usage with the end once more, [DONE]",
        replies=(
            events(ALIVE, ALIVE, ALIVE, ROLE, *PIECES, STOP, AGAIN_WITH_USAGE, DONE),
        ),
        command=COMMAND,
        stream=True,
    ),
    Case(
        number=31,
        sends="usage in a chunk without choices",
        replies=(events(ROLE, *PIECES, STOP, BARE_USAGE, DONE),),
        command=COMMAND,
        stream=True,
    ),
    Case(
        number=32,
        sends="CRLF, no blank after the colon, a letter cut over two packets",
        replies=(_awkward(),),
        command="echo 'caf\u00e9'",
        stream=True,
    ),
    Case(
        number=33,
        sends="an error as the first event",
        replies=(events(_FAILED_AT_FIRST),),
        told="Provider disconnected",
        advice="--provider recipes",
        tries=3,
        stream=True,
    ),
    Case(
        number=34,
        sends="an error half-way, no [DONE]",
        replies=(events(ROLE, *PIECES[:2], _FAILED_HALF_WAY),),
        told="Upstream error",
        advice="--provider recipes",
        tries=3,
        stream=True,
    ),
    Case(
        number=35,
        sends="an error whose finish is null, then usage and [DONE]",
        replies=(events(ROLE, _FAILED_OLD_WAY, DONE),),
        told="Invalid prompt",
        stream=True,
    ),
    Case(
        number=36,
        sends="an error whose code is a word",
        replies=(events(ROLE, *PIECES[:1], _FAILED_IN_WORDS),),
        told="Provider went away",
        tries=3,
        stream=True,
    ),
    Case(
        number=37,
        variant="a",
        sends="a connection that closes in the middle",
        replies=(events(ROLE, *PIECES, End.CLOSE),),
        told="The connection to the model's server broke",
        advice="Check the network connection",
        tries=3,
        stream=True,
    ),
    Case(
        number=37,
        variant="b",
        sends="a stream that ends in order and in the middle",
        replies=(events(ROLE, *PIECES),),
        told="finished",
        stream=True,
    ),
    Case(
        number=37,
        variant="c",
        sends="a finished answer, and no [DONE]",
        replies=(events(ROLE, *PIECES, STOP),),
        command=COMMAND,
        stream=True,
    ),
    Case(
        number=38,
        sends="comments for ever",
        replies=(
            Reply(
                events(ALIVE).steps[:1],
                endless=(b"%x\r\n%s\r\n" % (len(ALIVE), ALIVE), 0.5),
            ),
        ),
        told="The model did not answer within 0.5 seconds.",
        advice="raise the time limit",
        total_s=0.5,
        stream=True,
    ),
    Case(
        number=39,
        sends="a line that is no JSON among the others",
        replies=(events(ROLE, PIECES[0], event(PIECES[1])[:40] + b"\n\n", STOP, DONE),),
        told="cannot be read",
        stream=True,
    ),
)
