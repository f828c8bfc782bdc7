"""A text on a narrow screen: all of it, and nothing that is not in it."""

import io

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from linara_agent.cli.render import command
from linara_agent.cli.verbatim import Verbatim
from linara_agent.core.proposal import Origin, Proposal
from linara_agent.core.visible import visible

MARGIN, FOLD = " " * 4, "  ↪ "


def shown(text: str, width: int) -> list[str]:
    file = io.StringIO()
    console = Console(file=file, width=width, color_system=None)
    console.print(Verbatim(text=text, by=4, style="bold cyan"))
    return file.getvalue().split("\n")[:-1]


def unfolded(lines: list[str]) -> str:
    text = ""
    for line in lines:
        begins = line.startswith(MARGIN)
        assert begins or line.startswith(FOLD)
        text += ("\n" if begins else "") + line[4:]
    return text.removeprefix("\n")


@given(
    text=st.text(st.sampled_from("ab ;|\n\t界é↪🏻\u0301"), max_size=200),
    width=st.integers(8, 60),
)
def test_a_text_can_be_read_back(text: str, width: int):
    """Every blank is there, every fold is marked, no line is wider than the screen."""
    lines = shown(text, width)

    assert unfolded(lines) == text.expandtabs(8)
    assert all(Console(width=200).measure(line).maximum <= width for line in lines)


@given(text=st.text(max_size=200).filter(str.strip), width=st.integers(8, 60))
def test_the_reviewed_command_is_the_whole_command(text: str, width: int):
    """Whatever characters it is made of, the screen holds them all, made visible."""
    file = io.StringIO()
    console = Console(
        file=file, width=width, color_system=None, highlight=False, emoji=False
    )
    text = text.encode(errors="replace").decode()
    head, *body = command(Proposal(text=text, origin=Origin.PERSON))
    for one in body:
        console.print(one)

    expected = visible(text).rstrip("\n").expandtabs(8)
    assert unfolded(file.getvalue().split("\n")[:-1]) == expected
    assert head is not None


def test_a_tab_begins_no_line():
    """Two words with a tab between them stay one command."""
    assert shown("rm a\tb", 80) == ["    rm a    b"]
