"""What wants a terminal, root or the network, from the command line to the plan."""

import os
from pathlib import Path

import pytest

from tests.end_to_end.program import Program

pytestmark = pytest.mark.docker


@pytest.fixture
def with_sudo(linara: Program, tmp_path: Path) -> Program:
    """A machine that has a `sudo`; the preview does not run it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "sudo").write_text('#!/bin/sh\necho "sudo: $*"\nexec "$@"\n')
    (folder / "sudo").chmod(0o755)
    return linara.with_(PATH=f"{folder}:{os.environ['PATH']}")


def found(done_json: dict[str, list[dict[str, str]]]) -> set[str]:
    return {one["rule"] for one in done_json["findings"]}


def test_sudo_is_previewed_and_only_rerun(with_sudo: Program, work: Path):
    """The changes are shown; to copy them is refused, a rerun calls sudo itself."""
    shown = with_sudo("run", "--json", "sudo touch made")

    assert (shown.code, shown.json["next"]) == (10, "rerun"), shown.said
    assert [one["path"] for one in shown.json["preview"]["changes"]] == [
        str(work / "made")
    ]
    assert "needs-root" in found(shown.json)
    assert list(work.iterdir()) == []
    plan = shown.json["plan"]
    assert with_sudo("apply", plan).code == 2
    assert list(work.iterdir()) == []
    rerun = with_sudo("rerun", plan)
    assert (rerun.code, rerun.text) == (0, "sudo: touch made\n"), rerun.said
    assert (work / "made").exists()


def test_sudo_is_never_unattended(with_sudo: Program, work: Path):
    """Whatever the policy allows, a person carries it out."""
    done = with_sudo("run", "--unattended", "sudo touch made")
    assert done.code == 10
    assert "carried out only by rerun on your terminal" in done.said.replace(
        "\n          ", " "
    )
    assert list(work.iterdir()) == []


def test_what_is_denied_stays_denied_behind_sudo(with_sudo: Program):
    """The effects of what sudo runs are judged."""
    done = with_sudo("run", "--json", "sudo ln -s x ~/.local/state/linara-agent/x")
    assert (done.code, done.json["preview"]) == (11, None)


def test_a_question_to_a_person_is_no_answer(linara: Program):
    """`read` gets nothing in a preview: the plan is kept for a terminal."""
    done = linara("run", "--json", "read -p 'name? ' x; echo $x")
    assert (done.code, done.json["next"]) == (10, "rerun")
    assert "needs-terminal" in found(done.json)


def test_the_network_is_opened_by_a_person_alone(linara: Program):
    """With `--network` it is open and said so; unattended it is refused."""
    command = "grep -c : /proc/net/dev; touch made"
    shut = linara("run", "--json", command)
    opened = linara("run", "--json", "--network", command)
    assert (shut.json["preview"]["stdout"], shut.json["preview"]["network_open"]) == (
        "1\n", False,
    )  # fmt: skip
    assert opened.json["preview"]["stdout"] == "2\n"
    assert opened.json["preview"]["network_open"]
    assert "network-open" in found(opened.json)
    assert linara("run", "--network", "--unattended", "true").code == 2


@pytest.mark.parametrize("policy", ["strict", "automation"])
def test_what_denies_the_network_previews_without_it(linara: Program, policy: str):
    """Nor may code that nobody could read have it there."""
    done = linara("run", "--policy", policy, "--network", "true")
    assert (done.code, "keeps the network shut" in done.said) == (2, True)


def test_the_policy_may_keep_the_network_shut(linara: Program, work: Path):
    """Then `--network` is refused, and nothing runs."""
    policy = work.parent / "shut.toml"
    policy.write_text(
        'version = 1\nextends = ["default"]\n[sandbox]\nnetwork = "never"\n'
    )
    done = linara("run", "--policy", policy, "--network", "true")
    assert done.code == 2
    assert "keeps the network shut" in done.said
    assert linara("run", "--policy", policy, "true").code == 0
