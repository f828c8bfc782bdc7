"""What the catalogue knows, in words."""

from linara_agent.core.effects.catalogue import program_from
from linara_agent.core.effects.described import described

TEXT = """
name = "x"
aliases = ["y"]
summary = "does x"
version = "x 1"
effects = ["network"]
command_from = 2
needs = ["terminal"]
operand = [
  { position = "first", role = "read", default = "." },
  { position = "rest", role = "delete", recursive = true },
]

[[option]]
names = ["-o", "--output"]
value = "required"
role = "write"

[[option]]
names = ["-r"]
recursive = true

[[option]]
names = ["-q"]

[[subcommand]]
name = "sub"
summary = "does less"

[[subcommand.subcommand]]
name = "deeper"
summary = "does least"
"""


def test_a_program_is_described_whole():
    """Effects, operands, options and subcommands are said in words."""
    found = described(program_from(TEXT, file="x.toml"))

    assert (found.name, found.aliases, found.version) == ("x", ("y",), "x 1")
    assert found.facts == (
        "Whatever its words are, it uses the network.",
        "From its second operand on stands a command, which is judged too.",
        "It needs a terminal.",
    )
    assert [(one.names, one.does, one.changes) for one in found.operands] == [
        (("the first",), "is read, it is . where none is given", True),
        (("every other",), "is deleted, with everything below it", True),
    ]
    assert [(one.names, one.value, one.does, one.changes) for one in found.options] == [
        (("-o", "--output"), "VALUE", "its value is created or overwritten", True),
        (("-r",), "", "operands stand for everything below them", False),
        (("-q",), "", "has no effect of its own", False),
    ]


def test_a_subcommand_has_its_whole_name():
    """`x sub deeper`, as a person would type it."""
    (sub,) = described(program_from(TEXT, file="x.toml")).subcommands

    assert sub.name == "x sub"
    assert [one.name for one in sub.subcommands] == ["x sub deeper"]


def test_what_it_reaches_at_worst_is_a_fact() -> None:
    """So is that it reaches nothing."""
    text = 'name = "x"\nsummary = "does x"\nreaches = '
    worst = described(program_from(text + '["read", "execute"]', file="x.toml"))
    assert worst.facts == (
        "Whatever a word turns out to be, at worst it reads files and runs other code.",
    )
    none = described(program_from(text + "[]", file="x.toml"))
    assert none.facts == (
        "Whatever a word turns out to be, at worst it does nothing of its own.",
    )
