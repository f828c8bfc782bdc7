"""`linara-agent key`: a key goes into the keyring, and nowhere else."""

import json
import os
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from linara_agent.cli.exit_codes import ExitCode
from tests.cli.settings_program import program
from tests.end_to_end.program import LONGEST_S, Done, Program
from tests.end_to_end.terminal import Terminal, terminal
from tests.openrouter.conftest import ModelServer, serving

KEY = "sk-or-v1-" + "5ec2e7" * 10
REFUSED = {"error": {"code": 401, "message": "User not found."}}
REPORT = {
    "data": {
        "label": "sk-or-v1-5ec...2e7",
        "creator_user_id": "user_2abcDEF12345",
        "limit": 5,
        "limit_remaining": 4.5,
        "limit_reset": "monthly\x1b[2J",
        "usage": 0.5,
        "usage_daily": 0.25,
        "usage_monthly": 0.5,
        "expires_at": "2027-01-01T00:00:00Z",
        "free_model_daily_requests": {"used": 12, "limit": 50, "remaining": 38},
    }
}


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with serving() as double:
        yield double


@pytest.fixture
def linara(hermetic_home: Path, server: ModelServer) -> Program:
    """The program with the server in the place of OpenRouter, as a gateway to it."""
    return program(
        hermetic_home,
        OPENROUTER_BASE_URL=server.url,
        LINARA_MODEL_OPENROUTER="yes",
    )


def kept(home: Path) -> dict[str, str]:
    path = home / "keys.json"
    found = json.loads(path.read_text()) if path.exists() else {}
    assert isinstance(found, dict)
    return found


def unseen(*said: Done) -> bool:
    return not any(b"5ec2e7" in one.out + one.err for one in said)


def type_unseen(screen: Terminal, text: str) -> None:
    """Type once the terminal shows nothing of it; the switch discards earlier keys."""
    deadline = time.monotonic() + LONGEST_S
    while termios.tcgetattr(screen.master)[3] & termios.ECHO:
        assert time.monotonic() < deadline, screen.text
        time.sleep(0.01)
    os.write(screen.master, text.encode())


def test_a_key_is_typed_without_being_seen(
    linara: Program, server: ModelServer, hermetic_home: Path
):
    """The terminal shows the question and not the key; the server is asked once."""
    server.send(200, REPORT)
    with terminal(linara, "key", "set") as screen:
        screen.wait_for("not shown")
        type_unseen(screen, KEY + "\n")
        code = screen.end()

    assert (code, len(server.requests)) == (0, 1)
    assert "5ec2e7" not in screen.text
    assert "in the keyring" in screen.text
    assert list(kept(hermetic_home).values()) == [KEY]


def test_a_key_may_come_through_a_pipe(
    linara: Program, server: ModelServer, hermetic_home: Path
):
    """From a password manager, for example; each server has an entry of its own."""
    server.send(200, REPORT)
    done = linara("key", "set", stdin=f"  {KEY}\n".encode())

    assert (done.code, done.out) == (0, b"")
    assert unseen(done)
    assert kept(hermetic_home) == {
        f"linara-agent/http://127.0.0.1:{server.port}": KEY,
    }


def test_a_key_as_an_argument_is_refused(
    linara: Program, server: ModelServer, hermetic_home: Path
):
    """It says why, does not repeat the key, and stores nothing."""
    done = linara("--debug", "key", "set", KEY)

    assert done.code == ExitCode.USAGE
    assert "`ps`" in done.said
    assert unseen(done)
    assert (server.requests, kept(hermetic_home)) == ([], {})


def test_a_key_that_the_server_refuses_is_not_stored(
    linara: Program, server: ModelServer, hermetic_home: Path
):
    """Unless nobody is to be asked."""
    server.send(401, REFUSED)
    done = linara("--debug", "key", "set", stdin=KEY.encode())
    assert done.code == ExitCode.USAGE
    assert "does not accept this key" in done.said
    assert kept(hermetic_home) == {}
    unchecked = linara("key", "set", "--no-check", stdin=KEY.encode())

    assert (unchecked.code, len(server.requests)) == (0, 1)
    assert unseen(done, unchecked)
    assert list(kept(hermetic_home).values()) == [KEY]


@pytest.mark.parametrize("status", [None, 500])
def test_a_server_that_does_not_say_is_no_hindrance(
    linara: Program, server: ModelServer, hermetic_home: Path, status: int | None
):
    """It is stored, with a note that it could not be checked."""
    away = linara
    if status is None:
        away = linara.with_(OPENROUTER_BASE_URL="http://127.0.0.1:1/v1")
    else:
        server.send(status, b"")
    done = away("key", "set", stdin=KEY.encode())

    assert done.code == 0
    assert "could not be checked" in done.said
    assert list(kept(hermetic_home).values()) == [KEY]


