"""What the layers say counts on every way to the host, and no command changes them."""

from pathlib import Path

import pytest

from tests.end_to_end.conftest import Left
from tests.end_to_end.program import Program, tree

pytestmark = pytest.mark.docker

NO_TOUCH = """version = 1
[[rule]]
id = "no-touch"
decision = "deny"
because = "Nothing is touched in this test."
program = ["touch", "ls"]
match = ["touch x", "ls"]
"""


@pytest.fixture
def user_file(hermetic_home: Path) -> Path:
    """Where the person's own layer lies; its directory is there."""
    path = hermetic_home / ".config" / "linara-agent" / "policy.toml"
    path.parent.mkdir(parents=True, mode=0o700)
    return path


@pytest.mark.parametrize(
    "words",
    [
        ("run", "--no-input", "touch x"),
        ("run", "--unattended", "--policy", "automation", "touch x"),
        ("script", "--no-input", "s.sh"),
        ("do", "--no-input", "--provider", "recipes", "list files"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_a_layer_counts_whichever_way_is_taken(
    linara: Program, work: Path, user_file: Path, words: tuple[str, ...]
):
    """The person's own rule denies, with its place, and nothing is done."""
    (work / "s.sh").write_text("touch x\n")
    user_file.write_text(NO_TOUCH)
    done = linara(*words)
    assert done.code == 11, done.said
    assert f"{user_file}:2" in "".join(done.said.split())
    assert list(tree(work)) == ["s.sh"]


def test_a_plan_is_judged_by_the_layers_of_its_own_place(
    linara: Program, work: Path, left: Left, tmp_path: Path
):
    """A project's rule holds for a plan made there, from wherever it is applied."""
    plan = linara("run", "--no-input", "touch x").plan
    (work / ".linara-agent.toml").write_text(NO_TOUCH)
    assert linara("policy", "trust", "--yes").code == 0

    elsewhere = Program(cwd=tmp_path)
    for words in (("apply", plan), ("rerun", plan)):
        done = elsewhere(*words)
        assert done.code == 11, done.said
        assert "no-touch" in done.said
    assert not (work / "x").exists()
    assert linara("policy", "trust", "--forget").code == 0
    assert elsewhere("apply", plan).code == 0
    assert (work / "x").exists()
    assert left() == []


def test_the_layers_are_journaled(linara: Program, user_file: Path):
    """Each record of a run's start names the base and every layer by its digest."""
    user_file.write_text(NO_TOUCH)
    run = linara("run", "--json", "touch x").json["run"]
    shown = linara("audit", "show", str(run)).text
    assert "+user:" in shown


def test_no_command_changes_a_project_s_policy(linara: Program, work: Path, left: Left):
    """Where all other changes are allowed, the one that would loosen is denied."""
    policy = work / ".linara-agent.toml"
    policy.write_text("version = 1\n")
    (work / "other.toml").write_text("")
    assert linara("policy", "trust", "--yes").code == 0
    unattended = ("run", "--unattended", "--policy", "automation")
    done = linara(*unattended, "find . -name '*.toml' -delete")
    assert done.code == 11, done.said
    assert policy.read_text() == "version = 1\n"
    assert (work / "other.toml").exists()
    assert linara(*unattended, "find . -name 'o*.toml' -delete").code == 0
    assert not (work / "other.toml").exists()
    assert left() == []
