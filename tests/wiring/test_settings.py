"""From the settings of whoever calls to what the model's client is told."""

import os
from dataclasses import fields
from pathlib import Path

import pytest
from pydantic import SecretStr

from linara_agent.errors import LinaraError
from linara_agent.openrouter.options import MaxPrice, Options
from linara_agent.settings.layers import WrongSettings
from linara_agent.settings.model import ModelSettings
from linara_agent.wiring.model import asks_model
from linara_agent.wiring.person import Person, person
from linara_agent.wiring.settings import (
    configured_all,
    configured_model,
    options_of,
)

OF_OUR_OWN = {"read_s", "attempts", "backoff_s", "longest_wait_s", "cap_bytes"}
"""Fields of the client that nobody has to choose."""

SET = ModelSettings.model_validate(
    {
        "key": SecretStr("sk-or-v1-of-the-test"),
        "model": "a/b",
        "fallbacks": ["c/d"],
        "base_url": "https://mine.example/v1",
        "openrouter": True,
        "deadline_s": 7,
        "connect_s": 3,
        "temperature": 0.5,
        "top_p": 0.25,
        "max_tokens": 77,
        "stop": ["\n"],
        "seed": 5,
        "stream": False,
        "effort": "low",
        "data_collection": "deny",
        "zdr": True,
        "only": ["x"],
        "ignore": ["y"],
        "allow_fallbacks": False,
        "max_prompt_price": "0.15",
        "max_completion_price": "0.6",
        "referer": "https://mine.example",
        "title": "mine",
    }
)


def here() -> Person:
    return person()


def test_the_defaults_are_the_clients_own():
    """Nobody's settings are what the client does by itself."""
    assert options_of(ModelSettings()) == Options()


def test_every_setting_reaches_the_client():
    """No field of the client is left as it was, but those that nobody chooses."""
    options, plain = options_of(SET), Options()

    left = {
        field.name
        for field in fields(Options)
        if getattr(options, field.name) == getattr(plain, field.name)
    }
    assert left == OF_OUR_OWN
    assert options.max_price == MaxPrice(prompt=0.15, completion=0.6)
    assert (options.total_s, options.model, options.secret) == (
        7,
        "a/b",
        "sk-or-v1-of-the-test",
    )


@pytest.mark.parametrize(
    ("environment", "asks"),
    [
        ({}, False),
        ({"OPENROUTER_API_KEY": "k"}, True),
        ({"OPENROUTER_BASE_URL": "http://127.0.0.1:11434/v1"}, True),
        ({"OPENROUTER_BASE_URL": "http://localhost:11434/v1"}, True),
        ({"OPENROUTER_BASE_URL": "http://[::1]:11434/v1"}, True),
        ({"OPENROUTER_BASE_URL": "https://mine.example/v1"}, False),
        ({"OPENROUTER_BASE_URL": "https://127.0.0.1.example/v1"}, False),
    ],
)
def test_no_key_is_needed_on_this_machine_alone(
    monkeypatch: pytest.MonkeyPatch, *, environment: dict[str, str], asks: bool
):
    """Where the person named a server here; any other needs a key."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert asks_model(configured_model(here())) is asks


def test_an_address_that_would_expose_a_key_is_told(monkeypatch: pytest.MonkeyPatch):
    """Not taken for a server without a key."""
    monkeypatch.setenv("OPENROUTER_BASE_URL", "http://mine.example/v1")
    with pytest.raises(LinaraError, match="only https"):
        asks_model(configured_model(here()))


def test_a_flag_names_the_server_too():
    """As `--base-url` does."""
    flags = {"base_url": "http://127.0.0.1:8080/v1"}

    assert asks_model(configured_model(here(), flags))


def test_the_settings_are_those_of_the_caller(
    hermetic_home: Path, monkeypatch: pytest.MonkeyPatch
):
    """The file lies where XDG_CONFIG_HOME says, and `.env` in the directory."""
    elsewhere = hermetic_home / "elsewhere"
    (elsewhere / "linara-agent").mkdir(parents=True)
    (elsewhere / "linara-agent" / "config.toml").write_text("[model]\nseed = 1\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(elsewhere))
    Path(".env").write_text("LINARA_MODEL_TOP_P=0.5\n")
    run, model = configured_all(here())

    assert run.settings.policy == "default"
    assert (model.settings.seed, model.settings.top_p) == (1, 0.5)
    assert os.environ.get("LINARA_MODEL_TOP_P") is None


def test_both_kinds_of_problems_come_together(monkeypatch: pytest.MonkeyPatch):
    """Those of runs and those of the model."""
    monkeypatch.setenv("LINARA_VIEW", "all")
    monkeypatch.setenv("LINARA_MODEL_SEED", "x")
    with pytest.raises(WrongSettings) as caught:
        configured_all(here())

    assert [one.partition(":")[0] for one in caught.value.problems] == [
        "LINARA_VIEW",
        "LINARA_MODEL_SEED",
    ]
