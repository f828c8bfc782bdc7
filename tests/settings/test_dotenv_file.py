"""What a `.env` may not decide: anyone may have put it into the directory."""

from collections.abc import Callable
from pathlib import Path

import pytest

from linara_agent.settings.asking import model_settings
from linara_agent.settings.layers import Sources, WrongSettings
from linara_agent.settings.model import ModelSettings

KEY = "sk-or-v1-of-the-test"
SERVER = "OPENROUTER_BASE_URL=https://elsewhere.example\n"
OWN = "OPENROUTER_API_KEY=of-the-file\n"

Make = Callable[..., Sources]
Config = Callable[[str], Path]


def settings(sources: Make, text: str) -> ModelSettings:
    path = Path(".env")
    path.write_text(text)
    path.chmod(0o600)
    return model_settings(sources()).settings


def refused(sources: Make, text: str) -> str:
    with pytest.raises(WrongSettings) as caught:
        settings(sources, text)
    (problem,) = caught.value.problems
    assert "a .env may not decide this" in problem
    return problem


def test_it_cannot_send_a_key_elsewhere(sources: Make, monkeypatch: pytest.MonkeyPatch):
    """A file that names a server must bring its own key, and it alone."""
    assert "OPENROUTER_BASE_URL" in refused(sources, SERVER)
    assert settings(sources, SERVER + OWN).base_url == "https://elsewhere.example"
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)

    assert ".env:1: OPENROUTER_BASE_URL" in refused(sources, SERVER + OWN)


@pytest.mark.parametrize(
    "line", ["", "OPENROUTER_API_KEY=\n", "OPENROUTER_API_KEY=' '\n"]
)
def test_it_cannot_send_the_key_of_the_keyring_elsewhere(
    sources: Make, kept_keys: Path, line: str
):
    """A blank key in the file brings none, so the server is refused."""
    for name in ("openrouter", "https://elsewhere.example"):
        kept_keys.write_text(f'{{"linara-agent/{name}": "of-the-keyring"}}')
        assert "OPENROUTER_BASE_URL" in refused(sources, SERVER + line)


def test_a_line_of_ours_that_cannot_be_read_is_named(sources: Make):
    """A quote that never closes would else be a key or a limit that is not there."""
    text = 'OTHER="unclosed\n\nexport OPENROUTER_API_KEY="sk-of-the-test\n'
    with pytest.raises(WrongSettings) as caught:
        settings(sources, text)
    (problem,) = caught.value.problems
    assert ".env:3: OPENROUTER_API_KEY: its value cannot be read" in problem
    assert "sk-of-the-test" not in problem
    settings(sources, 'OTHER="unclosed\n')  # what other programs read is theirs


def test_it_cannot_stand_in_for_a_server_on_this_machine(sources: Make):
    """There no key is needed, so a file could otherwise choose who hears the words."""
    refused(sources, "OPENROUTER_BASE_URL=http://127.0.0.1:4000/v1\n")


@pytest.mark.parametrize(
    "line",
    [
        "OPENROUTER_MODEL=a/paid",
        "LINARA_MODEL_FALLBACKS=a/b:free,a/paid",
        "LINARA_MODEL_MAX_TOKENS=100000",
        "LINARA_MODEL_MAX_COST=100",
        "LINARA_MODEL_DAILY_BUDGET=100",
        "LINARA_MODEL_MAX_PROMPT_PRICE=100",
        "LINARA_MODEL_MAX_COMPLETION_PRICE=100",
        "LINARA_MODEL_ONLY=somebody",
        "LINARA_MODEL_IGNORE=somebody",
        "LINARA_MODEL_ALLOW_FALLBACKS=true",
    ],
)
def test_it_cannot_spend_on_the_persons_key(
    sources: Make, monkeypatch: pytest.MonkeyPatch, line: str
):
    """Only with the key that it brings, or where no key is there to spend on."""
    name = line.partition("=")[0]
    settings(sources, line)
    settings(sources, f"{OWN}{line}")
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)

    assert f"{name}: " in refused(sources, line)
    assert f"{name}: " in refused(sources, f"{OWN}{line}")


@pytest.mark.parametrize(
    "line",
    [
        "OPENROUTER_MODEL=openrouter/free",
        "OPENROUTER_MODEL=a/b:free",
        "LINARA_MODEL_FALLBACKS=a/b:free,openrouter/free",
        "LINARA_MODEL_SEED=1",
        "LINARA_DATA_COLLECTION=deny",
        "LINARA_MODEL_ZDR=true",
        "OPENROUTER_BASE_URL=https://openrouter.ai/api/v1",
    ],
)
def test_it_may_choose_what_is_free_or_stricter(
    sources: Make, monkeypatch: pytest.MonkeyPatch, line: str
):
    """A free model, less data, or just what holds anyway."""
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)

    settings(sources, line)


@pytest.mark.parametrize(
    "line",
    [
        "LINARA_DATA_COLLECTION=allow",
        "LINARA_MODEL_ZDR=no",
        "LINARA_MODEL_CONTEXT=tree",
    ],
)
def test_it_cannot_show_more_than_the_person_chose(
    sources: Make, config: Config, line: str
):
    """Not even with a key of its own."""
    config('[model]\ndata_collection = "deny"\nzdr = true\n')

    assert "stricter" in refused(sources, OWN + line)


def test_it_cannot_say_what_kind_of_server_it_is(sources: Make):
    """A server that is not OpenRouter is asked for no privacy."""
    refused(sources, OWN + "LINARA_MODEL_OPENROUTER=no\n")


def test_it_may_show_less_than_the_person_chose(sources: Make, config: Config):
    """Stricter is not only the strictest."""
    config('[model]\ncontext = "tree"\n')

    assert settings(sources, OWN + "LINARA_MODEL_CONTEXT=cwd\n").context == "cwd"


def test_its_server_gets_no_names_of_files(sources: Make, config: Config):
    """They are for the server that the person chose."""
    config('[model]\ncontext = "tree"\n')
    assert "names of files" in refused(sources, SERVER + OWN)
    assert settings(sources, SERVER + OWN + "LINARA_MODEL_CONTEXT=none\n").key


def test_the_environment_overrides_what_it_may_not_say(
    sources: Make, monkeypatch: pytest.MonkeyPatch
):
    """The person's own choice counts, so the file's does no harm."""
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
    monkeypatch.setenv("OPENROUTER_BASE_URL", "https://mine.example/v1")
    monkeypatch.setenv("OPENROUTER_MODEL", "a/paid")
    found = settings(sources, SERVER + "OPENROUTER_MODEL=b/paid\n")

    assert (found.base_url, found.model) == ("https://mine.example/v1", "a/paid")


def test_a_flag_overrides_what_it_may_not_say(
    sources: Make, monkeypatch: pytest.MonkeyPatch
):
    """As the environment does."""
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
    Path(".env").write_text("OPENROUTER_MODEL=b/paid\n")
    found = model_settings(sources(model="a/paid"))

    assert (found.settings.model, str(found.origins["model"])) == ("a/paid", "--model")
