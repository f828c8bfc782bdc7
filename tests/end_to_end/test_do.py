"""From a sentence to a reviewed change: recipes, and a model's server on loopback."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.conftest import Left
from tests.end_to_end.program import Done, Program, tree
from tests.end_to_end.terminal import terminal
from tests.openrouter.conftest import ModelServer, serving

pytestmark = pytest.mark.docker

KEY = "sk-or-v1-" + "5ec2e7" * 10
OLD = 0.0
NO_SPACE = {"error": {"code": 429, "message": "Rate limit exceeded"}}
NO_AUTH = {"error": {"code": 401, "message": "User not found."}}


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with serving() as double:
        yield double


@pytest.fixture
def modelled(linara: Program, server: ModelServer) -> Program:
    """The program with a key and with the server in the place of OpenRouter."""
    return linara.with_(OPENROUTER_API_KEY=KEY, OPENROUTER_BASE_URL=server.url)


def traces(top: Path, *said: Done) -> list[str]:
    """Where the key stands: in a file that is below, or in what was said."""
    files = [
        str(path)
        for path in top.rglob("*")
        if path.is_file() and KEY.encode() in path.read_bytes()
    ]
    return files + [str(one) for one in said if KEY.encode() in one.out + one.err]


def test_a_recipe_cleans_old_temporary_files(linara: Program, work: Path, left: Left):
    """`do "clean temp files"` shows the very files that go, and keeps new ones."""
    temp = work / "tmp"
    temp.mkdir()
    for name in ("old 1", "old 2", "new"):
        (temp / name).write_text(name)
    for name in ("old 1", "old 2"):
        os.utime(temp / name, (OLD, OLD))
    before = tree(work)
    program = linara.with_(TMPDIR=str(temp))

    said = program("do", "--json", "clean", "temp", "files").json

    changes = {one["path"]: one["kind"] for one in said["preview"]["changes"]}
    expected = {str(temp / name): "deleted" for name in ("old 1", "old 2")}
    assert (said["exit"], said["origin"]) == (10, "recipe")
    assert {path: kind for path, kind in changes.items() if kind != "metadata"} == (
        expected
    )
    assert tree(work) == before
    assert linara("apply", said["plan"]).code == 0
    assert tree(work) == {"tmp": None, "tmp/new": "new"}
    assert left() == []


def test_the_screen_says_that_a_recipe_was_used(linara: Program):
    """A person learns where the command came from and how a model would be asked."""
    with terminal(linara, "do", "show disk usage") as screen:
        shown = screen.wait_for("decline")
        screen.press("d")
        assert screen.end() == 12
    words = " ".join(shown.split())

    assert "recipe" in words
    assert "OPENROUTER_API_KEY" in words


def test_what_no_recipe_fits_is_not_guessed(linara: Program, work: Path):
    """An intent that nothing fits well exits 20, says so, and makes no plan."""
    done = linara("do", "compose a sonnet about penguins on the moon")

    assert (done.code, done.out) == (20, b"")
    assert "what to do" in done.said
    assert linara("plan", "list", "--json").json == []
    assert tree(work) == {}


def test_a_model_proposes_and_nothing_more(
    modelled: Program, server: ModelServer, work: Path
):
    """A model's command is previewed like any other; its key is kept nowhere."""
    server.answer("```bash\nmkdir made && echo by-model > made/x\n```")

    shown = modelled("do", "--json", "make a folder with a file")
    applied = modelled("apply", shown.json["plan"])
    listed = modelled("audit", "show", "--json", shown.json["run"])

    (request,) = server.requests
    assert request.path == "/api/v1/chat/completions"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert "make a folder with a file" in request.body.decode()
    assert shown.json["origin"] == "model"
    assert shown.json["command"] == "mkdir made && echo by-model > made/x"
    assert "nemotron" in shown.json["source"]
    assert (shown.code, applied.code) == (10, 0)
    assert tree(work) == {"made": None, "made/x": "by-model\n"}
    assert traces(work.parent, shown, applied, listed) == []


