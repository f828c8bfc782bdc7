"""`linara-agent parse`: how a command is read, for people and for programs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from linara_agent.core.parsed import Parsed

PROGRAM = Path(sys.executable).with_name("linara-agent")


def parse(
    *words: str, stdin: bytes | None = None
) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [PROGRAM, "parse", *words], capture_output=True, check=False, input=stdin
    )


def test_the_tree_has_a_line_for_each_node():
    """Spans, constructs, words with what they are worth, and the two parsers' word."""
    done = parse("x=rm; $x -r {a,b} | wc > f")

    assert (done.returncode, done.stderr) == (0, b"")
    lines = [line.strip() for line in done.stdout.decode().splitlines()]
    assert lines == [
        "0..4  invocation  #0",
        "0..4    assignment = x",
        "2..4      value: word rm",
        "6..26  pipeline |",
        "6..17    invocation  #1",
        "6..8      word $x  → rm",
        "6..8        parameter $ x",
        "9..11      word -r",
        "12..17      word {a,b}  → a b",
        "20..26    invocation  #2",
        "20..22      word wc",
        "23..26      redirection >",
        "25..26        target: word f",
        "3 commands; both parsers agree",
    ]


def test_an_opaque_part_is_shown_with_its_reason():
    """The span, the part and why; exit 10, for it would have to be reviewed."""
    done = parse("ls; eval x$(")

    text = done.stdout.decode()
    assert done.returncode == 10
    assert "opaque  0..12  ls; eval x$(" in text
    assert "cannot be parsed" in text
    assert "1 part is opaque, so it is reviewed" in text


def test_the_json_fits_the_published_schema():
    """`--json` is one object with all of it; `--schema` describes every field."""
    done = parse("--json", 'cat <<< "$HOME" | tee *.txt')
    found = json.loads(done.stdout)
    schema = json.loads(parse("--schema").stdout)

    assert found["schema"] == 1
    read = Parsed.model_validate_json(json.dumps(found))
    assert [one.program.source for one in read.invocations if one.program] == [
        "cat",
        "tee",
    ]
    assert read.invocations[1].words[0].value.kind == "pattern"
    assert read.bash == 'cat <<< "$HOME" | tee *.txt\n'
    assert set(schema["properties"]) == set(found)
    assert schema == Parsed.model_json_schema()


def test_a_script_comes_from_a_file_or_from_standard_input(tmp_path: Path):
    """`--file FILE` and `--file -` read the same."""
    script = "if a; then\n  b # c\nfi\n"
    file = tmp_path / "script"
    file.write_text(script)
    expected = b"if a; then\n    # c\n    b\nfi\n"

    assert parse("--bash", "--file", str(file)).stdout == expected
    assert parse("--bash", "-f", "-", stdin=script.encode()).stdout == expected


@pytest.mark.parametrize(
    "words",
    [(), ("ls", "--file", "x"), ("",), ("-f", "/none")],
)
def test_a_wrong_call_is_a_usage_error(words: tuple[str, ...]):
    """Exit 2 with what to do; nothing on standard output."""
    done = parse(*words)

    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr


def test_a_wrong_call_for_json_is_told_in_json():
    """One object, in this ending too; the words for a person stay on stderr."""
    done = parse("--json", "--bash", "ls")

    assert done.returncode == 2
    assert json.loads(done.stdout) == {
        "schema": 1,
        "error": "--json and --bash exclude each other.",
        "not_done": "Nothing was judged, and nothing ran.",
        "remedy": "Correct the call: `linara-agent parse --help`.",
        "exit": 2,
    }
    assert b"exclude each other" in done.stderr


def test_what_is_opaque_is_not_printed_back():
    """`--bash` refuses a text that it could not read, and says so."""
    done = parse("--bash", "echo ${ date; }")

    assert (done.returncode, done.stdout) == (2, b"")
    assert b"cannot be printed back" in done.stderr


def test_nothing_on_the_screen_steers_the_terminal():
    """Control characters of the command are made visible."""
    done = parse("echo '\x1b[2J'")

    assert b"\x1b" not in done.stdout
    assert done.returncode == 10


def test_texts_that_are_run_follow_as_trees_of_their_own():
    """What is piped into a shell, given to eval or `-c` is read too, and within it."""
    command = "echo 'ls x' | sh; bash -c 'sh -c \"c d\"'"
    lines = [line.split() for line in parse(command).stdout.decode().splitlines()]
    found = json.loads(parse("--json", command).stdout)["nested"]

    assert [one["what"] for one in found] == [
        "the text piped into sh",
        "the text after -c",
    ]
    assert found[0]["script"]["text"].strip() == "ls x"
    [inner] = found[1]["script"]["nested"]
    assert inner["script"]["invocations"][0]["program"]["source"] == "c"
    assert ["0..1", "word", "c"] in lines
