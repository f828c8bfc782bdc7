"""`sandbox shell` on a real terminal: shut like a preview, and gone afterwards."""

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.conftest import Left
from tests.end_to_end.program import LONGEST_S, Program, tree
from tests.end_to_end.terminal import Terminal, terminal

pytestmark = pytest.mark.docker

PROMPT = r"\(twin\) .*[#$] $"


def type_in(screen: Terminal, line: str) -> None:
    os.write(screen.master, line.encode() + b"\n")


def answer(screen: Terminal, command: str) -> str:
    """What a command prints, up to the next prompt."""
    type_in(screen, f"{command}; printf 'end-%s\\n' here")
    said = screen.wait_for(r"(?s)end-here\n.*\(twin\) ")
    return said.partition("here\n")[2].partition("end-here")[0]


def ended(linara: Program) -> dict[str, object]:
    latest: dict[str, object] = json.loads(
        linara("audit", "list", "--json").text.splitlines()[0]
    )
    return latest


@pytest.mark.parametrize("leave", ["\x04", "exit\n"], ids=["ctrl-d", "exit"])
def test_on_leaving_the_changes_are_shown_and_not_applied(
    linara: Program, work: Path, left: Left, leave: str
):
    """The twin shows them, the host has none of them, and nothing is left."""
    (work / "old").write_text("old\n")
    with terminal(linara, "sandbox", "shell") as screen:
        screen.wait_for(PROMPT)
        assert answer(screen, "rm old; echo new > made; ls") == "made\n"
        os.write(screen.master, leave.encode())
        code = screen.end()

    assert code == 0, screen.text
    assert "1 created, 1 deleted" in screen.text
    assert f"+ {work}/made" in screen.text
    assert "Nothing was applied" in screen.text
    assert (left(), tree(work)) == ([], {"old": "old\n"})
    assert (ended(linara)["intent"], ended(linara)["exit"]) == ("sandbox shell", 0)


def test_it_is_as_shut_as_a_preview(linara: Program, work: Path):
    """Rights, limits, network, secrets and environment are those of a preview."""
    (work / ".env").write_text("KEY=secret\n")
    outside = linara.with_(OF_MINE="abc")
    asked = (
        "grep -E '^(Cap|NoNewPrivs|Seccomp:|Uid|Gid)' /proc/self/status;"
        " ulimit -S -n; ulimit -S -f; umask; pwd; cat .env; echo [$OF_MINE];"
        " tail -n +3 /proc/net/dev | cut -d: -f1; cat /proc/1/oom_score_adj"
    )
    previewed = outside("run", "--json", asked).json["preview"]["stdout"]
    with terminal(outside, "sandbox", "shell") as screen:
        screen.wait_for(PROMPT)
        assert answer(screen, asked) == previewed
        assert "unreachable" in answer(screen, "echo > /dev/tcp/192.0.2.1/80")
        type_in(screen, "exit")
        assert screen.end() == 0
    assert "The network was tried" in screen.text
    assert "secret" not in previewed


def test_the_terminal_is_a_real_one(linara: Program):
    """It has the size of the person's, follows it, and Ctrl-C reaches programs."""
    with terminal(linara, "sandbox", "shell", columns=91) as screen:
        screen.wait_for(PROMPT)
        assert answer(screen, "test -t 0 && stty size") == "50 91\n"
        type_in(screen, "sh -c 'echo sleeping; exec sleep 98765'")
        screen.wait_for(r"sleeping\n")
        screen.interrupt()
        screen.wait_for(PROMPT)
        assert answer(screen, "echo alive") == "alive\n"
        type_in(screen, "exit")
        assert screen.end() == 0


def test_it_begins_where_one_says(linara: Program, tmp_path: Path):
    """--cwd is the directory of the shell; one that is not there is refused."""
    there = tmp_path / "there"
    there.mkdir()
    with terminal(linara, "sandbox", "shell", "--cwd", str(there)) as screen:
        screen.wait_for(PROMPT)
        assert answer(screen, "pwd") == f"{there}\n"
        type_in(screen, "exit")
        assert screen.end() == 0
    with terminal(linara, "sandbox", "shell", "--cwd", "/nonexistent") as screen:
        assert screen.end() == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=str)
def test_a_signal_ends_it_and_leaves_nothing(
    linara: Program, work: Path, left: Left, number: signal.Signals
):
    """Being told to end is like Ctrl-C: everything is taken down, exit 130."""
    with terminal(linara, "sandbox", "shell") as screen:
        screen.wait_for(PROMPT)
        answer(screen, "touch made; (sleep 98765 &)")
        screen.process.send_signal(number)
        code = screen.end()
    assert (code, left(), tree(work)) == (130, [], {}), screen.text
    assert ended(linara)["exit"] == 130


def test_a_terminal_that_goes_away_ends_it(linara: Program, left: Left):
    """Closing the window takes the shell, the container and the scratch with it."""
    with terminal(linara, "sandbox", "shell") as screen:
        screen.wait_for(PROMPT)
        answer(screen, "touch made")
        os.close(screen.master)
        screen.process.wait(LONGEST_S)
        screen.master = os.open("/dev/null", os.O_RDWR)
        assert left() == []


def test_a_client_that_is_killed_takes_the_shell_with_it(linara: Program, left: Left):
    """After kill -9 nothing runs on, and `sandbox clean` removes the rest."""
    with terminal(linara, "sandbox", "shell") as screen:
        screen.wait_for(PROMPT)
        answer(screen, "touch made; (sleep 98765 &)")
        screen.process.send_signal(signal.SIGKILL)
        screen.process.wait(LONGEST_S)
    assert left() != []
    until(lambda: not running(linara))

    said = linara("sandbox", "clean", "--json").json
    assert "scratch" in {one["kind"] for one in said["removed"]}
    assert left() == []


def running(linara: Program) -> list[str]:
    """The scratch of this test whose container still runs, as the status tells."""
    found = linara("sandbox", "status", "--json").json["holdings"]
    return [one["name"] for one in found if one.get("running") and ours(linara, one)]


def ours(linara: Program, holding: dict[str, object]) -> bool:
    runs = (Path(linara.environment["XDG_CACHE_HOME"]) / "linara-agent/scratch").glob(
        "*"
    )
    return holding["run"] in {one.name.partition(".")[0] for one in runs}


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_without_a_terminal_it_is_refused(linara: Program, left: Left):
    """Exit 2, and nothing was started."""
    done = linara("sandbox", "shell")
    assert done.code == 2
    assert "needs a terminal" in done.said
    assert left() == []
