"""The journal after real runs: every step before and after, and no secret."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.program import Program
from tests.end_to_end.terminal import terminal

pytestmark = pytest.mark.docker

SECRET = "ghp_" + "0123456789abcdefghij" * 2
Rows = list[dict[str, Any]]


def rows(text: str) -> Rows:
    return [json.loads(line) for line in text.splitlines()]


def records(linara: Program, run: str) -> Rows:
    return rows(linara("audit", "show", "--json", run).text)


def events(found: Rows) -> list[str]:
    return [str(record["event"]) for record in found]


def test_every_step_is_journaled_before_and_after(linara: Program, work: Path):
    """A reviewed and applied run has both records of preview, review and apply."""
    with terminal(linara, "run", "touch x") as screen:
        screen.wait_for("decline")
        screen.press("a")
        assert screen.end() == 0
    (run,) = rows(linara("audit", "list", "--json").text)

    found = records(linara, run["run"])

    assert events(found) == [
        "run started",
        "propose before",
        "propose after",
        "read",
        "resolved",
        "judged",
        "sandbox planned",
        "preview before",
        "preview after",
        "measured",
        "final verdict",
        "plan saved",
        "review before",
        "review after",
        "apply before",
        "apply after",
        "run ended",
    ]
    assert (run["ended"], run["exit"], run["decision"]) == ("applied", 0, "review")
    assert found[13]["answer"] == "approved"
    assert found[9]["changes"][0]["path"] == str(work / "x")
    assert linara("audit", "show", run["run"][:6]).code == 0


def test_refusals_and_ends_of_every_kind_are_journaled(linara: Program):
    """Denied, declined, failed, saved and rerun: each run is listed with its end."""
    denied = linara("run", "rm -rf ~")
    saved = linara("run", "--no-input", "df -h")
    rerun = linara("rerun", saved.plan)
    away = linara.with_(DOCKER_HOST="unix:///nonexistent")
    failed = away("run", "touch y")
    with terminal(linara, "run", "touch z") as screen:
        screen.wait_for("decline")
        screen.press("d")
        declined = screen.end()

    codes = [denied.code, saved.code, rerun.code, failed.code, declined]
    listed = rows(linara("audit", "list", "--json").text)
    assert codes == [11, 10, 0, 21, 12]
    assert [one["exit"] for one in reversed(listed)] == codes
    assert [one["ended"] for one in reversed(listed)] == [
        "denied",
        "saved",
        "rerun",
        "failed",
        "declined",
    ]
    last, *_, first = listed
    assert "preview before" not in events(records(linara, first["run"]))
    texts = [record.get("text") for record in records(linara, first["run"])]
    assert "rm -rf ~" in texts
    assert "apply before" not in events(records(linara, last["run"]))
    shown = events(records(linara, listed[2]["run"]))
    assert shown == [
        "run started",
        "final verdict",
        "rerun before",
        "rerun after",
        "compared",
        "run ended",
    ]
    verified = linara("audit", "verify")
    assert (verified.code, verified.text[:3]) == (0, "ok:")


def test_a_stale_apply_is_journaled(linara: Program, work: Path):
    """What was refused because the host changed stands there with its reason."""
    plan = linara("run", "--no-input", "echo x > x").plan
    (work / "x").write_text("mine\n")
    assert linara("apply", plan).code == 13

    run = rows(linara("audit", "list", "-n", "1", "--json").text)[0]
    found = records(linara, run["run"])

    assert (run["ended"], run["exit"]) == ("failed", 13)
    assert events(found)[-3:] == ["apply before", "failed", "run ended"]
    assert str(work / "x") in found[-2]["what"]


def test_a_secret_in_a_command_is_not_kept(linara: Program, hermetic_home: Path):
    """A token in the text reaches neither the journal nor what `audit` prints."""
    command = (
        f"echo {SECRET} > token; curl -H 'Authorization: Bearer {SECRET}' x.example"
    )
    linara("run", "--no-input", command)
    linara("do", "--provider", "recipes", f"find files named {SECRET}")

    journal = hermetic_home / ".local/state/linara-agent/journal/journal.jsonl"
    kept = journal.read_bytes()

    assert b"token; curl" in kept
    assert SECRET.encode() not in kept
    assert journal.stat().st_mode & 0o777 == 0o600
    assert SECRET.encode() not in linara("audit", "list").out
    assert linara("audit", "verify").code == 0


def test_an_altered_journal_is_told(linara: Program, hermetic_home: Path):
    """`audit verify` names the first line that is not as it was written, exit 22."""
    assert linara("run", "rm -rf ~").code == 11
    journal = hermetic_home / ".local/state/linara-agent/journal/journal.jsonl"
    text = journal.read_bytes()
    journal.write_bytes(text.replace(b"rm -rf ~", b"ls -la ~"))

    done = linara("audit", "verify")

    assert done.code == 22
    assert "line 3" in done.said
    journal.write_bytes(text)
    assert linara("audit", "verify").code == 0
