"""bashlex, run so that it always ends and never raises."""

import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linara_agent.core.shell.reading import BashlexTree, Failure, NotParsed
from linara_agent.parsers import bashlex

ENDLESS = "echo a'${b'"


def failure(text: str, seconds: float = 5) -> Failure | None:
    parsed = bashlex.parse(text, seconds=seconds)
    return parsed.failure if isinstance(parsed, NotParsed) else None


def test_a_tree_is_plain_data():
    """Kinds, spans in code points and children, and nothing of bashlex's own."""
    parsed = bashlex.parse("é 'ü' > f", seconds=5)
    assert isinstance(parsed, BashlexTree)
    [root] = parsed.roots
    assert (root.kind, root.start, root.end) == ("command", 0, 9)
    assert [(n.kind, n.start, n.end) for n in root.children] == [
        ("word", 0, 1),
        ("word", 2, 5),
        ("redirect", 6, 9),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("echo (", Failure.SYNTAX),
        ("case a in b) c;; esac", Failure.UNSUPPORTED),
        ("", Failure.CRASHED),
        ("# a", Failure.CRASHED),
        ("x" * 10_001, Failure.TOO_LARGE),
        ("$(" * 400 + "a" + ")" * 400, Failure.CRASHED),
    ],
    ids=["syntax", "unsupported", "empty", "comment", "large", "deep"],
)
def test_every_failure_is_a_value(text, expected):
    """What bashlex cannot do is told apart, never raised."""
    assert failure(text) is expected


def test_its_endless_loop_is_stopped():
    """A dozen bytes on which bashlex never ends take no longer than allowed."""
    assert failure(ENDLESS, seconds=0.2) is Failure.DEADLINE
    assert failure("echo a") is None


def test_its_endless_loop_is_stopped_on_another_thread():
    """The same where no signal can be taken."""
    found: list[Failure | None] = []

    def work() -> None:
        found.append(failure(ENDLESS, seconds=0.2))
        found.append(failure("echo a"))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [Failure.DEADLINE, None]


@given(st.text(max_size=40))
def test_no_text_raises(text):
    """Any text gives a tree or a failure."""
    assert isinstance(bashlex.parse(text, seconds=0.5), (BashlexTree, NotParsed))


def test_the_tables_can_be_built_in_a_thread():
    """After that the first text is read at once, and read the same."""
    program = (
        "import sys; from linara_agent.parsers import bashlex;"
        "assert 'bashlex' not in sys.modules;"
        "bashlex.load().join(); assert 'bashlex' in sys.modules;"
        "print(bashlex.parse('true', seconds=10).roots[0].kind)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert done.stdout == "command\n"
