"""The view `copy` through the whole program: named, never the answer, applicable."""

from pathlib import Path

import pytest

from tests.end_to_end.program import Program

pytestmark = pytest.mark.docker


@pytest.fixture
def copying(linara: Program) -> Program:
    said = linara("run", "--view", "copy", "--json", "true")
    if said.code == 21 and "toolbox" in said.said:
        pytest.skip("no toolbox image: `linara-agent sandbox build` makes it")
    return linara


def test_a_copys_changes_are_applied(copying: Program, work: Path):
    """What was seen in the copy is done on the host, and nothing before that."""
    (work / "kept").write_text("one\n")
    said = copying(
        "run", "--view", "copy", "--json", "echo two >> kept; touch made"
    ).json
    assert (said["view"], said["exit"], said["next"]) == ("copy", 10, "apply")
    assert not (work / "made").exists()
    assert copying("apply", said["plan"]).code == 0
    assert (work / "kept").read_text() == "one\ntwo\n"
    assert (work / "made").exists()


def test_a_copys_output_is_not_the_answer(copying: Program):
    """Reading alone is reviewed there, for other programs did the reading."""
    said = copying("run", "--view", "copy", "--json", "ls").json
    assert said["exit"] == 10
    assert "view-copy" in {finding["rule"] for finding in said["findings"]}


def test_the_screen_and_the_journal_name_the_view(copying: Program):
    """A person sees what it was a preview of, and so does who reads the log."""
    shown = copying("run", "--view", "copy", "--no-input", "touch made")
    assert "in a copy of the workspace" in shown.said
    assert "Not shown:" in shown.said
    run = copying("run", "--view", "copy", "--json", "touch made").json["run"]
    assert '"view": "copy"' in copying("audit", "show", run, "--json").text


def test_a_policy_can_ask_for_the_copy(copying: Program, work: Path):
    """`view` in `[sandbox]` holds where the command line does not say."""
    policy = work / "mine.toml"
    policy.write_text('version = 1\nextends = ["default"]\n[sandbox]\nview = "copy"\n')
    said = copying("run", "--policy", str(policy), "--json", "touch made").json
    assert said["view"] == "copy"
