"""What happens after the final verdict: the table of the README, on the real engine."""

import subprocess
from pathlib import Path

import pytest

from tests.end_to_end.conftest import Left
from tests.end_to_end.program import Program, tree
from tests.end_to_end.terminal import terminal

pytestmark = pytest.mark.docker

DF, STATUS, CAT = "df -h", "git status", "cat README.md"
TOUCH, MISSING, DENIED = "touch x", "ls /nonexistent", "rm -rf ~"
README = "hello from the workspace\n"


@pytest.fixture(autouse=True)
def workspace(work: Path, hermetic_home: Path) -> Path:
    """A git work tree with a README, and a home with something to lose."""
    (work / "README.md").write_text(README)
    (hermetic_home / "precious").write_text("keep\n")
    subprocess.run(["git", "init", "--quiet", work], check=True)
    return work


def root_device() -> str:
    """Where this machine's root lies; in a twin it is an overlay."""
    words = ["df", "--output=source", "/"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return done.stdout.split()[-1]


def test_without_input_only_answers_and_refusals_are_final(
    linara: Program, work: Path, hermetic_home: Path, left: Left
):
    """With --no-input whatever a person would be asked ends as a saved plan."""
    before = tree(work)
    done = {
        command: linara("run", "--no-input", command)
        for command in (DF, STATUS, CAT, TOUCH, MISSING, DENIED)
    }

    codes = {command: one.code for command, one in done.items()}
    assert codes == {DF: 10, STATUS: 0, CAT: 0, TOUCH: 10, MISSING: 1, DENIED: 11}
    assert done[CAT].text == README
    assert "README.md" in done[STATUS].text
    assert "/nonexistent" in done[MISSING].said
    assert "delete-everything" in done[DENIED].said
    assert tree(work) == before
    assert (hermetic_home / "precious").read_text() == "keep\n"
    plans = {one["id"]: one["command"] for one in linara("plan", "list", "--json").json}
    assert plans == {done[DF].plan: DF, done[TOUCH].plan: TOUCH}
    assert left() == []


def test_without_a_terminal_it_is_the_same(linara: Program, work: Path):
    """Whoever calls from a script need not say --no-input."""
    before = tree(work)

    assert linara("run", TOUCH).code == 10
    assert linara("run", CAT).text == README
    assert linara("run", DENIED).code == 11
    assert tree(work) == before


def test_unattended_a_person_is_still_needed_for_changes(
    linara: Program, work: Path, hermetic_home: Path
):
    """The default policy lets an unattended run look at the host and change nothing."""
    before = tree(work)
    done = {
        command: linara("run", "--unattended", command)
        for command in (DF, STATUS, CAT, TOUCH, MISSING, DENIED)
    }

    codes = {command: one.code for command, one in done.items()}
    assert codes == {DF: 0, STATUS: 0, CAT: 0, TOUCH: 10, MISSING: 1, DENIED: 11}
    assert root_device() in done[DF].text
    assert tree(work) == before
    assert (hermetic_home / "precious").read_text() == "keep\n"


def test_unattended_a_policy_can_allow_changes(
    linara: Program, work: Path, hermetic_home: Path
):
    """Under the automation policy a plain change in the workspace is applied."""
    automation = ("run", "--unattended", "--policy", "automation")
    codes = [
        linara(*automation, command).code
        for command in (DF, TOUCH, "touch .envrc", DENIED)
    ]

    assert codes == [0, 0, 10, 11]
    assert (work / "x").read_bytes() == b""
    assert not (work / ".envrc").exists()
    assert (hermetic_home / "precious").read_text() == "keep\n"


def test_unattended_a_failed_script_is_not_applied(linara: Program, work: Path):
    """Changes of a script that failed wait for a person, whatever the policy allows."""
    done = linara(
        "run", "--unattended", "--policy", "automation", "touch x; ls /nonexistent"
    )

    assert done.code == 10
    assert not (work / "x").exists()


def test_in_a_terminal_answers_come_without_a_question(linara: Program):
    """What changes nothing and could see all it read is answered at once."""
    for command, code, words in (
        (CAT, 0, README.strip()),
        (STATUS, 0, "README.md"),
        (MISSING, 1, "/nonexistent"),
        (DENIED, 11, "delete-everything"),
    ):
        with terminal(linara, "run", command) as screen:
            assert screen.end() == code, screen.text
        assert words in screen.text
        assert "decline" not in screen.text


def test_in_a_terminal_a_look_at_live_state_is_rerun_on_enter(linara: Program):
    """`df` in the twin is not the machine's: Enter runs it on the host."""
    with terminal(linara, "run", DF) as screen:
        screen.wait_for("decline")
        previewed = len(screen.text)
        screen.press("\r")
        # All of it: the mounts of other previews may stand there as well.
        shown = screen.end(), screen.text[previewed:]
    with terminal(linara, "run", DF) as screen:
        screen.wait_for("decline")
        screen.press("d")
        declined = screen.end()

    assert (shown[0], declined) == (0, 12)
    assert root_device() in shown[1]


def test_in_a_terminal_a_change_is_made_only_by_approval(linara: Program, work: Path):
    """Enter alone approves no change; `a` applies it."""
    with terminal(linara, "run", TOUCH) as screen:
        screen.wait_for("decline")
        screen.press("\r")
        screen.wait_for("decline")
        assert not (work / "x").exists()
        screen.press("a")
        assert screen.end() == 0, screen.text

    assert (work / "x").read_bytes() == b""