def test_a_model_that_proposes_what_is_denied_is_denied(
    modelled: Program, server: ModelServer, work: Path, hermetic_home: Path
):
    """The policy does not care who wrote the text."""
    (hermetic_home / "precious").write_text("keep\n")
    server.answer("rm -rf ~")

    done = modelled("do", "--unattended", "free some space")

    assert done.code == 11
    assert (hermetic_home / "precious").read_text() == "keep\n"
    assert tree(work) == {}


def test_a_busy_server_is_asked_again(modelled: Program, server: ModelServer):
    """After a 429 the next answer counts, and the person sees only that."""
    server.send(429, NO_SPACE, Retry_After="0")
    server.answer("echo asked-twice")

    done = modelled("do", "say that you were asked twice")

    assert (done.code, done.text) == (0, "asked-twice\n"), done.said
    assert len(server.requests) == 2
    assert "Traceback" not in done.said


def test_a_refused_key_is_a_clear_error(
    modelled: Program, server: ModelServer, work: Path
):
    """401 exits 20 with a remedy, is asked once, and does not show the key."""
    server.send(401, NO_AUTH)

    done = modelled("do", "list files")

    assert (done.code, done.out, len(server.requests)) == (20, b"", 1)
    assert "what to do" in done.said
    assert "OPENROUTER_API_KEY" in done.said
    run = modelled("audit", "list", "-n", "1", "--json").json
    assert (run["ended"], run["exit"], run["intent"]) == ("failed", 20, "list files")
    assert traces(work.parent, done) == []


def test_a_server_that_is_not_there_is_a_clear_error(linara: Program):
    """Nobody listens: exit 20, three sentences, no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    away = linara.with_(
        OPENROUTER_API_KEY=KEY,
        OPENROUTER_BASE_URL=f"http://127.0.0.1:{port}/api/v1",
        LINARA_MODEL_DEADLINE="5",
    )

    done = away("do", "--provider", "openrouter", "list files")

    assert done.code == 20
    assert "not done" in done.said
    assert "Traceback" not in done.said


def test_the_key_may_stand_in_a_dotenv_file(
    linara: Program, server: ModelServer, work: Path
):
    """`.env` in the working directory is read, and hidden from the preview."""
    (work / ".env").write_text(
        f"OPENROUTER_API_KEY={KEY}\nOPENROUTER_BASE_URL={server.url}\n"
    )
    server.answer("cat .env; touch x")

    done = linara("do", "--json", "show my settings")

    assert done.json["origin"] == "model"
    assert done.json["preview"]["stdout"] == ""
    (work / ".env").rename(work.parent / "hidden")
    assert traces(work.parent / "home", done) == []


def test_a_dotenv_file_cannot_send_the_key_elsewhere(
    linara: Program, server: ModelServer, work: Path
):
    """A `.env` that only names a server does not get the key of the environment."""
    (work / ".env").write_text(f"OPENROUTER_BASE_URL={server.url}\n")
    server.answer("echo stolen")

    done = linara.with_(OPENROUTER_API_KEY=KEY)("do", "list files")

    assert (done.code, done.out, server.requests) == (2, b"", [])
    assert "OPENROUTER_BASE_URL" in done.said


def test_a_model_is_asked_for_only_with_a_key(linara: Program):
    """`--provider openrouter` without a key says where one goes, and exits 20."""
    done = linara("do", "--provider", "openrouter", "list files")

    assert done.code == 20
    assert "OPENROUTER_API_KEY" in done.said


def test_recipes_can_be_chosen_though_there_is_a_key(
    modelled: Program, server: ModelServer
):
    """`--provider recipes` asks no model."""
    done = modelled("do", "--json", "--provider", "recipes", "show disk usage")

    assert done.json["origin"] == "recipe"
    assert server.requests == []


def test_an_intent_with_a_secret_does_not_reach_the_server(
    modelled: Program, server: ModelServer, work: Path
):
    """What looks like a key is taken out of the words before they are sent or kept."""
    server.answer("echo ok")

    done = modelled("do", f"log in with {KEY} please")

    assert KEY.encode() not in server.requests[0].body
    assert traces(work.parent / "home", done) == []
