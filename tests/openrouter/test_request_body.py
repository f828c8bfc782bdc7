"""Each field of the request, for OpenRouter and for servers like it."""

import json
from dataclasses import replace

import pytest

from linara_agent.errors import ProposalUnavailable
from linara_agent.openrouter.endpoint import endpoint
from linara_agent.openrouter.options import MaxPrice, Options
from linara_agent.openrouter.prompt import Turn
from linara_agent.openrouter.request_body import attribution, request_body

TURNS = (Turn(role="system", content="be brief"), Turn(role="user", content="hé"))
SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {"script": {"type": "string"}},
}
OFFICIAL = Options()
LOCAL = Options(base_url="http://127.0.0.1:11434/v1", model="qwen3")

EVERYTHING = Options(
    model="a/b",
    max_tokens=512,
    temperature=0.0,
    top_p=0.9,
    stop=("\n\n", "END"),
    seed=0,
    stream=False,
    effort="low",
    fallbacks=("c/d", "e/f", "g/h"),
    data_collection="deny",
    zdr=True,
    only=("nvidia",),
    ignore=("x", "y"),
    allow_fallbacks=False,
    max_price=MaxPrice(prompt=0.0, completion=1.5),
    referer="https://example.org",
    title="my agent",
)
PLAIN = {
    "model": "a/b",
    "messages": [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "hé"},
    ],
    "max_tokens": 512,
    "stream": False,
    "temperature": 0.0,
    "top_p": 0.9,
    "stop": ["\n\n", "END"],
    "seed": 0,
}
FORMAT = {
    "type": "json_schema",
    "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA},
}


def sent(options: Options, schema: dict[str, object] | None = None) -> object:
    return json.loads(request_body(TURNS, options, endpoint(options), schema))


def test_every_field_is_sent_to_openrouter():
    """Zero and false are values; each field stands where OpenRouter reads it."""
    assert sent(EVERYTHING) == PLAIN | {
        "models": ["c/d", "e/f", "g/h"],
        "reasoning": {"effort": "low"},
        "provider": {
            "data_collection": "deny",
            "zdr": True,
            "only": ["nvidia"],
            "ignore": ["x", "y"],
            "allow_fallbacks": False,
            "max_price": {"prompt": 0.0, "completion": 1.5},
        },
        "plugins": [{"id": "context-compression", "enabled": False}],
    }


def test_what_only_openrouter_knows_is_left_out_for_others():
    """Another server gets the common fields, with the effort under their name."""
    local = replace(EVERYTHING, openrouter=False)
    assert sent(local) == PLAIN | {"reasoning_effort": "low"}


def test_what_is_not_chosen_is_not_sent():
    """The default request holds what is always sent."""
    assert sent(OFFICIAL) == {
        "model": "openrouter/free",
        "messages": PLAIN["messages"],
        "max_tokens": 1024,
        "stream": True,
        "provider": {"data_collection": "allow"},
        "plugins": [{"id": "context-compression", "enabled": False}],
    }
    assert sent(LOCAL) == {
        "model": "qwen3",
        "messages": PLAIN["messages"],
        "max_tokens": 1024,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


@pytest.mark.parametrize("price", [MaxPrice(), None])
def test_price_without_a_limit_is_not_sent(price):
    """A price limit that names no price is none."""
    body = sent(replace(OFFICIAL, max_price=price))
    assert isinstance(body, dict)
    assert "max_price" not in body["provider"]


def test_schema_is_asked_for():
    """A schema is sent as strict; OpenRouter picks only providers that know it."""
    body = sent(OFFICIAL, SCHEMA)
    assert isinstance(body, dict)
    assert body["response_format"] == FORMAT
    assert body["provider"]["require_parameters"] is True
    local = sent(LOCAL, SCHEMA)
    assert isinstance(local, dict)
    assert local["response_format"] == FORMAT
    assert "provider" not in local


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"fallbacks": ("a", "b", "c", "d")}, "More than 3 fallback models"),
        ({"stop": ("a", "b", "c", "d", "e")}, "More than 4 texts"),
    ],
)
def test_what_servers_refuse_is_not_sent(change, what):
    """Too many fallbacks or ends are told before anything is sent."""
    with pytest.raises(ProposalUnavailable, match=f"{what}.*no request was sent"):
        sent(replace(OFFICIAL, **change))


def test_program_is_named_to_openrouter_alone():
    """The headers go to OpenRouter, and to no other server."""
    assert attribution(EVERYTHING, endpoint(OFFICIAL)) == (
        ("HTTP-Referer", "https://example.org"),
        ("X-OpenRouter-Title", "my agent"),
    )
    assert attribution(EVERYTHING, endpoint(LOCAL)) == ()
    assert attribution(replace(OFFICIAL, title=None), endpoint(OFFICIAL)) == ()


@pytest.mark.parametrize("text", ["café", "a\r\nX-Evil: 1", "\x7f", "日本"])
@pytest.mark.parametrize("name", ["referer", "title"])
def test_headers_are_plain_ascii(name, text):
    """What a header cannot carry is told, and no request is sent."""
    options = replace(OFFICIAL, **{name: text})
    with pytest.raises(ProposalUnavailable, match="is not plain ASCII"):
        attribution(options, endpoint(options))
