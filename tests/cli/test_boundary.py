"""The error boundary: three sentences, an exit code, and a report for a bug."""

import json
from pathlib import Path

import click
import pytest

from linara_agent.cli.boundary import guarded
from linara_agent.cli.console import console
from linara_agent.core.attempt import FailedReply
from linara_agent.core.proposal import Usage
from linara_agent.errors import PlanProblem

SECRET = "ghp_" + "0123456789abcdefghij" * 2


def raising(error: BaseException) -> int:
    def body() -> object:
        raise error

    return guarded(body, debug=False)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (click.exceptions.Exit(14), 14),
        (click.UsageError("no"), 2),
        (click.Abort(), 130),
        (KeyboardInterrupt(), 130),
        (PlanProblem("a", not_done="b", remedy="c"), 2),
    ],
    ids=repr,
)
def test_every_end_has_its_code(error: BaseException, code: int):
    """Nothing escapes, and nothing of ours is a bug."""
    assert raising(error) == code


def test_a_value_is_an_exit_code():
    """What the body gives back counts; nothing means done."""
    assert guarded(lambda: 10, debug=False) == 10
    assert guarded(lambda: None, debug=False) == 0


def test_an_error_is_said_in_three_sentences(capsys: pytest.CaptureFixture[str]):
    """What happened, what was not done, what to do; control characters are shown."""
    raising(PlanProblem("It \x1b[2Jbroke.", not_done="No.", remedy="Mend it."))

    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "error: It ⟨ESC⟩[2Jbroke.",
        "  not done: No.",
        "  what to do: Mend it.",
    ]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            PlanProblem("a", not_done="b", remedy="c"),
            {"error": "a", "not_done": "b", "remedy": "c", "exit": 2},
        ),
        (
            FailedReply("a", not_done="b", remedy="c"),
            {"error": "a", "not_done": "b", "remedy": "c", "exit": 20},
        ),
        (
            click.UsageError("no"),
            {
                "error": "no",
                "not_done": "Nothing was judged, and nothing ran.",
                "remedy": "Correct the call: `linara-agent --help`.",
                "exit": 2,
            },
        ),
        (KeyboardInterrupt(), {"error": "Interrupted.", "exit": 130}),
    ],
    ids=repr,
)
def test_who_asked_for_json_is_told_in_json(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    told: dict[str, object],
):
    """One object on stdout in every ending; without `--json` there is none."""
    raising(error)
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(console, "as_json", True)
    raising(error)

    out, err = capsys.readouterr()
    assert json.loads(out) == {"schema": 1, **told}
    assert err


def test_what_failed_answers_cost_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """A reply that is of no use is paid for all the same."""
    monkeypatch.setattr(console, "as_json", True)
    failure = FailedReply("It was prose.", not_done="No.", remedy="Try again.")
    failure.usage = Usage(cost_usd=0.00126)
    raising(failure)

    out, err = capsys.readouterr()
    assert json.loads(out)["cost_usd"] == 0.00126
    assert err.splitlines()[-1] == "  cost: 0.001260 USD"


def test_a_bug_makes_a_report_without_secrets(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    """Exit 3; the traceback is in a private file, redacted, and not on the screen."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    assert raising(ZeroDivisionError(SECRET)) == 3

    said = capsys.readouterr().err
    (report,) = tmp_path.glob("*bug*")
    assert str(report) in said
    assert "Traceback" not in said
    text = report.read_text()
    assert "ZeroDivisionError" in text
    assert "Traceback" in text
    assert SECRET not in text + said
    assert report.stat().st_mode & 0o777 == 0o600


def test_a_bug_without_a_place_for_its_report_is_still_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """Not even a full disk turns a bug into a traceback."""
    monkeypatch.setattr("tempfile.tempdir", "/nonexistent")

    assert raising(ZeroDivisionError("x")) == 3
    assert "what to do" in capsys.readouterr().err
