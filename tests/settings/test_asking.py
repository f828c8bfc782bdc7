"""Which model is asked with which key: from which source each setting comes."""

import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from linara_agent.settings.asking import model_settings
from linara_agent.settings.layers import Sources, WrongSettings
from linara_agent.settings.model import MODEL_VARIABLES, ModelSettings
from linara_agent.settings.origin import Layer

KEY = "sk-or-v1-of-the-test"

Make = Callable[..., Sources]
Config = Callable[[str], Path]


def dotenv(text: str) -> Path:
    path = Path(".env")
    path.write_text(text)
    path.chmod(0o600)
    return path.absolute()


def key(sources: Make) -> str | None:
    found = model_settings(sources()).settings.key
    return None if found is None else found.get_secret_value()


def problems(sources: Sources) -> tuple[str, ...]:
    with pytest.raises(WrongSettings) as caught:
        model_settings(sources)
    return caught.value.problems


def test_without_anything_the_defaults_hold(sources: Make):
    """They name OpenRouter's free models and no key, and say that they are defaults."""
    found = model_settings(sources())

    assert found.settings == ModelSettings()
    assert (found.settings.key, found.settings.model) == (None, "openrouter/free")
    assert found.settings.base_url == "https://openrouter.ai/api/v1"
    assert {origin.layer for origin in found.origins.values()} == {Layer.DEFAULT}
    assert set(found.origins) == set(MODEL_VARIABLES) == set(ModelSettings.model_fields)


def test_each_source_wins_over_the_next(
    sources: Make, config: Config, monkeypatch: pytest.MonkeyPatch
):
    """Flag, environment, `.env`, configuration file; each with the place it stands."""
    file = config("[model]\n\ntemperature = 0.1\n")

    def found(**flags: object) -> tuple[float | None, str]:
        configured = model_settings(sources(**flags))
        return configured.settings.temperature, str(configured.origins["temperature"])

    assert found() == (0.1, f"{file}:3")
    env = dotenv("# one\n\nLINARA_MODEL_TEMPERATURE=0.2\n")
    assert found() == (0.2, f"{env}:3")
    monkeypatch.setenv("LINARA_MODEL_TEMPERATURE", "0.3")
    assert found() == (0.3, "LINARA_MODEL_TEMPERATURE")
    assert found(temperature=0.4) == (0.4, "--temperature")


def test_every_setting_has_a_variable_of_its_own(
    sources: Make, monkeypatch: pytest.MonkeyPatch
):
    """What the environment says arrives with its type."""
    for name, value in {
        "OPENROUTER_API_KEY": KEY,
        "OPENROUTER_MODEL": "a/b",
        "OPENROUTER_BASE_URL": "https://mine.example/v1",
        "LINARA_DATA_COLLECTION": "deny",
        "LINARA_MODEL_OPENROUTER": "yes",
        "LINARA_MODEL_DEADLINE": "30",
        "LINARA_MODEL_CONNECT": "5",
        "LINARA_MODEL_FALLBACKS": "c/d, e/f:free",
        "LINARA_MODEL_TOP_P": "0.5",
        "LINARA_MODEL_MAX_TOKENS": "99",
        "LINARA_MODEL_STOP": '["a, b", "\\n"]',
        "LINARA_MODEL_SEED": "-7",
        "LINARA_MODEL_STREAM": "no",
        "LINARA_MODEL_EFFORT": "low",
        "LINARA_MODEL_ZDR": "true",
        "LINARA_MODEL_ALLOW_FALLBACKS": "false",
        "LINARA_MODEL_MAX_PROMPT_PRICE": "0.15",
        "LINARA_MODEL_MAX_COST": "0.01",
        "LINARA_MODEL_CONTEXT": "tree",
        "LINARA_MODEL_CACHE": "off",
    }.items():
        monkeypatch.setenv(name, value)
    found = model_settings(sources()).settings

    assert (found.key and found.key.get_secret_value(), found.model) == (KEY, "a/b")
    assert found.base_url == "https://mine.example/v1"
    assert found.openrouter
    assert (found.deadline_s, found.connect_s, found.seed) == (30, 5, -7)
    assert found.fallbacks == ("c/d", "e/f:free")
    assert (found.top_p, found.max_tokens) == (0.5, 99)
    assert (found.stop, found.effort) == (("a, b", "\n"), "low")
    assert (found.stream, found.zdr, found.allow_fallbacks) == (False, True, False)
    assert (found.max_prompt_price, found.max_cost) == (
        Decimal("0.15"),
        Decimal("0.01"),
    )
    assert (found.data_collection, found.context, found.cache) == (
        "deny",
        "tree",
        False,
    )


def test_the_file_has_the_types_of_toml(sources: Make, config: Config):
    """Lists are lists, and a price keeps every digit."""
    config(
        '[model]\nmodel = "a/b"\nfallbacks = ["c/d"]\nzdr = true\nmax_tokens = 9\n'
        "daily_budget = 0.10\nmax_completion_price = 1\n"
    )
    found = model_settings(sources()).settings

    assert (found.model, found.fallbacks, found.zdr) == ("a/b", ("c/d",), True)
    assert (found.max_tokens, str(found.daily_budget)) == (9, "0.10")
    assert found.max_completion_price == 1


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_key_is_none(
    sources: Make, monkeypatch: pytest.MonkeyPatch, blank: str
):
    """An empty variable does not count as a key."""
    monkeypatch.setenv("OPENROUTER_API_KEY", blank)

    assert key(sources) is None


