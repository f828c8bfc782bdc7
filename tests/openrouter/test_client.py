"""The request that is sent, and when it is sent again."""

from dataclasses import replace

import pytest
from pydantic import SecretStr

from linara_agent.core.proposal import Usage
from linara_agent.errors import ProposalUnavailable
from linara_agent.openrouter.client import complete
from linara_agent.openrouter.errors import Failure, chain
from linara_agent.openrouter.prompt import Turn
from linara_agent.openrouter.reply import Completion

TURNS = (Turn(role="system", content="be brief"), Turn(role="user", content="hé"))


def test_request_is_one_post_with_bearer_and_json(server, options, key):
    """One POST goes to /chat/completions with the key and both messages."""
    server.answer("ls -la")
    complete(TURNS, options)
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/api/v1/chat/completions")
    assert request.headers["authorization"] == f"Bearer {key}"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-openrouter-title"] == "linara-agent"
    assert request.json["messages"] == [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "hé"},
    ]


def test_other_servers_get_no_field_of_openrouter(server, options):
    """A server that is not OpenRouter gets the plain interface, and no key if none."""
    server.answer("ls")
    local = replace(options, openrouter=None, key=None, model="qwen3", stream=False)
    complete(TURNS, local)
    (request,) = server.requests
    assert set(request.json) == {"model", "messages", "max_tokens", "stream"}
    assert "authorization" not in request.headers
    assert not [name for name in request.headers if name.startswith("x-openrouter")]


@pytest.mark.parametrize("blank", [None, SecretStr(""), SecretStr(" \n")])
def test_without_key_nothing_is_sent(server, options, blank):
    """OpenRouter is not asked without a key, and the person learns how to set one."""
    with pytest.raises(ProposalUnavailable, match="No OpenRouter key") as caught:
        complete(TURNS, replace(options, key=blank))
    assert "OPENROUTER_API_KEY" in caught.value.remedy
    assert server.requests == []


@pytest.mark.parametrize("bad", ["sk-or\nv1-abcdef", "sk-or-é", "sk-or v1"])
def test_malformed_key_is_never_sent_nor_shown(server, options, bad):
    """A key that no header can carry is refused before a library can quote it."""
    with pytest.raises(ProposalUnavailable, match="cannot have") as caught:
        complete(TURNS, replace(options, key=SecretStr(bad)))
    assert bad not in str(caught.value) + caught.value.remedy
    assert server.requests == []


def test_dummy_key_is_no_secret(server, options):
    """A word that stands for a key does not vanish from the answer."""
    server.answer("ollama list")
    local = replace(options, key=SecretStr("ollama"), openrouter=False)
    assert complete(TURNS, local).text == "ollama list"


def test_failure_keeps_its_cause(options):
    """What the library said is kept for `--debug`, with one try as with several."""
    for attempts in (1, 2):
        gone = replace(options, base_url="http://127.0.0.1:1/v1", attempts=attempts)
        with pytest.raises(ProposalUnavailable) as caught:
            complete(TURNS, gone)
        causes = [type(link).__name__ for link in chain(caught.value)]
        assert "ConnectError" in causes


def test_key_is_trimmed(server, options, key):
    """A key with a line break at its end, as files have it, is used without it."""
    server.answer("ls")
    complete(TURNS, replace(options, key=SecretStr(f" {key}\n")))
    assert server.requests[0].headers["authorization"] == f"Bearer {key}"


def test_retry_ends_with_the_first_success(server, options, capfd):
    """A failed try is repeated silently until one succeeds."""
    server.send(502, {"error": {"code": 502, "message": "bad gateway"}})
    server.send(429, {"error": {"code": 429, "message": "slow down"}})
    server.answer("ls -la")
    assert complete(TURNS, options).text == "ls -la"
    assert len(server.requests) == 3
    assert capfd.readouterr() == ("", "")


def test_attempts_are_counted_and_told(server, options):
    """After the last attempt the person learns how many there were."""
    server.send(503, {"error": {"code": 503, "message": "overloaded"}})
    with pytest.raises(ProposalUnavailable, match="tried 3 times"):
        complete(TURNS, options)
    assert len(server.requests) == 3


def test_deadline_beats_attempts(server, options):
    """No further try starts when the wait would pass the total deadline."""
    server.send(
        503, {"error": {"code": 503, "message": "overloaded"}}, Retry_After="30"
    )
    with pytest.raises(ProposalUnavailable, match="asks to wait 30 seconds"):
        complete(TURNS, options)
    assert len(server.requests) == 1


