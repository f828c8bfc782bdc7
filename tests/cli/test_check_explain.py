"""`check --explain`: what a command does in words, beside its verdict."""

import json
from pathlib import Path

import pytest

from tests.end_to_end.program import Program

DELETES = "find /tmp -type f -mtime +7 -delete"


@pytest.fixture
def linara(hermetic_home: Path) -> Program:
    del hermetic_home
    return Program(cwd=Path.cwd()).with_(COLUMNS=None)  # lines are not broken


def test_the_words_stand_above_the_verdict(linara: Program):
    """A sentence for each command; the exit code is the verdict's."""
    done = linara("check", "--explain", DELETES)
    lines = done.text.splitlines()

    assert done.code == 10
    assert lines[:3] == [
        "In words",
        "  - deletes every file below /tmp older than 7 days",
        "Verdict  review",
    ]
    assert "In words" not in linara("check", DELETES).text


def test_the_json_has_spans_and_texts(linara: Program):
    """`sentences` is there only when asked for."""
    found = linara("check", "--json", "--explain", "ls | wc -l").json

    assert found["sentences"] == [
        {"span": [0, 2], "text": "lists the current directory and gives it to wc"},
        {"span": [5, 10], "text": "counts the lines of what ls gives it"},
    ]
    assert "sentences" not in linara("check", "--json", "ls").json


def test_a_batch_is_explained_too(linara: Program):
    """Each good row has its sentences."""
    row = json.dumps({"id": 1, "command": "ls"}).encode()
    done = linara("check", "--batch", "--explain", stdin=row + b"\nx\n")
    first, second = map(json.loads, done.out.splitlines())

    assert first["sentences"][0]["text"] == "lists the current directory"
    assert "sentences" not in second


def test_nothing_hides_in_a_sentence(linara: Program):
    """A control character in a name is spelt out, and breaks no line."""
    done = linara("check", "--explain", "cat $'a\\e[2Jb\\nVerdict  allow'")
    lines = done.text.splitlines()

    assert b"\x1b" not in done.out
    assert sum(line.startswith("Verdict") for line in lines) == 1