def test_a_key_is_never_shown(sources: Make, monkeypatch: pytest.MonkeyPatch):
    """Neither the settings nor a complaint about them print it."""
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
    assert KEY not in repr(model_settings(sources()))
    monkeypatch.setenv("LINARA_MODEL_DEADLINE", "soon")
    found = problems(sources())

    assert KEY not in str(found)
    assert "LINARA_MODEL_DEADLINE" in found[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LINARA_MODEL_DEADLINE", "0"),
        ("LINARA_MODEL_DEADLINE", "601"),
        ("LINARA_DATA_COLLECTION", "perhaps"),
        ("OPENROUTER_MODEL", ""),
        ("OPENROUTER_BASE_URL", "https://ada:secret@example.org/v1"),
        ("LINARA_MODEL_TEMPERATURE", "2.1"),
        ("LINARA_MODEL_TOP_P", "0"),
        ("LINARA_MODEL_MAX_TOKENS", "0"),
        ("LINARA_MODEL_FALLBACKS", "a,b,c,d"),
        ("LINARA_MODEL_STOP", '["a","b","c","d","e"]'),
        ("LINARA_MODEL_STOP", '["a'),
        ("LINARA_MODEL_STOP", '[""]'),
        ("LINARA_MODEL_TITLE", "Schön"),
        ("LINARA_MODEL_REFERER", "a\nb"),
        ("LINARA_MODEL_MAX_COST", "-1"),
        ("LINARA_MODEL_MAX_COST", "nan"),
        ("LINARA_MODEL_EFFORT", "a-lot"),
        ("LINARA_MODEL_CONTEXT", "all"),
    ],
)
def test_a_wrong_setting_is_named(
    sources: Make, monkeypatch: pytest.MonkeyPatch, name: str, value: str
):
    """What cannot be right stops the run, with the variable and without the value."""
    monkeypatch.setenv(name, value)
    (found,) = problems(sources())

    assert found.startswith(f"{name}: model.")
    assert "secret" not in found


def test_all_problems_are_told_at_once(
    sources: Make, config: Config, monkeypatch: pytest.MonkeyPatch
):
    """Each with its place: a wrong value, an unknown name, a key in the file."""
    file = config(
        "[model]\ntemprature = 1\ntop_p = 7\n\n\nkey = 'sk-or-v1-in-the-file'\n"
    )
    env = dotenv("LINARA_MODEL_SEED=x\nLINARA_MODEL_ZDRR=1\n")
    monkeypatch.setenv("LINARA_MODEL_MAX_COTS", "1")
    found = problems(sources(max_tokens=0))

    assert sorted(line.partition(": ")[0] for line in found) == sorted(
        [
            f"{file}:2",
            f"{file}:3",
            f"{file}:6",
            f"{env}:1",
            f"{env}:2",
            "LINARA_MODEL_MAX_COTS",
            "--max-tokens",
        ]
    )
    assert "(is temperature meant?)" in str(found)
    assert "(is LINARA_MODEL_MAX_COST meant?)" in str(found)
    assert "key set" in str(found)
    assert "in-the-file" not in str(found)


def test_a_value_of_dotenv_is_taken_as_it_stands(
    sources: Make, monkeypatch: pytest.MonkeyPatch
):
    """It cannot make a secret of the environment a part of what is sent."""
    monkeypatch.setenv("SECRET", "of-the-environment")
    dotenv("OPENROUTER_MODEL='${SECRET}:free'\n")

    assert model_settings(sources()).settings.model == "${SECRET}:free"


def test_a_dotenv_that_is_no_text_is_a_clear_error(sources: Make):
    """A `.env` in another encoding is named, with the line."""
    Path(".env").write_bytes(b"OTHER=1\nOPENROUTER_MODEL=\xff\xfe\n")
    (found,) = problems(sources())

    assert found == f"{Path('.env').absolute()}:2: it is not written in UTF-8"
    assert os.environ.get("OPENROUTER_MODEL") is None


def test_a_dotenv_that_anyone_may_write_to_does_not_count(sources: Make):
    """It is refused if it speaks of the model, and is nothing to us if it does not."""
    path = dotenv("OTHER=1\n")
    path.chmod(0o666)
    assert model_settings(sources()).settings == ModelSettings()
    path.write_text("LINARA_MODEL_SEED=1\n")
    (found,) = problems(sources())

    assert found == f"{path}:1: others may write to it (`chmod o-w {path}`)"


def test_the_keyring_is_the_last_to_be_asked(
    sources: Make, kept_keys: Path, monkeypatch: pytest.MonkeyPatch
):
    """Its key counts if there is none elsewhere, and only for its server."""
    kept_keys.write_text('{"linara-agent/openrouter": "of-the-keyring"}')
    found = model_settings(sources())
    assert found.settings.key is not None
    assert found.settings.key.get_secret_value() == "of-the-keyring"
    assert str(found.origins["key"]) == "keyring openrouter"
    monkeypatch.setenv("OPENROUTER_BASE_URL", "http://127.0.0.1:4000/v1")
    assert key(sources) is None
    kept_keys.write_text('{"linara-agent/http://127.0.0.1:4000": "of-the-proxy"}')
    assert key(sources) == "of-the-proxy"
    monkeypatch.setenv("OPENROUTER_API_KEY", "of-the-environment")

    assert key(sources) == "of-the-environment"


def test_a_locked_keyring_is_as_good_as_none(sources: Make, kept_keys: Path):
    """Nobody is bothered with it."""
    kept_keys.write_text("locked")

    assert key(sources) is None
