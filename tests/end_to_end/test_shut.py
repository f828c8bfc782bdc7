"""The sandbox from inside, as a person would try it through the command line."""

import socket
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.end_to_end.conftest import Left
from tests.end_to_end.program import Program

pytestmark = pytest.mark.docker


BOMB = """\
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
"""
"""The policy denies those that it can read; this one only the twin contains."""


def preview_of(linara: Program, command: str) -> dict[str, Any]:
    """What a preview shows; the command is judged first, and must not be denied."""
    preview: dict[str, Any] = linara("run", "--json", command).json["preview"]
    assert preview is not None, command
    return preview


def test_there_is_no_way_out(linara: Program):
    """No route, no other host, no name: and it is told that the network was tried."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        program = (
            "import socket\n"
            f"for address in ('192.0.2.1', 80), ('127.0.0.1', {port}):\n"
            "    try: socket.create_connection(address, 2); print('connected')\n"
            "    except OSError as error: print(type(error).__name__)\n"
        )
        preview = preview_of(
            linara, f'cat /proc/net/route | wc -l; python3 -c "{program}"'
        )

    assert "connected" not in preview["stdout"]
    assert preview["stdout"].split()[:2] == ["1", "OSError"]
    assert preview["network_tried"] is True


def test_sockets_of_this_machine_do_not_answer(linara: Program):
    """Neither the engine's socket nor one in /tmp lets a preview in."""
    with (
        TemporaryDirectory(dir="/tmp") as folder,
        socket.socket(socket.AF_UNIX) as here,
    ):
        path = Path(folder) / "service"
        here.bind(str(path))
        here.listen()
        here.settimeout(0)
        program = (
            "import socket\n"
            f"for path in '{path}', '/var/run/docker.sock', '/run/docker.sock':\n"
            "    try: socket.socket(socket.AF_UNIX).connect(path); print('connected')\n"
            "    except OSError as error: print(type(error).__name__)\n"
        )
        preview = preview_of(linara, f'python3 -c "{program}"')
        with pytest.raises(BlockingIOError):
            here.accept()

    words = preview["stdout"].split()
    assert len(words) == 3
    assert set(words) <= {
        "ConnectionRefusedError",
        "FileNotFoundError",
        "PermissionError",
    }


def test_a_write_to_the_system_stays_in_the_twin(linara: Program):
    """What reaches /etc in a preview is a change to review; the host has nothing."""
    name = "/etc/linara-agent-test"
    said = linara("run", "--json", f"echo in > {name}; cat {name}").json

    shown = [(one["path"], one["kind"]) for one in said["preview"]["changes"]]
    assert shown in ([(name, "created")], [])  # a user who is not root may not
    assert (said["preview"]["stdout"] == "in\n") == bool(shown)
    assert not Path(name).exists()


def test_keys_of_the_environment_do_not_enter(linara: Program):
    """A preview gets a few variables by name, and none that could be a secret."""
    secret = "hunter2-of-the-test"  # noqa: S105 — planted for this test
    program = linara.with_(
        AWS_SECRET_ACCESS_KEY=secret, OPENROUTER_API_KEY=secret, MY_OWN=secret
    )

    preview = preview_of(program, "cat /proc/self/environ | tr '\\0' '\\n'; env")

    assert "HOME=" in preview["stdout"]
    assert secret not in preview["stdout"]


@pytest.mark.parametrize(
    "command",
    ["python3 bomb.py; touch done", "yes | head -c 10000000000; touch done"],
    ids=["fork bomb", "10 GB of output"],
)
def test_a_greedy_script_is_contained(
    linara: Program, work: Path, left: Left, command: str
):
    """What would take everything ends at a limit, and nothing of it is left."""
    (work / "bomb.py").write_text(BOMB)
    said = linara("run", "--json", "--timeout", "3", command).json

    preview = said["preview"]
    assert preview["limits"] or preview["exit"] != 0 or preview["truncated"]
    assert len(preview["stdout"]) + len(preview["stderr"]) <= 11 << 20
    assert preview["truncated"] == ("yes" in command)
    assert not (work / "done").exists()
    assert left() == []