@pytest.mark.parametrize(
    "text", [b"", b"\n", b"two words\n", b"\xc3\xa9\n", b"x" * 1001]
)
def test_what_is_no_key_is_refused(
    linara: Program, server: ModelServer, hermetic_home: Path, text: bytes
):
    """Before anybody is asked."""
    done = linara("key", "set", stdin=text)

    assert (done.code, server.requests, kept(hermetic_home)) == (ExitCode.USAGE, [], {})
    assert "That is no key" in done.said


def test_without_a_keyring_it_says_what_to_do_instead(linara: Program):
    """Exit 2, and nothing is written anywhere."""
    none = linara.with_(PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring")
    done = none("--debug", "key", "set", "--no-check", stdin=KEY.encode())

    assert done.code == ExitCode.USAGE
    assert "this machine has none" in done.said
    assert "chmod 600 .env" in done.said
    assert unseen(done)


def test_a_key_is_deleted(linara: Program, hermetic_home: Path):
    """Once; then there is none."""
    linara("key", "set", "--no-check", stdin=KEY.encode())
    done = linara("key", "delete")
    assert (done.code, kept(hermetic_home)) == (0, {})
    assert "was deleted" in done.said

    assert "holds no key" in linara("key", "delete").said


def test_the_status_of_a_key(linara: Program, server: ModelServer):
    """Limit, use and free requests, where it comes from, and nobody's name."""
    linara("key", "set", "--no-check", stdin=KEY.encode())
    server.send(200, REPORT)
    done = linara("key", "status")
    lines = dict(line.split(maxsplit=1) for line in done.text.splitlines())

    assert done.code == 0
    assert lines["key"] == f"set (keyring http://127.0.0.1:{server.port})"
    assert lines["limit"].startswith("5 USD, reset monthly")
    assert (lines["remaining"], lines["used"]) == ("4.5 USD", "0.5 USD")
    assert lines["today"] == "0.25 USD"
    assert lines["free"].split() == [
        "requests",
        "38",
        "of",
        "50",
        "left",
        "today",
        "(until",
        "midnight",
        "UTC)",
    ]
    assert lines["expires"].startswith("2027-01-01")
    assert unseen(done)
    assert "user_2" not in done.text
    assert "\x1b" not in done.text


def test_the_status_for_programs(linara: Program, server: ModelServer):
    """Amounts are decimal texts; what is not said is null."""
    server.send(200, REPORT)
    done = linara.with_(OPENROUTER_API_KEY=KEY)("key", "status", "--json")

    assert done.json["origin"] == {
        "layer": "environment",
        "where": "OPENROUTER_API_KEY",
    }
    assert done.json["account"]["limit_remaining_usd"] == "4.5"
    assert done.json["account"]["usage_weekly_usd"] is None
    assert done.json["account"]["free_requests_today"] == {
        "used": 12,
        "limit": 50,
        "remaining": 38,
    }
    assert unseen(done)


def test_the_status_without_a_key_or_with_a_wrong_one(
    linara: Program, server: ModelServer
):
    """Exit 20, with how to get one."""
    none = linara("key", "status")
    assert (none.code, none.out) == (ExitCode.NO_PROPOSAL, b"")
    assert "key set" in none.said
    server.send(401, REFUSED)
    wrong = linara.with_(OPENROUTER_API_KEY=KEY)("--debug", "key", "status")

    assert (wrong.code, wrong.out) == (ExitCode.NO_PROPOSAL, b"")
    assert unseen(wrong)


def test_another_server_tells_nothing_of_its_keys(linara: Program, server: ModelServer):
    """Only that there is one is said, and the server is not asked."""
    other = linara.with_(OPENROUTER_API_KEY=KEY, LINARA_MODEL_OPENROUTER=None)
    done = other("key", "status")

    assert (done.code, server.requests) == (0, [])
    assert "only OpenRouter tells them" in done.text


def test_a_key_that_others_can_read_is_noted(linara: Program, server: ModelServer):
    """A `.env` of mode 0644 works, and is named with what to do."""
    path = Path(".env").absolute()
    path.write_text(f"OPENROUTER_API_KEY={KEY}\nOPENROUTER_BASE_URL={server.url}\n")
    own = linara.with_(OPENROUTER_BASE_URL=None, LINARA_MODEL_OPENROUTER=None)
    path.chmod(0o644)
    assert f"chmod 600 {path}" in own("key", "status").said
    path.chmod(0o600)

    assert own("key", "status").said == ""
