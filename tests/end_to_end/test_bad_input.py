"""What cannot be done: a clear error, a documented exit code, and nothing lost."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.disks import disk
from tests.end_to_end.conftest import Made
from tests.end_to_end.program import LONGEST_S, Done, Program, tree

docker = pytest.mark.docker

TYPO = """\
version = 1
extends = ["default"]

[[rule]]
id = "mine"
decison = "deny"
because = "No."
effect = ["delete"]
"""


def refused(done: Done, code: int) -> str:
    """What was said, if it was a refusal in three sentences and nothing else."""
    assert (done.code, done.out) == (code, b""), done.said
    assert "Traceback" not in done.said
    if done.said.startswith("error:"):
        assert "not done: " in done.said
        assert "what to do: " in done.said
    return " ".join(done.said.split())


@pytest.mark.parametrize(
    "words",
    [
        ("run", ""),
        ("run", " \n\t"),
        ("do", ""),
        ("do", " ", " "),
        ("do",),
        ("run",),
        ("run", b"echo \xff\xfe"),
        ("do", b"list \xc3\x28"),
        ("check", b"\xff"),
        ("check", ""),
        ("run", "--no-such-option", "ls"),
        ("no-such-command",),
        ("run", "--no-input", "--unattended", "ls"),
        ("run", "--timeout", "0", "ls"),
        ("run", "--timeout", "soon", "ls"),
        ("run", "--policy", "no-such-policy", "ls"),
        ("do", "--provider", "somebody", "ls"),
        ("script", "no-such-file.sh"),
        ("apply",),
        ("apply", "../../etc"),
        ("rerun", ""),
        ("recover", "0123456789ab"),
        ("audit", "show", "0123456789ab"),
        ("check", "--batch", "ls"),
        ("check", "--cwd", "not/absolute", "ls"),
    ],
    ids=repr,
)
def test_a_call_that_makes_no_sense_is_refused(
    linara: Program, work: Path, words: tuple[str | bytes, ...]
):
    """Wrong calls exit 2 before anything is judged, and no traceback is shown."""
    refused(linara(*words), 2)

    assert tree(work) == {}


def test_a_script_that_no_shell_can_read_is_refused(linara: Program, work: Path):
    """NUL characters and bytes that are no UTF-8 in a script file exit 2."""
    (work / "nul.sh").write_bytes(b"echo a\0b\n")
    (work / "latin.sh").write_bytes(b"echo \xe9\n")
    (work / "large.sh").write_bytes(b"#" * 1_000_001)
    (work / "empty.sh").write_bytes(b"")

    assert "NUL" in refused(linara("script", "nul.sh"), 2)
    assert "UTF-8" in refused(linara("script", "latin.sh"), 2)
    assert "1000000" in refused(linara("script", "large.sh"), 2)
    assert "empty" in refused(linara("script", "empty.sh"), 2)
    assert "directory" in refused(linara("script", str(work)), 2)


@docker
def test_a_very_long_command_is_reviewed(linara: Program, work: Path):
    """100 KB in one command is too much to read for certain, so a person decides."""
    done = linara("run", "--no-input", "touch x; echo " + "a" * 100_000)

    assert done.code == 10
    assert "a" * 100_000 in "".join(done.said.replace("↪", "").split())
    assert tree(work) == {}
    assert linara("apply", done.plan).code == 0
    assert tree(work) == {"x": ""}


@docker
def test_a_policy_with_a_mistake_lets_nothing_run(
    linara: Program, work: Path, made: Made
):
    """A typo in a key names file, line and key; no container is made."""
    policy = work.parent / "mine.toml"
    policy.write_text(TYPO)

    for command in ("run", "check"):
        done = linara(command, "--policy", str(policy), "touch x")
        words = refused(done, 2)
        assert f"{policy.name}:6" in words
        assert "decison" in words
        assert made(done.pid) == []
    by_setting = linara.with_(LINARA_POLICY=str(policy))("run", "touch x")
    assert "decison" in refused(by_setting, 2)
    assert tree(work) == {}


@docker
@pytest.mark.usefixtures("steady_mounts")
def test_the_guard_of_these_tests_sees_a_container(linara: Program, made: Made):
    """A run that is not refused makes a container, and `made` finds it."""
    assert len(made(linara("run", "true").pid)) == 1


def test_without_an_engine_nothing_runs(linara: Program, work: Path):
    """A missing engine exits 21 and names the address; `check` needs none."""
    away = linara.with_(DOCKER_HOST="unix:///nonexistent/docker.sock")

    words = refused(
        away("run", "--unattended", "--policy", "automation", "touch x"), 21
    )

    assert "/nonexistent/docker.sock" in words
    assert tree(work) == {}
    assert away("check", "ls").code == 0
    run = away("audit", "list", "-n", "1", "--json").json
    assert (run["ended"], run["exit"]) == ("failed", 21)
    doctor = away("doctor", "--json")
    assert (doctor.code, doctor.json["ok"]) == (21, False)


@docker
def test_without_a_journal_nothing_runs(
    linara: Program, work: Path, hermetic_home: Path, made: Made
):
    """A file in the journal's place exits 22, and no container is made."""
    state = hermetic_home / ".local/state/linara-agent"
    state.mkdir(parents=True)
    (state / "journal").write_text("in the way\n")

    done = linara("run", "--unattended", "--policy", "automation", "touch x")

    assert str(state / "journal") in refused(done, 22)
    assert made(done.pid) == []
    assert tree(work) == {}
    assert (state / "journal").read_text() == "in the way\n"


