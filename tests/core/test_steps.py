"""Where a script is cut into the pieces that bash reads at once."""

from pathlib import Path

import pytest

from linara_agent.core.effects.place import Place
from linara_agent.core.gate import Gate
from linara_agent.core.shell.script import Script
from linara_agent.core.steps import Step, cuts, pieces, taken
from linara_agent.parsers.both import BothParsers
from linara_agent.rulebook import load_catalogue, load_policy


@pytest.fixture(scope="module")
def gate() -> Gate:
    return Gate(
        parsers=BothParsers(), catalogue=load_catalogue(), policy=load_policy("default")
    )


def read(gate: Gate, text: str) -> Script:
    here = str(Path.cwd())
    return gate.read(text, Place(cwd=here, home=here, user="tester", workspace=here))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", ["true"]),
        ("a\nb\n", ["a\n", "b\n"]),
        ("a; b\nc\n", ["a; b\n", "c\n"]),
        (
            "#!/bin/bash\n# why\na\n\n# next\nb",
            ["#!/bin/bash\n# why\na\n", "\n# next\nb"],
        ),
        ("a # b\nc\n# end\n", ["a # b\n", "c\n# end\n"]),
        ("if a\nthen b\nfi\nc", ["if a\nthen b\nfi\n", "c"]),
        ("f() {\n  a\n}\nf", ["f() {\n  a\n}\n", "f"]),
        ("a && \\\n  b\nc", ["a && \\\n  b\n", "c"]),
        ("a |\n  b\nc", ["a |\n  b\n", "c"]),
        ("a &\nb", ["a &\n", "b"]),
        ("cat <<A\n# x\nA\nb", ["cat <<A\n# x\nA\n", "b"]),
        ("cat <<A; b\n\nA\n\nc", ["cat <<A; b\n\nA\n\n", "c"]),
        ("x='1\n2\n'\na", ["x='1\n2\n'\n", "a"]),
        ("( a\nb )\nc", ["( a\nb )\n", "c"]),
    ],
)
def test_it_is_cut_where_bash_has_read_a_command_and_its_line(
    gate: Gate, text: str, expected: list[str]
) -> None:
    """Several statements of one line are one step, one of several lines is too."""
    found = pieces(text, cuts(read(gate, text)))
    assert found == expected
    assert "".join(found) == text


def test_what_is_not_cut_has_no_pieces() -> None:
    """A text that is run as a whole."""
    assert pieces("a\nb", ()) == []
    assert taken("a\nb", (), begun=1) == ()


def test_a_step_is_shown_by_its_first_line_that_is_no_comment(gate: Gate) -> None:
    """With the number of that line, and whether it was begun."""
    text = "#!/bin/bash\n\n# first\n  a 1\nfor x in y\ndo b\ndone\n"
    assert taken(text, cuts(read(gate, text)), begun=1) == (
        Step(line=4, text="a 1", begun=True),
        Step(line=5, text="for x in y", begun=False),
    )
