"""What the README says of the command line is what the command line does."""

import re
import shlex
from contextlib import suppress
from itertools import takewhile
from pathlib import Path

import click
import pytest

from linara_agent.cli.exit_codes import PRECEDENCE, ExitCode
from linara_agent.cli.main import cli

README = (Path(__file__).resolve().parents[1] / "README.md").read_text()
BLOCKS = re.findall(
    r"^```(?:console|sh|bash|shell)\n(.*?)^```", README, re.MULTILINE | re.DOTALL
)
ROW = re.compile(r"^\| (\d+) \| (.+?) \|$", re.MULTILINE)
ENDS_A_COMMAND = {"|", "||", "&&", ";", "&", ">", ">>", "<", "2>"}


def calls(text: str) -> list[str]:
    """The lines of a block of code that call the program, prompt taken off."""
    lines = [line.strip().removeprefix("$ ") for line in text.splitlines()]
    found = [line for line in lines if re.match(r"(\S*/)?linara-agent(\s|$)", line)]
    return [line.removesuffix("\\") for line in found]


def words(line: str) -> list[str]:
    """The arguments of the call, as a shell splits them."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    return list(takewhile(lambda word: word not in ENDS_A_COMMAND, lexer))[1:]


def parse(arguments: list[str], command: click.Command = cli) -> None:
    """Raise click's UsageError unless every command and option exists."""
    if not isinstance(command, click.Group):
        command.make_context("linara-agent", list(arguments))
        return
    own = list(takewhile(lambda word: word.startswith("-"), arguments))
    rest = arguments[len(own) :]
    with suppress(click.exceptions.Exit):  # --version and --help end here
        command.make_context("linara-agent", [*own, *rest])
    if rest:
        found = command.get_command(click.Context(command), rest[0])
        if found is None:
            raise click.UsageError(f"no command {rest[0]}")
        parse(rest[1:], found)


LINES = [line for block in BLOCKS for line in calls(block)]


def test_the_readme_has_calls():
    """Its blocks of code are found, and hold more than a few calls."""
    assert len(LINES) >= 5
    assert any(line.startswith("linara-agent do ") for line in LINES)


@pytest.mark.parametrize("line", sorted(set(LINES)))
def test_every_call_in_the_readme_parses(line: str):
    """A command or option that the README names exists."""
    parse(words(line))


@pytest.mark.parametrize(
    "line",
    [
        "linara-agent no-such-command",
        "linara-agent run --no-such-option ls",
        "linara-agent run",
        "linara-agent audit no-such-command",
        "linara-agent apply",
    ],
)
def test_a_call_that_does_not_parse_is_told(line: str):
    """The check above can fail."""
    with pytest.raises(click.UsageError):
        parse(words(line))


def test_the_exit_codes_of_the_readme_are_those_of_the_program():
    """Each code stands there once, with the meaning that the program gives it."""
    rows = [(int(code), meaning) for code, meaning in ROW.findall(README)]

    assert rows == [(int(code), code.meaning) for code in ExitCode]


def test_the_readme_says_which_code_wins():
    """The order of precedence is the program's."""
    said = re.search(r"If several hold: ([\d, ]+)\.", README)

    assert said is not None
    order = [int(code) for code in said[1].split(", ")]
    assert order == [int(code) for code in PRECEDENCE if code is not ExitCode.DONE]
    assert set(PRECEDENCE) == set(ExitCode)
