"""The command line itself: help with examples, version, completion."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from linara_agent.cli.console import console
from linara_agent.cli.main import cli, run

PROGRAM = Path(sys.executable).with_name("linara-agent")


def commands(
    command: click.Command = cli, name: str = "linara-agent"
) -> Iterator[tuple[str, click.Command]]:
    """Every command there is, with all of its name."""
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            assert found is not None
            yield from commands(found, f"{name} {below}")


ALL = dict(commands())

WITH_JSON = [
    name
    for name, command in ALL.items()
    if any(param.name == "as_json" for param in command.params)
    and not command.context_settings.get("ignore_unknown_options")
]
"""Without `script`, which passes on what it does not know."""


def call(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [PROGRAM, *words],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={"PATH": "/usr/bin:/bin", **environment},
    )


def test_the_commands_are_those_of_the_design():
    """None is missing, and none came in without a test noticing."""
    assert set(ALL) >= {
        f"linara-agent{name}"
        for name in (
            "", " do", " run", " script", " check", " apply", " rerun", " recover",
            " plan", " plan list", " plan show", " audit", " audit list",
            " audit show", " audit verify", " doctor",
        )
    }  # fmt: skip


@pytest.mark.parametrize("name", ALL)
def test_help_shows_an_example(name: str):
    """`--help` of every command that does something shows how it is called."""
    command = ALL[name]
    text = command.get_help(click.Context(command, info_name=name))

    assert "Usage: " in text
    assert "--help" in text
    if not isinstance(command, click.Group) or name == "linara-agent":
        assert "Examples:" in text
        assert f"\n    {name}" in text


def test_help_exits_with_zero():
    """It goes to stdout, without an engine, a home or an environment."""
    for name in ("linara-agent", "linara-agent run", "linara-agent audit show"):
        done = call(*name.split()[1:], "--help")
        assert (done.returncode, done.stderr) == (0, "")
        assert "Usage: linara-agent" in done.stdout
        assert "Examples:" in done.stdout


def test_the_list_of_help_is_what_there_is():
    """Each command stands in the list of `--help`, with a sentence."""
    text = call("--help").stdout

    for name in ALL:
        words = name.split()[1:]
        if len(words) == 1:
            assert f"\n  {words[0]} " in text


def test_the_version_is_told():
    """`--version` prints one line."""
    done = call("--version")

    assert (done.returncode, done.stdout.count("\n")) == (0, 1)
    assert done.stdout.startswith("linara-agent 0.")


def test_without_words_help_is_shown():
    """Calling it alone explains it, and is a usage error for a script."""
    done = call()

    assert done.returncode in (0, 2)
    assert "Usage: linara-agent" in done.stdout + done.stderr


def test_a_shell_gets_its_completion():
    """click's completion for bash is printed and completes a command."""
    source = call(_LINARA_AGENT_COMPLETE="bash_source")
    completed = call(
        _LINARA_AGENT_COMPLETE="bash_complete",
        COMP_WORDS="linara-agent dec do",
        COMP_CWORD="1",
    )

    assert source.returncode == 0
    assert "complete" in source.stdout
    assert completed.returncode == 0


def test_a_locale_without_the_characters_is_no_bug(tmp_path: Path):
    """What an encoding lacks is shown by its number, in screens and in JSON."""
    lacking = {"HOME": str(tmp_path), "PYTHONIOENCODING": "iso8859-1"}
    screen = call("explain", "touch 你好", **lacking)
    assert (screen.returncode, screen.stderr) == (0, "")
    assert r"\u4f60\u597d" in screen.stdout

    told = call("explain", "--json", "touch 你好", **lacking)
    assert (told.returncode, told.stderr) == (0, "")
    assert "你好" in told.stdout


def test_a_terminal_that_lacks_a_character_gets_it_spelt_out(tmp_path: Path):
    """What an encoding cannot show is no bug of ours."""
    done = call("explain", "touch \u00e9", HOME=str(tmp_path), PYTHONIOENCODING="ascii")
    assert (done.returncode, "creates \\xe9" in done.stdout) == (0, True)


@pytest.mark.parametrize("name", WITH_JSON)
@pytest.mark.parametrize("words", [("--json", "--nosuch="), ("--nosuch=", "--json")])
def test_a_wrong_option_is_told_in_json_too(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    words: tuple[str, ...],
):
    """Every command with `--json` prints one object on an error of usage, wherever
    the option stands; the sentence for people goes to stderr.
    """
    monkeypatch.setattr(console, "as_json", False)
    assert run([*name.split()[1:], *words]) == 2

    out, err = capsys.readouterr()
    told = json.loads(out)
    assert told["error"] in err
    assert told["remedy"] == f"Correct the call: `{name} --help`."
    assert {"schema", "not_done", "exit"} < set(told)


@pytest.mark.parametrize(
    "words", [("check", "--nosuch="), ("check", "--nosuch=", "--", "--json")]
)
def test_without_json_an_error_of_usage_is_for_people(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
):
    """Nothing goes to stdout; what stands behind `--` is no option."""
    monkeypatch.setattr(console, "as_json", True)

    assert run(list(words)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "--nosuch" in err