@docker
def test_with_a_broken_journal_nothing_runs(
    linara: Program, work: Path, hermetic_home: Path, made: Made
):
    """A journal whose end was cut off exits 22 at the next run and at `verify`."""
    assert linara("run", "--no-input", "true").code == 0
    journal = hermetic_home / ".local/state/linara-agent/journal/journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([*lines[:3], *lines[4:]]))

    assert linara("audit", "verify").code == 22
    journal.write_bytes(b"".join(lines) + b"not a record\n")
    done = linara("run", "--unattended", "--policy", "automation", "touch x")

    refused(done, 22)
    assert made(done.pid) == []
    assert tree(work) == {}


@docker
def test_a_plan_is_not_carried_out_without_a_journal(
    linara: Program, work: Path, hermetic_home: Path
):
    """`apply` and `rerun` change nothing when the journal cannot be written."""
    plan = linara("run", "--no-input", "touch x").plan
    journal = hermetic_home / ".local/state/linara-agent/journal"
    journal.rename(journal.with_name("away"))
    journal.write_text("in the way\n")

    codes = [linara(way, plan).code for way in ("apply", "rerun")]

    assert (codes, tree(work)) == ([22, 22], {})
    journal.unlink()
    journal.with_name("away").rename(journal)
    assert linara("apply", plan).code == 0


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A small ext4 file system with no room left; takes root and a loop device."""
    point = tmp_path / "mnt"
    point.mkdir()
    with disk("ext4", point, 8 << 20):
        (point / "linara-agent" / "scratch").mkdir(parents=True, mode=0o700)
        (point / "linara-agent").chmod(0o700)
        with (point / "filler").open("wb", buffering=0) as filler, suppress(OSError):
            while filler.write(b"\0" * 4096):
                pass
        assert os.statvfs(point).f_bavail == 0
        yield point


@docker
def test_a_full_scratch_disk_is_a_clear_error(
    linara: Program, work: Path, full_disk: Path
):
    """Where the twin has no room the run exits 21, says where, and leaves nothing."""
    here = linara.with_(XDG_CACHE_HOME=str(full_disk))

    words = refused(
        here("run", "--unattended", "--policy", "automation", "touch x"), 21
    )

    assert str(full_disk) in words
    assert "XDG_CACHE_HOME" in words
    assert tree(work) == {}
    assert list((full_disk / "linara-agent" / "scratch").iterdir()) == []


@docker
def test_a_reader_that_leaves_early_is_no_error(linara: Program):
    """`… | head -1` gets its line, and nothing is said about a broken pipe."""
    with linara.started("run", "--no-input", "seq 1000000") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        assert line == b"1\n", process.stderr.read().decode()
        process.stdout.close()
        said = process.stderr.read().decode()
        process.wait(timeout=LONGEST_S)

    assert process.returncode == 0
    assert "Traceback" not in said
    assert "BrokenPipe" not in said


@docker
def test_a_result_that_cannot_be_written_is_a_clear_error(linara: Program, work: Path):
    """A full disk behind stdout is no bug of ours; what was saved stays saved."""
    full = Program(cwd=work, words=("bash", "-c", '"$0" "$@" > /dev/full'))
    said = refused(full(*linara.words, "run", "--no-input", "touch x"), 2)

    assert "The output cannot be written: No space left on device." in said
    assert "touch x" in linara("plan", "list").text


@docker
@pytest.mark.parametrize(
    ("ending", "lines"),
    [("2> /dev/full", 1), ("2> >(:)", 1), ("> >(:)", 0)],
    ids=["no room for words", "no reader of words", "no reader of the result"],
)
def test_the_exit_code_stands_whoever_listens(work: Path, ending: str, lines: int):
    """A plan was saved: whoever only looks at the code must not take it for done."""
    deaf = Program(cwd=work, words=("bash", "-c", f'exec "$0" "$@" {ending}'))
    done = deaf(*Program(cwd=work).words, "run", "--no-input", "touch x")

    assert done.code == 10, done.said
    assert len(done.text.splitlines()) == lines


def test_a_directory_that_is_gone_is_a_clear_error(linara: Program, work: Path):
    """Without a working directory nothing runs, exit 2."""
    shell = Program(
        cwd=work,
        words=("bash", "-c", 'mkdir gone; cd gone; rmdir ../gone; "$0" "$@"'),
    )

    assert "directory" in refused(shell(*linara.words, "run", "touch x"), 2)
    assert tree(work) == {}


def test_a_traceback_is_shown_on_request_only(linara: Program, work: Path):
    """With --debug a traceback follows the three sentences, without it none does."""
    away = linara.with_(DOCKER_HOST="unix:///nonexistent/docker.sock")

    plain, debug = away("run", "touch x"), away("--debug", "run", "touch x")

    assert (plain.code, debug.code) == (21, 21)
    assert "Traceback" not in plain.said
    assert "Traceback" in debug.said
    assert tree(work) == {}
