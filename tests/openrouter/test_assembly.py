"""A streamed reply becomes what the same reply would have been in one piece."""

import json
from dataclasses import replace

import pytest

from linara_agent.errors import ProposalUnavailable
from linara_agent.openrouter.arrival import Arrival
from linara_agent.openrouter.assembly import assembled
from linara_agent.openrouter.errors import Failure
from linara_agent.openrouter.options import Options
from linara_agent.openrouter.reply import Completion, completion

OPTIONS = Options(model="a/b")


def piece(
    content: object = "", finish: str | None = None, **more: object
) -> dict[str, object]:
    delta = {"content": content, **more}
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def text_of(*events: object, options: Options = OPTIONS) -> str:
    return judged(*events, options=options).text


def judged(*events: object, options: Options = OPTIONS) -> Completion:
    chunks = [
        event
        if isinstance(event, bytes)
        else b"data: " + json.dumps(event).encode() + b"\n\n"
        for event in events
    ]
    arrival = Arrival(None, options, readable=True)
    return completion(assembled(chunks, arrival, options), {}, options)


DONE = b"data: [DONE]\n\n"
COST: dict[str, object] = {"prompt_tokens": 9, "completion_tokens": 4, "cost": 0.5}


def test_pieces_become_one_text_with_its_facts():
    """Text, model, provider, id, usage and the reason to stop are read."""
    start: dict[str, object] = {"id": "gen-1", "model": "c/d", "provider": "Nvidia"}
    details: dict[str, object] = {"completion_tokens_details": {"reasoning_tokens": 3}}
    seen = judged(
        b": OPENROUTER PROCESSING\n\n",
        {**start, "choices": [{"delta": {"role": "assistant", "content": ""}}]},
        piece("", reasoning="hm"),
        piece("ls "),
        piece([{"type": "text", "text": "-la"}]),
        piece("", "stop"),
        {**start, "usage": COST | details, "choices": []},
        DONE,
    )
    usage = seen.usage
    assert usage is not None
    assert (seen.text, seen.model, seen.provider) == ("ls -la", "c/d", "Nvidia")
    assert (seen.generation, seen.finish) == ("gen-1", "stop")
    assert (usage.prompt_tokens, usage.completion_tokens) == (9, 4)
    assert (usage.reasoning_tokens, usage.cost_usd) == (3, 0.5)


@pytest.mark.parametrize(
    "ending",
    [
        [piece("", "stop"), DONE],
        [piece("", "stop")],
        [piece("", "stop"), piece("", "stop") | {"usage": COST}, DONE],
        [piece("", "stop"), {"choices": [], "usage": COST}, DONE],
        [piece("", "stop"), {"choices": None, "usage": COST}, DONE],
        [piece("", "stop"), DONE, piece("; more"), b"data: nonsense\n\n"],
    ],
    ids=["plain", "no mark", "twice", "empty", "null", "after the end"],
)
def test_every_ending_is_an_ending(ending):
    """The usage may repeat the reason to stop or not; the end mark may be missing."""
    assert text_of(piece("ls"), *ending) == "ls"


@pytest.mark.parametrize(
    ("events", "what"),
    [
        ([piece("ls")], "did not say"),
        ([piece("ls"), DONE], "did not say"),
        ([piece("ls", "length"), DONE], "was cut"),
        ([piece("ls", "length"), piece("", "stop"), DONE], "was cut"),
        ([piece("ls", "stop"), piece(" -la"), DONE], "did not say"),
        ([piece("ls", "error"), DONE], "failed before"),
        ([piece("ls", "stop", tool_calls=[{}]), DONE], "call a tool"),
        ([piece("", "stop", refusal="I can't."), DONE], "refused.*I can't"),
        ([DONE], "no answer"),
        ([{"choices": []}, DONE], "no answer"),
        ([], "empty reply"),
        ([b": alive\n\n"], "empty reply"),
        ([piece("ls", "stop"), {"choices": [{"index": 1}]}, DONE], "several answers"),
        ([piece("ls"), b"data: {nonsense\n\n", piece("", "stop")], "cannot be read"),
        ([piece("ls"), b"data: 7\n\n", piece("", "stop")], "cannot be read"),
        ([piece("ls"), {"choices": "x"}, piece("", "stop")], "cannot be read"),
        ([piece("ls"), piece({"text": "x"}), piece("", "stop")], "cannot be read"),
        ([piece("ls"), b'data: {"\xff": 1}\n\n', piece("", "stop")], "cannot be read"),
    ],
)
def test_nothing_partial_is_used(events, what):
    """A stream that is cut, unreadable or no good end gives no text."""
    with pytest.raises(ProposalUnavailable, match=what):
        text_of(*events)


@pytest.mark.parametrize(
    ("error", "what", "again"),
    [
        ({"code": 502, "message": "bad gateway"}, "failed: bad gateway", True),
        ({"code": "502", "message": "bad gateway"}, "failed: bad gateway", True),
        ({"code": "server_error", "message": "oh"}, "server failed: oh", True),
        ({"code": 400, "message": "no"}, r"refused the request \(400\): no", False),
        ("no such model", "no such model", False),
    ],
)
@pytest.mark.parametrize("finish", ["error", None, "stop"])
@pytest.mark.parametrize("before", [[], [piece("ls"), piece("", "stop")]])
def test_error_ends_it_as_it_would_end_a_whole_reply(
    error, what, again, finish, before
):
    """First or half-way, with or without a reason to stop, an error is an error."""
    event = {**piece("", finish), "error": error, "usage": COST}
    with pytest.raises(Failure, match=what) as caught:
        judged(*before, event, DONE)
    assert (caught.value.again is not None) == again
    assert caught.value.usage is not None
    assert caught.value.usage.cost_usd == 0.5


def test_error_of_a_choice_counts():
    """The error may stand in the choice."""
    broken = {"choices": [{"error": {"code": 502, "message": "oh"}, "delta": None}]}
    with pytest.raises(ProposalUnavailable, match="failed: oh"):
        judged(piece("ls", "stop"), broken, DONE)


def test_flat_error_is_understood():
    """vLLM's error has no object around it."""
    flat = {"object": "error", "message": "oh", "code": 404}
    with pytest.raises(ProposalUnavailable, match="does not know this address: oh"):
        judged(flat, DONE)


def test_text_has_a_limit():
    """What is written without end is not kept without end."""
    small = replace(OPTIONS, cap_bytes=500)
    with pytest.raises(ProposalUnavailable, match="larger than 500 bytes"):
        text_of(*[piece("x" * 100)] * 6, options=small)
