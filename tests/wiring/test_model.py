"""Who is asked, and what a person must know of the key before."""

import json
from pathlib import Path

import pytest

from linara_agent.cli.console import console
from linara_agent.wiring.model import exposed_key, model_checks, proposer
from linara_agent.wiring.person import person
from linara_agent.wiring.settings import configured_model
from tests.cli.settings_program import program
from tests.cli.test_key import server as server_of_keys
from tests.openrouter.conftest import ModelServer

server = server_of_keys
KEY = "sk-or-v1-" + "5ec2e7" * 10


@pytest.fixture
def env(hermetic_home: Path, server: ModelServer) -> Path:
    """A `.env` with a key, and the server that it is for."""
    del hermetic_home  # nothing of ours lies outside of it
    path = Path(".env").absolute()
    path.write_text(f"OPENROUTER_API_KEY={KEY}\nOPENROUTER_BASE_URL={server.url}\n")
    return path


def warning(path: Path) -> str:
    return f"Others may read the key in {path} (`chmod 600 {path}`)."


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_key_that_others_may_read_is_told_before_it_is_used(env: Path, mode: int):
    """Whoever proposes; the recipes need no key, and say nothing of one."""
    env.chmod(mode)
    told = (warning(env),)

    assert exposed_key(configured_model(person())) == told
    assert proposer(person(), None).notices == told
    assert proposer(person(), "openrouter").notices == told
    assert proposer(person(), "recipes").notices == ()


def test_a_key_of_its_owner_alone_is_nothing_to_tell(
    env: Path, monkeypatch: pytest.MonkeyPatch
):
    """Nor is a file whose key is not the one in use."""
    env.chmod(0o600)
    assert proposer(person(), None).notices == ()
    env.write_text(f"OPENROUTER_API_KEY={KEY}\n")
    env.chmod(0o644)
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
    assert proposer(person(), None).notices == ()


def test_the_remedy_can_be_pasted(env: Path, monkeypatch: pytest.MonkeyPatch):
    """A directory may have a blank in its name."""
    there = env.parent / "of mine"
    there.mkdir()
    env.rename(there / ".env").chmod(0o644)
    monkeypatch.chdir(there)
    (notice,) = proposer(person(), None).notices
    assert f"`chmod 600 '{there}/.env'`" in notice


def test_doctor_tells_it_too(env: Path, server: ModelServer):
    """As a note: the main path works."""
    env.chmod(0o644)
    server.send(200, {"data": []})
    found = {one.name: one for one in model_checks(person(), console)}["model key file"]

    assert (found.ok, found.required) == (False, False)
    assert str(env) in found.detail
    assert found.remedy == f"chmod 600 {env}"


@pytest.mark.parametrize(
    "call", [("do", "--json", "make x"), ("explain", "--json", "touch x")]
)
def test_the_warning_goes_to_people_alone(
    env: Path, hermetic_home: Path, server: ModelServer, call: tuple[str, ...]
):
    """One line on stderr; the one object on stdout says nothing of it."""
    server.answer("It makes x.")
    nowhere = {"DOCKER_HOST": "unix:///nonexistent/docker.sock"}
    modes = {}
    for mode in (0o644, 0o600):
        env.chmod(mode)
        modes[mode] = program(hermetic_home, **nowhere)(*call)

    line = f"note: {warning(env)}"
    assert modes[0o644].said.splitlines().count(line) == 1
    assert "Others may read" not in modes[0o600].said
    assert "Others may read" not in json.dumps(modes[0o644].json)


def test_the_settings_tell_it_too(env: Path, hermetic_home: Path):
    """Beside where the key comes from."""
    env.chmod(0o644)
    done = program(hermetic_home)("config", "show")
    assert f"note: {warning(env)}" in done.said
