"""`linara-agent check`: a verdict with its reasons, one or many, and nothing runs."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(sys.executable).with_name("linara-agent")


def check(
    *words: str, stdin: bytes | None = None
) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [PROGRAM, "check", *words], capture_output=True, check=False, input=stdin
    )


def verdict(*words: str) -> Any:
    return json.loads(check("--json", *words).stdout)


@pytest.mark.parametrize(
    ("command", "code", "decision"),
    [("ls", 0, "allow"), ("touch x", 10, "review"), ("rm -rf ~", 11, "deny")],
)
def test_the_exit_code_is_the_decision(command: str, code: int, decision: str):
    """0, 10 and 11, on the screen and as JSON, and nothing is carried out."""
    done = check(command)

    assert (done.returncode, done.stderr) == (code, b"")
    assert decision in done.stdout.decode()
    assert verdict(command)["decision"] == decision
    assert os.listdir() == []  # noqa: PTH208 — the working directory of the test


def test_each_reason_has_its_rule_its_place_and_its_part():
    """The screen and the JSON name the rule, file and line, and underline the part."""
    text = check("ls && rm -rf ~").stdout.decode()
    found = verdict("ls && rm -rf ~")
    (one,) = (each for each in found["findings"] if each["rule"] == "delete-everything")

    file, _, line = one["where"].partition(":")
    assert file == "policies/default.toml"
    assert line.isdigit()
    assert one["reason"] in " ".join(text.split())
    start, end = one["span"]
    assert "ls && rm -rf ~"[start:end] in ("rm -rf ~", "~")
    assert "^" in text
    assert one["where"] in text
    effect = found["effects"][one["effect"]]
    assert (effect["kind"], effect["certainty"]) == ("delete", "possible")


def test_a_place_of_another_person_can_be_judged():
    """--cwd, --home and --user say for whom; the paths need not exist."""
    words = ("--cwd", "/home/eve/p", "--home", "/home/eve", "--user", "eve")

    assert verdict(*words, "rm -rf ~")["effects"][0]["target"] == "/home/eve"
    inside = verdict(*words, "touch x")["effects"][0]
    assert (inside["target"], inside["class"]) == ("/home/eve/p/x", "workspace")
    assert verdict("--user", "eve", "cat ~/x")["effects"][0]["target"] == (
        "/home/eve/x"
    )


def test_a_policy_is_chosen():
    """--policy and its variable change the answer."""
    assert verdict("cat /etc/os-release")["decision"] == "allow"
    strict = verdict("--policy", "strict", "cat /etc/os-release")
    assert strict["decision"] == "review"
    assert any(each["rule"] == "read-outside" for each in strict["findings"])


ROWS = [
    b'{"id": 1, "command": "ls"}',
    b"not json",
    b'{"id": 2, "command": "rm -rf ~"}',
    b"",
    b"[1]",
    b'{"id": "x"}',
    b'{"id": 3, "command": 7}',
    b'{"id": 4, "command": "touch x", "more": true}',
    b"\xff\xfe",
    b'{"id": 5, "command": "\\ud800"}',
    b'{"id": 6, "command": "a\\u0000b"}',
    b'{"id": 7, "command": ""}',
    b'{"id": 8, "command": "if"}',
    b"[" * 100_000,
    b'{"command": "ls"}',
]


def test_a_batch_has_one_answer_for_each_line():
    """Bad rows are reviewed with the rule `input`, and the next row is read; exit 0."""
    done = check("--batch", stdin=b"\n".join(ROWS) + b"\n")
    rows = [json.loads(line) for line in done.stdout.splitlines()]

    assert (done.returncode, done.stderr, len(rows)) == (0, b"", len(ROWS))
    assert [(row["id"], row["decision"]) for row in rows] == [
        (1, "allow"),
        (None, "review"),
        (2, "deny"),
        (None, "review"),
        (None, "review"),
        ("x", "review"),
        (3, "review"),
        (4, "review"),
        (None, "review"),
        (5, "review"),
        (6, "review"),
        (7, "review"),
        (8, "review"),
        (None, "review"),
        (None, "allow"),
    ]
    bad = [number for number, row in enumerate(rows, 1) if "line" in row]
    assert bad == [2, 4, 5, 6, 7, 9, 14]
    for number in bad:
        row = rows[number - 1]
        assert (row["line"], row["effects"]) == (number, [])
        assert [finding["rule"] for finding in row["findings"]] == ["input"]


def test_a_batch_answers_at_once():
    """Each answer is flushed before the next row is written: a dialogue works."""
    with subprocess.Popen(
        [PROGRAM, "check", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(3):
            row = {"id": number, "command": "ls"}
            process.stdin.write(json.dumps(row).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == number
        process.stdin.close()
        assert process.wait(30) == 0


def test_the_last_line_needs_no_end():
    """A batch without a newline at its end loses no row."""
    done = check("--batch", stdin=b'{"id": 1, "command": "ls"}')

    assert json.loads(done.stdout)["decision"] == "allow"
    assert check("--batch", stdin=b"").stdout == b""
