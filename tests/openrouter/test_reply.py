"""A reply of 200 is used only when it is a finished text."""

import json
from dataclasses import replace

import pytest

from linara_agent.errors import ProposalUnavailable
from linara_agent.openrouter.client import complete
from linara_agent.openrouter.prompt import Turn

TURNS = (Turn(role="user", content="list files"),)
RM = '{"command":"rm -rf /"}'
TOOL = {"id": "1", "type": "function", "function": {"name": "bash", "arguments": RM}}


def choices(content: str) -> list[object]:
    return [{"finish_reason": "stop", "message": {"content": content}}]


def reply(content: object, finish: object, /, **more: object) -> dict[str, object]:
    message = {"role": "assistant", "content": content, **more}
    return {"choices": [{"index": 0, "finish_reason": finish, "message": message}]}


def upstream(code: object, **more: object) -> dict[str, object]:
    return {"id": "gen-1", "error": {"code": code, "message": "Odd", **more}}


def failed_choice() -> dict[str, object]:
    choice = {
        "finish_reason": "error",
        "error": {"code": 502, "message": "Odd"},
        "message": {"content": "rm -r par"},
    }
    return {"choices": [choice]}


UNUSABLE = {
    "16 provider failed": (
        upstream(502, metadata={"provider_name": "X", "raw": "the disk is full"}),
        "provider of the model openrouter/free failed: Odd",
        2,
    ),
    "17 error beside nulls": (
        {**upstream(429), "choices": None, "id": None, "model": None, "usage": None},
        "asks for fewer requests",
        2,
    ),
    "18 null choices": ({"id": "gen-1", "choices": None}, "sent no answer", 1),
    "19 no choice": ({"id": "gen-1", "choices": []}, "sent no answer", 1),
    "20 no choices": ({"id": "gen-1"}, "sent no answer", 1),
    "22 all thinking": (
        {
            **reply("", "length"),
            "usage": {
                "completion_tokens": 100,
                "completion_tokens_details": {"reasoning_tokens": 100},
            },
        },
        "spent all 100 tokens on thinking",
        1,
    ),
    "23 refusal": (
        reply(None, "content_filter", refusal="I \x1b[31mcan't"),
        "refused the request: I can't$",
        1,
    ),
    "23 refusal in words": (reply("", "stop", refusal="No."), "request: No", 1),
    "24 tool": (reply("", "tool_calls", tool_calls=[TOOL]), "asked to call a tool", 1),
    "24 tool, but stop": (reply("ls", "stop", tool_calls=[TOOL]), "call a tool", 1),
    "25 failed half-way": (failed_choice(), "failed: Odd", 2),
    "25 failed without reason": (reply("rm -r par", "error"), "before its answer", 2),
    "26 cut": (reply("rm -r par", "length"), "was cut at 100 tokens", 1),
    "26 cut, but stop": (
        {**reply("rm -r par", "stop"), "usage": {"completion_tokens": 100}},
        "was cut at 100 tokens",
        1,
    ),
    "28 timeout inside": (
        upstream(524, metadata={"raw": "error code: 524"}),
        "took too long",
        2,
    ),
    "28 masked, with account": (
        {**upstream(500), "user_id": "user_2abcDEF12345"},
        "The server failed: Odd",
        2,
    ),
    "28 word for a code": (upstream("server_error"), "The server failed: Odd", 2),
    "29 wrong path": (
        {"error": "Unexpected endpoint or method. (POST /chat/completions)"},
        "answered with an error: Unexpected endpoint",
        1,
    ),
    "null finish": (reply("rm -r par", None), r"\(it said: nothing\)", 1),
    "unknown finish": (reply("rm -r par", "pau\x07se"), "it said: pause", 1),
    "several": ({"choices": [*choices("ls"), *choices("rm")]}, "several answers", 1),
    "no object": ([1], "cannot be read; it starts with: .1", 1),
    "no message": ({"choices": [{"finish_reason": "error"}]}, "before its answer", 2),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_what_is_not_a_finished_text_is_refused(server, options, name):
    """Errors, parts, tools and refusals inside a reply of 200 give no text."""
    body, what, tries = UNUSABLE[name]
    server.send(200, body)
    with pytest.raises(ProposalUnavailable, match=what) as caught:
        complete(TURNS, replace(options, attempts=2, max_tokens=100))
    assert len(server.requests) == tries
    assert "rm -r" not in str(caught.value)
    assert caught.value.remedy


@pytest.mark.parametrize(
    "content", [b'{"choices": [', b"<html>", b"\xff\xfe", b'{"choices": "\\ud800"}']
)
def test_unreadable_reply_of_success_is_refused_at_once(server, options, content):
    """A success that is no JSON is not tried again, and the base URL is named."""
    server.send(200, content)
    with pytest.raises(ProposalUnavailable) as caught:
        complete(TURNS, options)
    assert caught.value.remedy
    assert len(server.requests) == 1


USABLE = {
    "parts": reply(
        [
            {"type": "text", "text": "ls"},
            {"type": "image"},
            {"type": "text", "text": " -a"},
        ],
        "stop",
    ),
    "provider's own word": {
        "choices": [
            {
                "finish_reason": None,
                "native_finish_reason": "end_turn",
                "message": {"content": "ls -a"},
            }
        ]
    },
    "27 one level down": {
        "id": "x",
        "choices": None,
        "provider": reply("ls -a", "stop"),
    },
    "odd types": {
        **reply("ls -a", "stop", refusal=None, tool_calls=[]),
        "usage": {"prompt_tokens": "many", "completion_tokens": -1, "cost": "free"},
        "model": 7,
        "error": None,
    },
    "usage of nothing": {**reply("ls -a", "STOP"), "usage": None, "error": {}},
}


@pytest.mark.parametrize("name", USABLE)
def test_finished_text_is_used_whatever_surrounds_it(server, options, name):
    """Odd, missing and unknown fields do not spoil a finished text."""
    server.send(200, json.dumps(USABLE[name]).encode())
    completion = complete(TURNS, options)
    assert completion.text == "ls -a"
    assert completion.model == "openrouter/free"


def test_no_content_is_an_empty_text(server, options):
    """A finished reply without content is an empty text, for the reader to refuse."""
    server.send(200, reply(None, "stop"))
    assert complete(TURNS, options).text == ""
