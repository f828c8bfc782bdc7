"""Options, values and operands."""

import pytest

from linara_agent.core.effects.arguments import is_pipe, splits, take_apart
from linara_agent.core.effects.catalogue import Option, Program
from linara_agent.core.shell.script import Known, Pattern, Span, Unknown, Word

PROGRAM = Program(
    name="prog",
    summary="for this test",
    option=(
        Option(names=("-a", "--all")),
        Option(names=("-b",)),
        Option(names=("-o", "--output"), value="required"),
        Option(names=("-i", "--in-place"), value="optional"),
        Option(names=("--outer",)),
        Option(names=("-NUM",)),
        Option(names=("+",)),
    ),
)


def word(text: str) -> Word:
    return Word(span=Span(0, 0), source=text, value=Known(text), quoted=True)


def taken(
    *texts: str, program: Program = PROGRAM
) -> tuple[list[str], list[str | None]]:
    """The options as `NAME` or `NAME=VALUE`, and the operands; doubts as `?WORD`."""
    found, _ = take_apart(program, tuple(word(text) for text in texts))
    given = [
        one.name if one.value is None else f"{one.name}={one.value.known}"
        for one in found.given
    ]
    doubts = [f"?{one.source}" for one, _ in found.doubtful]
    return given + doubts, [one.known for one in found.operands]


@pytest.mark.parametrize(
    ("words", "given", "operands"),
    [
        (["-a", "x"], ["-a"], ["x"]),
        (["x", "-a"], ["-a"], ["x"]),
        (["-ab", "x"], ["-a", "-b"], ["x"]),
        (["-o", "f", "x"], ["-o=f"], ["x"]),
        (["-of", "x"], ["-o=f"], ["x"]),
        (["-aof"], ["-a", "-o=f"], []),
        (["-ao", "f"], ["-a", "-o=f"], []),
        (["--output", "f"], ["--output=f"], []),
        (["--output=f"], ["--output=f"], []),
        (["--outp=f"], ["--outp=f"], []),
        (["--out=f"], ["?--out=f"], []),  # --output or --outer
        (["--al"], ["--al"], []),
        (["--all=x"], ["?--all=x"], []),
        (["-i", "x"], ["-i"], ["x"]),
        (["-i.bak", "x"], ["-i=.bak"], ["x"]),
        (["--", "-a"], [], ["-a"]),
        (["-a", "--", "-b", "--"], ["-a"], ["-b", "--"]),
        (["-"], [], ["-"]),
        (["-5"], ["-5"], []),
        (["-z"], ["?-z"], []),
        (["-az"], ["-a", "?-az"], []),
        (["--none"], ["?--none"], []),
        (["+x"], ["+"], []),
        (["-o"], ["-o"], []),
    ],
)
def test_words(words: list[str], given: list[str], operands: list[str]) -> None:
    """Options are taken as getopt_long takes them."""
    assert taken(*words) == (given, operands)


def test_options_may_end_at_the_first_operand() -> None:
    """What a wrapper runs keeps its own options."""
    words = tuple(word(text) for text in ("-a", "run", "-b"))
    found, rest = take_apart(PROGRAM, words, options_first=True)
    assert [one.name for one in found.given] == ["-a"]
    assert [one.known for one in rest] == ["run", "-b"]


def test_old_clusters() -> None:
    """`tar xfC a b`: each letter takes one of the next words."""
    program = PROGRAM.model_copy(update={"old_style": True})
    assert taken("aoi", "f", "x", program=program) == (["-a", "-o=f", "-i"], ["x"])


@pytest.mark.parametrize(
    ("value", "quoted", "doubt"),
    [
        (Pattern("*.c"), False, True),
        (Pattern("a*"), False, False),
        (Pattern("./*"), False, False),
        (Unknown("why"), True, True),
        (Unknown("why", "a"), True, False),
        (Unknown("why", "a"), False, True),
        (Unknown("why", "-a"), True, True),
    ],
)
def test_what_may_become_an_option(
    value: Pattern | Unknown, *, quoted: bool, doubt: bool
) -> None:
    """A word that may begin with a dash, or split into such words, is doubtful."""
    one = Word(span=Span(0, 0), source="w", value=value, quoted=quoted)
    found, _ = take_apart(PROGRAM, (one,))
    assert bool(found.doubtful) is doubt
    harmless = PROGRAM.model_copy(update={"safe_options": True})
    found, _ = take_apart(harmless, (one,))
    assert not found.doubtful or value == Unknown("why", "-a")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<(ls)", True),
        (">(tee x)", True),
        ("<(echo $(ls))", True),
        ("<(ls)/x", False),
        ("<(ls)$(pwd)", False),
        ("x<(ls)", False),
        ('<(echo "(")$x\\)', False),
    ],
)
def test_pipes_of_the_shell(source: str, *, expected: bool) -> None:
    """Only a whole process substitution is a pipe and nothing else."""
    one = Word(span=Span(0, 0), source=source, value=Unknown("a pipe", "/dev/fd/"))
    assert is_pipe(one) is expected
    assert splits(one) is not expected


def test_quoted_at_splits() -> None:
    """`"$@"` is quoted and still becomes several words."""
    one = Word(span=Span(0, 0), source='"x$@"', value=Unknown("w", "x"), quoted=True)
    assert splits(one)
