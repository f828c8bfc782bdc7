"""Running approved texts on the host, with real shells."""

import io
import os
import signal
import stat
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from linara_agent.core.review import Way
from linara_agent.core.sandbox_plan import Limits
from linara_agent.errors import ApplyFailed, PlanProblem, StalePlan
from linara_agent.host.rerun import HostShell, Streams
from linara_agent.host.running import INTERRUPTED
from tests.host.ground import approved
from tests.host.shells import PATH, Shell, plan_of


def test_output_is_shown_and_kept(shell: Shell) -> None:
    """Both streams arrive at their sinks and in the outcome, with the exit status."""
    outcome = shell.run(plan_of("echo out; echo err >&2; printf '\\377'; exit 3"))
    assert (outcome.exit, outcome.signal) == (3, None)
    assert outcome.stdout == shell.stdout.getvalue() == b"out\n\xff"
    assert outcome.stderr == shell.stderr.getvalue() == b"err\n"
    assert (outcome.truncated, outcome.leftovers, outcome.limits) == (False, 0, ())
    assert outcome.cpu_s is not None
    assert outcome.duration_s > 0


def test_a_signal_is_told_as_such(shell: Shell) -> None:
    """A shell that is killed has no exit status."""
    outcome = shell.run(plan_of("kill -KILL $$"))
    assert (outcome.exit, outcome.signal) == (None, signal.SIGKILL)


def test_directory_umask_and_environment_are_the_plans(
    shell: Shell, tmp_path: Path
) -> None:
    """The text runs where and as it was previewed, as bash and not sh."""
    odd = tmp_path / "a b\n'c"
    odd.mkdir()
    text = 'touch made; printf "%s|%s|%s" "$PWD" "$(umask)" "${BASH_VERSION:+bash}"'
    outcome = shell.run(plan_of(text, cwd=str(odd), umask=0o027))
    assert outcome.stdout.decode() == f"{odd}|0027|bash"
    assert stat.S_IMODE((odd / "made").stat().st_mode) == 0o640


def test_the_person_keeps_their_environment_and_bash_its_meaning(
    tmp_path: Path,
) -> None:
    """Variables are handed on, but not code that bash would run by itself."""
    (tmp_path / "rc").write_text("echo from BASH_ENV\n")
    with Path(os.devnull).open("rb") as null:
        shell = Shell(
            null.fileno(),
            MINE="kept",
            BASH_ENV=str(tmp_path / "rc"),
            SHELLOPTS="xtrace",
            **{"BASH_FUNC_ls%%": "() { echo hijacked; }"},
        )
        outcome = shell.run(plan_of('echo "$MINE"; ls -d /'))
    assert (outcome.stdout, outcome.stderr) == (b"kept\n/\n", b"")


def test_nothing_is_asked_without_a_terminal(tmp_path: Path) -> None:
    """A standard input that is no terminal is not handed on."""
    (tmp_path / "input").write_text("secret\n")
    with (tmp_path / "input").open("rb") as stream:
        outcome = Shell(stream.fileno()).run(plan_of('read line; echo $? "$line"'))
    assert outcome.stdout == b"1 \n"


def test_a_script_file_runs_as_itself(shell: Shell, tmp_path: Path) -> None:
    """`$0` is the file and the arguments are its own."""
    script = tmp_path / "script.sh"
    script.write_bytes(b'echo "$0" "$#" "$2" # \xff\n')
    text = script.read_bytes().decode(errors="surrogateescape")
    plan = plan_of(text, script_file=str(script), arguments=("a", "b c"))
    assert shell.run(plan).stdout.decode() == f"{script} 2 b c\n"


@pytest.mark.parametrize("change", ["longer", "shorter", "other", "gone"])
def test_a_script_that_changed_does_not_run(
    shell: Shell, tmp_path: Path, change: str
) -> None:
    """A script file with other content than the previewed one is stale."""
    script = tmp_path / "script.sh"
    text = "touch ran\n"
    script.write_text(
        {"longer": text + "#", "shorter": text[:-2], "other": "touch RAN\n"}.get(
            change, text
        )
    )
    if change == "gone":
        script.unlink()
    with pytest.raises(StalePlan, match=r"script\.sh"):
        shell.run(plan_of(text, script_file=str(script)))
    assert list(Path.cwd().iterdir()) == []


def test_a_directory_that_is_gone_or_a_link_is_stale(
    shell: Shell, tmp_path: Path
) -> None:
    """The text does not run in another place than it was previewed in."""
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "link").symlink_to(real)
    for name in ("link", "link/below", "missing"):
        with pytest.raises(StalePlan, match=name):
            shell.run(plan_of("touch ran", cwd=str(tmp_path / name)))
    assert list(real.iterdir()) == []


