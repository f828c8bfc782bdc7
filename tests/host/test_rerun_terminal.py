"""Reruns on a person's own terminal."""

import os
import pty
import signal
import termios
from contextlib import suppress
from dataclasses import replace

import pytest

from linara_agent.core.decision import Decision
from linara_agent.core.plan import Plan
from linara_agent.core.policy.verdict import Finding
from linara_agent.core.review import Way
from linara_agent.host.rerun import HostShell, Streams
from tests.host.ground import approved
from tests.host.shells import PATH, Shell, plan_of


def _small_shell(plan: Plan) -> None:
    """Run one job in the foreground, as an interactive shell does."""
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    job = os.fork()
    if job == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpgrp())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        with suppress(BaseException):
            _job(plan)
            os._exit(0)
        os._exit(98)
    while True:
        _, status = os.waitpid(job, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            os._exit(os.waitstatus_to_exitcode(status))
        os.tcsetpgrp(0, os.getpgrp())
        os.write(1, b"STOPPED\n")
        os.read(0, 1000)
        os.tcsetpgrp(0, job)
        os.killpg(job, signal.SIGCONT)


def _job(plan: Plan) -> None:
    with os.fdopen(1, "wb", buffering=0, closefd=False) as out:
        shell = HostShell(
            environment={"PATH": PATH}, streams=Streams(stdout=out, stderr=out)
        )
        outcome = shell.rerun(approved(plan, way=Way.RERUN), plan)
        own = os.tcgetpgrp(0) == os.getpgrp()
        words = f"\nEND {outcome.exit} {outcome.signal} {outcome.limits} {own}\n"
        out.write(words.encode())


class OnTerminal:
    """A rerun under a small shell of its own, whose terminal is ours to type on.

    The shell tells when its job was stopped, and continues it.
    """

    def __init__(self, plan: Plan) -> None:
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            with suppress(BaseException):
                _small_shell(plan)
            os._exit(99)

    def read_until(self, text: bytes) -> bytes:
        seen = b""
        while text not in seen:
            seen += os.read(self.master, 1000)
        return seen

    def type(self, text: bytes) -> None:
        os.write(self.master, text)

    def end(self) -> int:
        with suppress(OSError):
            while os.read(self.master, 1000):
                pass
        os.close(self.master)
        return os.waitpid(self.pid, 0)[1]


def test_on_a_terminal_the_command_can_ask() -> None:
    """A command reads what the person types, and the terminal comes back after."""
    run = OnTerminal(plan_of("echo ask; read -r line; echo got $line"))
    run.read_until(b"ask")
    run.type(b"hello\n")
    seen = run.read_until(b"True")
    assert b"got hello" in seen
    assert b"END 0 None () True" in seen
    assert run.end() == 0


def wanting_terminal(text: str) -> Plan:
    """As the preview of a program that is known to need one finds."""
    plan = plan_of(text)
    finding = Finding(rule="needs-terminal", decision=Decision.REVIEW, reason="it does")
    preview = replace(plan.preview, findings=(finding,))
    return replace(plan, preview=preview).sealed()


TELLS = "for n in 0 1 2; do if [ -t $n ]; then echo tty; else echo none; fi; done"


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (plan_of(TELLS), b"tty\r\nnone\r\nnone"),
        (wanting_terminal(TELLS), b"tty\r\ntty\r\ntty"),
    ],
    ids=["any", "one that wants it"],
)
def test_who_wants_a_terminal_gets_the_whole(plan: Plan, said: bytes) -> None:
    """An editor would not do with pipes; of any other command the output is kept."""
    run = OnTerminal(plan)
    assert said in run.read_until(b"True")
    assert run.end() == 0


def test_who_wants_a_terminal_gets_pipes_where_there_is_none(shell: Shell) -> None:
    """The output is kept as ever; nothing is written past our sinks."""
    outcome = shell.run(wanting_terminal("echo out; tty"))
    assert outcome.stdout == shell.stdout.getvalue() == b"out\nnot a tty\n"


def test_a_terminal_is_mended_after_one_that_was_killed() -> None:
    """An editor that is killed leaves it without echo, and the person could not see."""
    run = OnTerminal(wanting_terminal("stty -echo -icanon; echo r''eady; kill -9 $$"))
    run.read_until(b"True")
    modes = termios.tcgetattr(run.master)[3]
    assert modes & termios.ECHO
    assert modes & termios.ICANON
    assert run.end() == 0


def test_on_a_terminal_ctrl_c_ends_the_command_alone() -> None:
    """The program survives a Ctrl-C that was meant for the command, and tells it."""
    run = OnTerminal(plan_of("echo ready; sleep 1000"))
    run.read_until(b"ready")
    run.type(b"\x03")
    seen = run.read_until(b"True")
    assert b"('interrupted',) True" in seen
    assert run.end() == 0


def test_on_a_terminal_ctrl_z_stops_both() -> None:
    """Ctrl-Z stops the program with the command; continued, both go on."""
    run = OnTerminal(plan_of("echo ready; read -r line; echo got $line"))
    run.read_until(b"ready")
    run.type(b"\x1a")
    run.read_until(b"STOPPED")
    run.type(b"fg\n")
    run.type(b"hello\n")
    seen = run.read_until(b"True")
    assert b"got hello" in seen
    assert run.end() == 0
