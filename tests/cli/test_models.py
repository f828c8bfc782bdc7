"""`linara-agent models`: the list, its filters, and an old copy of it."""

import os
import time
from pathlib import Path

import pytest

from linara_agent.cli.exit_codes import ExitCode
from tests.cli.settings_program import program
from tests.cli.test_key import server as server_of_keys
from tests.end_to_end.program import Program
from tests.openrouter.conftest import ModelServer

server = server_of_keys

LISTED = {
    "data": [
        {
            "id": "b/large",
            "context_length": 131072,
            "pricing": {"prompt": "0.00000015", "completion": "0.0000006"},
            "supported_parameters": ["structured_outputs"],
        },
        {
            "id": "a/small:free",
            "pricing": {"prompt": "0", "completion": "0"},
            "supported_parameters": [],
            "expiration_date": "2026-12-01",
        },
        {"id": "b/moving", "pricing": {"prompt": "-1", "completion": "-1"}},
    ]
}


@pytest.fixture
def linara(hermetic_home: Path, server: ModelServer) -> Program:
    return program(
        hermetic_home, OPENROUTER_BASE_URL=server.url, LINARA_MODEL_OPENROUTER="yes"
    )


def ids(text: str) -> list[str]:
    return [line.split()[0] for line in text.splitlines()[1:]]


def test_the_list_is_a_table(linara: Program, server: ModelServer):
    """Prices for a million tokens, context, what else is known; no key needed."""
    server.send(200, LISTED)
    done = linara("models")
    rows = [line.split() for line in done.text.splitlines()]

    assert done.code == 0
    assert rows[1:] == [
        ["a/small:free", "free", "free", "?", "no", "2026-12-01"],
        ["b/large", "0.15", "0.6", "131,072", "yes"],
        ["b/moving", "varies", "varies", "?", "?"],
    ]
    assert "authorization" not in server.requests[0].headers


def test_words_and_free_filter_it(linara: Program, server: ModelServer):
    """Every word must be part of the id; the copy of an hour serves all three calls."""
    server.send(200, LISTED)

    assert ids(linara("models", "B/").text) == ["b/large", "b/moving"]
    assert ids(linara("models", "b", "mov").text) == ["b/moving"]
    assert ids(linara("models", "--free").text) == ["a/small:free"]
    assert len(server.requests) == 1
    nothing = linara("models", "no-such")
    assert (nothing.code, nothing.out) == (0, b"")
    assert "No model fits" in nothing.said


def test_the_list_for_programs(linara: Program, server: ModelServer):
    """One object; amounts are decimal texts."""
    server.send(200, LISTED)
    found = linara("models", "--json", "large").json

    assert (found["schema"], found["old"]) == (1, False)
    assert found["models"] == [
        {
            "id": "b/large",
            "prompt_usd_per_million": "0.15",
            "completion_usd_per_million": "0.6",
            "price_varies": False,
            "free": False,
            "context": 131072,
            "structured": True,
            "parameters": ["structured_outputs"],
            "expires": None,
        }
    ]


def test_an_old_copy_is_shown_and_marked(
    linara: Program, server: ModelServer, hermetic_home: Path
):
    """`--refresh` asks; without the server the copy is shown with its age."""
    server.send(200, LISTED)
    linara("models")
    server.send(503, b"")
    done = linara("models", "--refresh")
    assert (done.code, len(server.requests)) == (0, 2)
    assert ids(done.text) == ["a/small:free", "b/large", "b/moving"]
    assert "a copy, less than a minute old" in done.said
    (path,) = (hermetic_home / ".cache" / "linara-agent").glob("models-*.json")
    text = path.read_text()
    fetched = text[text.index('"fetched":') :].partition(",")[0]
    path.write_text(text.replace(fetched, f'"fetched":{time.time() - 7300}'))

    assert "a copy, 2 hours old" in linara("models").said
    assert linara("models", "--json").json["old"]


def test_without_server_and_copy_it_says_so(linara: Program):
    """Exit 20, as for any question that no server answers."""
    done = linara("models", "--base-url", "http://127.0.0.1:1/v1")

    assert (done.code, done.out) == (ExitCode.NO_PROPOSAL, b"")
    assert "cannot be reached at http" in done.said
    assert os.environ.get("OPENROUTER_API_KEY") is None


def test_brackets_in_a_name_are_text(linara: Program, server: ModelServer):
    """A server cannot colour the list, nor break it."""
    server.send(200, {"data": [{"id": "a/[/b][red]c"}]})
    done = linara("models")

    assert done.code == 0
    assert ids(done.text) == ["a/[/b][red]c"]