def test_only_the_reviewed_text_runs(shell: Shell) -> None:
    """A plan whose sandbox text differs, or an approval to apply, is refused."""
    plan = plan_of("echo reviewed")
    other = replace(plan, sandbox=replace(plan.sandbox, text="touch ran")).sealed()
    more = replace(plan, sandbox=replace(plan.sandbox, arguments=("x",))).sealed()
    for each in (other, more):
        with pytest.raises(PlanProblem):
            shell.run(each)
    with pytest.raises(PlanProblem):
        shell.host.rerun(approved(plan, way=Way.APPLY), plan)
    with pytest.raises(PlanProblem):
        shell.host.rerun(approved(plan, way=Way.RERUN), plan_of("touch ran"))
    assert list(Path.cwd().iterdir()) == []


@pytest.mark.parametrize("text", ["echo " + "x" * 300_000, "echo \0"])
def test_what_cannot_be_started_is_told(shell: Shell, text: str) -> None:
    """A text that the kernel does not take as an argument is an ApplyFailed."""
    with pytest.raises(ApplyFailed, match="could not be started"):
        shell.run(plan_of(text))


def test_no_bash_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a bash the remedy is to install one."""
    monkeypatch.setattr("linara_agent.host.rerun._BASH_FIRST", str(tmp_path))
    with Path(os.devnull).open("rb") as null:
        shell = Shell(null.fileno())
        shell.host = HostShell(
            environment={},
            streams=Streams(stdout=shell.stdout, stderr=shell.stderr),
        )
        with pytest.raises(ApplyFailed, match="no bash"):
            shell.run(plan_of("true"))


def test_output_is_kept_up_to_the_limit_and_shown_in_full(shell: Shell) -> None:
    """A flood is passed on, and cut in the outcome."""
    text = "head -c 300000 /dev/zero; head -c 1000 /dev/zero >&2"
    outcome = shell.run(plan_of(text, limits=Limits(output=100_000)))
    assert len(outcome.stdout) + len(outcome.stderr) == 100_000
    assert outcome.truncated
    assert len(shell.stdout.getvalue()) == 300_000
    assert len(shell.stderr.getvalue()) == 1000


def test_a_reader_that_went_away_does_not_stop_the_command() -> None:
    """With a closed sink the command still runs to its end."""
    read, write = os.pipe()
    os.close(read)
    errors = io.BytesIO()
    with (
        os.fdopen(write, "wb", buffering=0) as broken,
        Path(os.devnull).open("rb") as null,
    ):
        shell = HostShell(
            environment={"PATH": PATH},
            streams=Streams(stdout=broken, stderr=errors, stdin=null.fileno()),
        )
        plan = plan_of("head -c 200000 /dev/zero; touch ran")
        outcome = shell.rerun(approved(plan, way=Way.RERUN), plan)
    assert outcome.exit == 0
    assert len(outcome.stdout) == 200_000
    assert (Path.cwd() / "ran").exists()


def test_what_is_left_in_the_background_is_counted(shell: Shell) -> None:
    """A process that outlives the shell is not waited for, nor killed."""
    outcome = shell.run(plan_of("sleep 1000 & echo $!"))
    left = int(outcome.stdout)
    try:
        os.kill(left, 0)
        assert outcome.leftovers == 1
        assert outcome.exit == 0
    finally:
        os.kill(left, signal.SIGKILL)


def interrupt_when(condition: Callable[[], bool]) -> threading.Thread:
    """Send this process SIGINT, as Ctrl-C does, once something is the case."""

    def watch() -> None:
        while not condition():
            time.sleep(0.01)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


@pytest.mark.parametrize(
    ("trap", "expected"),
    [
        ("", signal.SIGINT),
        ("trap '' INT;", signal.SIGTERM),
        ("trap '' INT TERM;", signal.SIGKILL),
    ],
)
def test_ctrl_c_ends_the_command_however_it_resists(
    shell: Shell, trap: str, expected: signal.Signals
) -> None:
    """SIGINT first, then SIGTERM, then SIGKILL, to all of its processes."""
    ready = Path.cwd() / "ready"
    thread = interrupt_when(ready.exists)
    outcome = shell.run(plan_of(f"{trap} echo $$; touch ready; exec sleep 1000"))
    thread.join()
    assert (outcome.exit, outcome.signal) == (None, expected)
    assert outcome.limits == (INTERRUPTED,)
    with pytest.raises(ProcessLookupError):
        os.kill(int(outcome.stdout), 0)


def test_a_command_may_end_well_after_ctrl_c(shell: Shell) -> None:
    """What a command does on SIGINT is its own affair; the outcome says both."""
    ready = Path.cwd() / "ready"
    thread = interrupt_when(ready.exists)
    text = "trap 'echo cleaned; exit 5' INT; touch ready; while :; do sleep 0.01; done"
    outcome = shell.run(plan_of(text))
    thread.join()
    assert (outcome.exit, outcome.stdout) == (5, b"cleaned\n")
    assert outcome.limits == (INTERRUPTED,)
