"""`policy commands`: what the catalogue knows of a program."""

from pathlib import Path

import pytest

from tests.end_to_end.program import Program

COMMANDS = Path(__file__).resolve().parents[2] / "policies" / "commands"


@pytest.fixture
def linara(hermetic_home: Path) -> Program:
    del hermetic_home
    return Program(cwd=Path.cwd()).with_(COLUMNS=None)  # lines are not broken


def test_all_programs_are_listed(linara: Program):
    """A line for each file of the catalogue, with its summary and other names."""
    done = linara("policy", "commands")
    lines = done.text.splitlines()

    assert (done.code, done.err) == (0, b"")
    assert len(lines) == len(list(COMMANDS.glob("*.toml")))
    assert any(x.startswith("sort ") and x.endswith("sorts lines") for x in lines)
    assert any(x.startswith("sh ") and "also bash, dash" in x for x in lines)
    listed = linara("policy", "commands", "--json").json["programs"]
    assert [one["name"] for one in listed] == [x.split()[0] for x in lines]


def test_a_program_is_shown_with_what_its_options_do(linara: Program):
    """Summary, version, operands, and each option with its value and effect."""
    done = linara("policy", "commands", "sort")
    lines = [line.strip() for line in done.text.splitlines()]

    assert done.code == 0
    assert lines[0].startswith("sort  sorts lines  (coreutils")
    assert "every other: is read" in lines
    assert "-o, --output VALUE: its value is created or overwritten" in lines
    assert "--compress-program VALUE: its value is a program that it runs" in lines


def test_an_alias_and_a_subcommand_are_found(linara: Program):
    """`bash` is `sh`; `git push` is told under its whole name."""
    found = linara("policy", "commands", "--json", "bash", "git push").json

    assert [one["name"] for one in found["programs"]] == ["sh", "git push"]
    assert found["programs"][0]["analyser"] == "sh"
    assert "uses the network" in found["programs"][1]["facts"][0]


def test_an_unknown_name_gets_near_ones(linara: Program):
    """Exit 1, on stderr, and what is known of the others is shown all the same."""
    done = linara("policy", "commands", "gti", "ls", "git pus")

    assert done.code == 1
    assert done.text.startswith("ls  ")
    assert "does not know gti" in done.said
    assert "git" in done.said.splitlines()[2]
    assert "git push" in done.said.splitlines()[5]
    found = linara("policy", "commands", "--json", "gti")
    assert found.code == 1
    assert found.json["unknown"]["gti"][0] == "git"
    assert found.json["programs"] == []


@pytest.mark.parametrize("name", ["", " ", "git  push", "x" * 5000, "a\nb"])
def test_an_odd_name_is_unknown(linara: Program, name: str):
    """Nothing breaks, and nothing of it reaches the screen as it is."""
    done = linara("policy", "commands", name)

    assert done.code == 1
    assert "does not know" in done.said