def test_completion_names_model_and_usage(server, options, body):
    """The model that answered and what it cost are read from a full reply."""
    full = body("ls -la", refusal=None, reasoning="hm", zz_new=1) | {
        "provider": "Nvidia",
        "system_fingerprint": None,
        "zz_new": {"a": [1]},
        "usage": {
            "prompt_tokens": 12,
            "completion_tokens": 3,
            "total_tokens": 15,
            "cost": 0,
            "cost_details": {"upstream_inference_cost": None},
            "completion_tokens_details": {"reasoning_tokens": 1},
        },
    }
    server.send(200, full)
    assert complete(TURNS, options) == Completion(
        text="ls -la",
        model="nvidia/nemotron-3-super-120b-a12b:free",
        usage=Usage(
            prompt_tokens=12, completion_tokens=3, reasoning_tokens=1, cost_usd=0.0
        ),
        generation="gen-1790000000-AbCdEfGhIjKlMnOpQrSt",
        provider="Nvidia",
        finish="stop",
    )


def test_identity_of_the_reply_may_stand_in_its_headers(server, options, body):
    """Where the body names no id and no provider, the headers may."""
    reply = body("ls") | {"id": None}
    server.send(200, reply, X_Generation_Id="gen-2", X_Provider_Name="X")
    completion = complete(TURNS, options)
    assert (completion.generation, completion.provider) == ("gen-2", "X")


def billed(body, cost: float, finish: str = "stop") -> object:
    return body("ls", finish) | {"usage": {"cost": cost, "completion_tokens": 2}}


def test_billed_failure_says_what_it_cost(server, options, body):
    """An answer that cannot be used may cost all the same, and that is kept."""
    server.send(200, billed(body, 0.25, "length"))
    with pytest.raises(Failure, match="was cut") as caught:
        complete(TURNS, options)
    assert caught.value.usage == Usage(completion_tokens=2, cost_usd=0.25)


def test_billed_tries_add_up(server, options, body):
    """What failed tries cost is part of the cost, whether the last succeeds or not."""
    server.send(200, billed(body, 0.25, "error"))
    server.send(503, {"error": {"code": 503, "message": "overloaded"}})
    server.send(200, billed(body, 0.5))
    assert complete(TURNS, options).usage == Usage(completion_tokens=4, cost_usd=0.75)

    server.send(200, billed(body, 0.25, "error"))
    with pytest.raises(Failure, match="tried 3 times") as caught:
        complete(TURNS, options)
    assert caught.value.usage == Usage(completion_tokens=6, cost_usd=0.75)


def test_structured_answer_may_be_filed_as_thoughts(server, options):
    """LM Studio puts a structured answer elsewhere; a plain one is never read there."""
    server.answer("", reasoning_content='{"script": "ls"}')
    assert complete(TURNS, options, schema={}).text == '{"script": "ls"}'
    assert complete(TURNS, options).text == ""


def test_minute_limit_is_tried_once_more_only(server, options):
    """A minute's limit that still holds after its reset is not asked a third time."""
    message = "Rate limit exceeded: free-models-per-min."
    server.send(429, {"error": {"code": 429, "message": message}})
    with pytest.raises(ProposalUnavailable, match="tried 2 times"):
        complete(TURNS, replace(options, attempts=5))
    assert len(server.requests) == 2


def test_budget_in_flight_is_waited_for(server, options):
    """A budget that other requests hold for the moment is no end."""
    held = {
        "limit_source": "openrouter_in_flight_budget",
        "reason": "in_flight_budget_exhausted",
    }
    busy = {"error": {"code": 402, "message": "Busy", "metadata": held}}
    server.send(402, busy, Retry_After="0")
    server.answer("ls")
    assert complete(TURNS, options).text == "ls"
    assert len(server.requests) == 2


def test_budget_that_is_too_small_is_not_waited_for(server, options):
    """A request larger than the whole budget never fits, however long one waits."""
    heavy = {
        "limit_source": "openrouter_in_flight_budget",
        "reason": "weight_exceeds_budget",
    }
    server.send(402, {"error": {"code": 402, "message": "No", "metadata": heavy}})
    with pytest.raises(ProposalUnavailable, match="larger than the whole budget"):
        complete(TURNS, options)
    assert len(server.requests) == 1


def test_announced_hopelessness_counts(server, options):
    """A server that says that another try is useless is believed."""
    gone = {"code": "capacity_exhausted", "retryable": False}
    server.send(503, {"error": {"code": 503, "message": "No", "availability": gone}})
    with pytest.raises(ProposalUnavailable, match="No provider is ready"):
        complete(TURNS, options)
    assert len(server.requests) == 1


def test_a_try_that_cannot_be_afforded_is_not_made(server, options, body):
    """What was billed so far decides; the reason stays that of the last try."""
    server.send(200, billed(body, 0.25, "error"))
    asked = []

    def affords(usage: Usage | None) -> bool:
        asked.append(usage)
        return len(asked) < 2

    with pytest.raises(Failure, match=r"tried 2 times") as caught:
        complete(TURNS, options, affords=affords)
    assert [one and one.cost_usd for one in asked] == [0.25, 0.5]
    assert len(server.requests) == 2
    assert caught.value.usage == Usage(completion_tokens=4, cost_usd=0.5)
