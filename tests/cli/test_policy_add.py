"""`policy add`: a rule for a command, shown as a diff, tried, and written if agreed."""

import os
import stat
import tomllib
from pathlib import Path

import pytest

from tests.end_to_end.program import Program
from tests.end_to_end.terminal import terminal


@pytest.fixture
def linara(hermetic_home: Path) -> Program:
    del hermetic_home
    return Program(cwd=Path.cwd()).with_(COLUMNS=None)  # lines are not broken


@pytest.fixture
def user_file(hermetic_home: Path) -> Path:
    """Where the person's own layer will lie; not even its directory is there."""
    return hermetic_home / ".config" / "linara-agent" / "policy.toml"


def test_without_an_answer_only_the_diff_is_shown(linara: Program, user_file: Path):
    """In a script without --yes: the diff on stdout, exit 10, nothing written."""
    done = linara("policy", "add", "rm -r build")
    lines = done.text.splitlines()

    assert done.code == 10
    assert lines[:2] == ["--- /dev/null", f"+++ {user_file}"]
    assert "+decision = " + '"deny"' in lines
    assert "review now, deny with this change" in done.said
    assert not user_file.exists()


def test_yes_writes_a_rule_that_counts(linara: Program, user_file: Path):
    """The file is private, can be loaded, and the command is judged by it."""
    done = linara("policy", "add", "--yes", "rm -r build")

    assert done.code == 0
    assert stat.S_IMODE(user_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(user_file.parent.stat().st_mode) == 0o700
    assert os.listdir(user_file.parent) == ["policy.toml"]  # noqa: PTH208 — names only
    (rule,) = tomllib.loads(user_file.read_text())["rule"]
    assert rule["match"] == ["rm -r build"]
    assert rule["not_match"]
    checked = linara("check", "--json", "rm -r build")
    assert checked.code == 11
    assert any(one["rule"] == rule["id"] for one in checked.json["findings"])
    assert linara("check", "rm -r other").code == 10
    assert linara("policy", "test", user_file).code == 0


def test_a_second_rule_is_added_at_the_end(linara: Program, user_file: Path):
    """What stands in the file, comments and mode included, stays as it is."""
    user_file.parent.mkdir(parents=True, mode=0o700)
    before = "# mine\nversion = 1\n\n[limits]\nchanged_files = 7\n"
    user_file.write_text(before)
    user_file.chmod(0o640)
    linara("policy", "add", "--yes", "kill 42")
    linara("policy", "add", "--yes", "--decision", "review", "cat notes.txt")
    text = user_file.read_text()

    assert text.startswith(before)
    assert stat.S_IMODE(user_file.stat().st_mode) == 0o640
    ids = [one["id"] for one in tomllib.loads(text)["rule"]]
    assert ids == ["no-kill-42", "ask-cat-notes-txt"]


def test_the_same_command_twice_gets_another_id(linara: Program, user_file: Path):
    """A rule that is there already does not make the file unusable."""
    for _ in range(2):
        assert linara("policy", "add", "--yes", "kill 42").code == 0

    ids = [one["id"] for one in tomllib.loads(user_file.read_text())["rule"]]
    assert ids == ["no-kill-42", "no-kill-42-2"]


def test_another_file_can_be_named(linara: Program, user_file: Path, tmp_path: Path):
    """--file is changed, the person's own policy is not."""
    other = tmp_path / "team.toml"
    done = linara("policy", "add", "--yes", "--file", other, "kill 42")

    assert done.code == 0
    assert other.is_file()
    assert not user_file.exists()


def test_json_says_all_of_it(linara: Program, user_file: Path):
    """The diff, the verdicts before and after, and whether it was written."""
    words = ("policy", "add", "--json", "ls && kill 42")
    shown = linara(*words)
    written = linara(*words, "--yes")

    assert (shown.code, shown.json["written"]) == (10, False)
    assert (written.code, written.json["written"]) == (0, True)
    assert written.json["file"] == str(user_file)
    assert written.json["decision"] == "review"
    assert written.json["becomes"] == "deny"
    assert written.json["not_covered"] == ["ls"]
    assert user_file.read_text().endswith(written.json["table"])


@pytest.mark.parametrize(("key", "code"), [(b"y\n", 0), (b"n\n", 12), (b"\n", 12)])
def test_a_person_is_asked(linara: Program, user_file: Path, key: bytes, code: int):
    """On a terminal the diff is shown first; only yes writes."""
    with terminal(linara, "policy", "add", "kill 42") as screen:
        assert "no-kill-42" in screen.wait_for(r"Write this\?")
        os.write(screen.master, key)
        assert screen.end() == code
    assert user_file.exists() == (code == 0)


def test_a_shipped_rule_is_loosened_by_an_override(linara: Program, user_file: Path):
    """With the id of the rule and a reason; the verdict is the new one."""
    words = ("--decision", "allow", "--rule", "process", "--reason", "I know my own.")
    done = linara("policy", "add", "--yes", *words, "kill 42")

    assert done.code == 0
    assert "review now, allow with this change" in done.said
    assert tomllib.loads(user_file.read_text())["override"] == [
        {"rule": "process", "decision": "allow", "reason": "I know my own."}
    ]
    assert linara("check", "kill 42").code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--decision", "allow", "kill 42"), "--rule"),
        (("--decision", "allow", "--rule", "process", "kill 42"), "no reason"),
        (
            ("--rule", "nosuch", "--reason", "because I say", "kill 42"),
            "there is no rule nosuch",
        ),
        (
            ("--decision", "allow", "--rule", "change-what-runs-later",
             "--reason", "because I say", "touch ~/.bashrc"),
            "never less than review",
        ),
        (("--reason", "short", "kill 42"), "at least 10 characters"),
        (("# nothing",), "No rule can be shown"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(
    linara: Program, user_file: Path, words: tuple[str, ...], said: str
):
    """Exit 2, three sentences, and nothing is written."""
    done = linara("policy", "add", "--yes", *words)

    assert done.code == 2
    assert said in done.said
    assert "not done: Nothing was" in done.said
    assert not user_file.exists()


def test_a_broken_file_is_left_alone(linara: Program, user_file: Path):
    """What is wrong with it is said by line; it is not written over."""
    user_file.parent.mkdir(parents=True, mode=0o700)
    user_file.write_text("version = 1\n[[rule]]\nid = 7\n")
    done = linara("policy", "add", "--yes", "kill 42")

    assert done.code == 2
    assert f"{user_file}:3" in done.said
    assert user_file.read_text() == "version = 1\n[[rule]]\nid = 7\n"
