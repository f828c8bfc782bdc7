"""The shfmt binary, run on texts of every kind."""

import sysconfig
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linara_agent.core.shell.reading import Failure, MvdanTree, NotParsed
from linara_agent.errors import SettingsProblem
from linara_agent.parsers import shfmt


def failure(text: str, seconds: float = 60) -> Failure | None:
    parsed = shfmt.parse(text, seconds=seconds)
    return parsed.failure if isinstance(parsed, NotParsed) else None


def test_a_tree_is_what_the_binary_prints():
    """A file with its statements, as JSON."""
    parsed = shfmt.parse("a b", seconds=10)
    assert isinstance(parsed, MvdanTree)
    assert parsed.file["Type"] == "File"
    assert parsed.file["Stmts"][0]["Cmd"]["Type"] == "CallExpr"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("echo (", Failure.SYNTAX),
        ("a \udc80", Failure.SYNTAX),
        ("x" * 1_000_001, Failure.TOO_LARGE),
        ("(" * 5_000 + "a" + ")" * 5_000, Failure.CRASHED),
    ],
    ids=["syntax", "surrogate", "large", "deep"],
)
def test_every_failure_is_a_value(text, expected):
    """What cannot be parsed is told apart, never raised."""
    assert failure(text) is expected


def test_the_place_of_a_syntax_error_is_told():
    """Line and column of the error are in the detail, the name of the input is not."""
    parsed = shfmt.parse("ls\necho (", seconds=10)
    assert isinstance(parsed, NotParsed)
    assert parsed.detail.startswith("2:1: ")


def test_a_tree_too_large_to_print_in_time_is_given_up():
    """The binary is stopped at the deadline."""
    assert failure("a;" * 400_000, seconds=0.2) is Failure.DEADLINE


def test_the_binary_of_this_interpreter_is_taken():
    """A shfmt that happens to be on PATH is not preferred to the one we depend on."""
    assert shfmt.shfmt_path() == str(Path(sysconfig.get_path("scripts")) / "shfmt")


def test_a_missing_binary_is_a_clear_error(tmp_path, monkeypatch):
    """Without any shfmt the error says what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sysconfig, "get_path", lambda _name: str(tmp_path))
    shfmt.shfmt_path.cache_clear()
    try:
        with pytest.raises(SettingsProblem) as caught:
            shfmt.parse("ls", seconds=10)
    finally:
        shfmt.shfmt_path.cache_clear()
    assert "shfmt-py" in caught.value.remedy


def test_the_text_is_never_run(tmp_path, monkeypatch):
    """Parsing only parses: a command in the text has no effect."""
    monkeypatch.chdir(tmp_path)
    assert failure("touch made; $(touch made)") is None
    assert list(tmp_path.glob("made")) == []


@given(st.text(max_size=60))
def test_no_text_raises(text):
    """Any text gives a tree or a failure."""
    assert isinstance(shfmt.parse(text, seconds=10), (MvdanTree, NotParsed))
