"""The commands that bashlex sees."""

from linara_agent.core.shell.bashlex_reader import commands
from linara_agent.core.shell.reading import BashlexTree
from linara_agent.parsers import bashlex


def spans(text: str) -> list[str]:
    tree = bashlex.parse(text, seconds=5)
    assert isinstance(tree, BashlexTree)
    return [
        " ".join(text[span.start : span.end] for span in found)
        for found in commands(tree)
    ]


def test_commands_are_the_spans_of_their_words():
    """Words and assignments, without redirections; substitutions come after."""
    assert spans("x=1 a $(b c) >f | (d; e `g`)") == [
        "x=1 a $(b c)",
        "b c",
        "d",
        "e `g`",
        "g",
    ]


def test_a_command_of_redirections_alone_is_none():
    """What has no word is nothing to compare."""
    assert spans("> f") == []


def test_every_construct_is_looked_into():
    """Branches, loops and functions do not hide what stands in them."""
    text = "if a; then b; fi; while c; do d; done; f() { e; }; for i in g; do h; done"
    assert spans(text) == ["a", "b", "c", "d", "e", "h"]
