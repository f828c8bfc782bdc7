"""Real bash is the judge: what it does must be among what was read."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from linara_agent.core.shell.script import Known
from tests.core.shell.answers import foreseen, matches, reading
from tests.core.shell.generated import SCRIPTS, VARIABLES, WORDS
from tests.core.shell.oracle import HOME, run, words_of

# The words of the tests match no file there.
EMPTY = "work"
CORPUS = Path(__file__).parents[2] / "corpus" / "shell"
BEFORE = "x=v"
MANY = max(300, settings().max_examples)
RELAXED = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow)


def rows(name: str) -> list[dict[str, str]]:
    lines = (CORPUS / name).read_text().splitlines()
    return [json.loads(line) for line in lines]


def constructs() -> list[str]:
    """Scripts separated by lines of two dashes."""
    return (CORPUS / "constructs.txt").read_text().strip("\n").split("\n--\n")


def check_script(script: str, directory: Path) -> None:
    read = reading(script)
    ran = run(script, directory) or ()
    unforeseen = [one for one in ran if not foreseen(one, read)]
    assert unforeseen == []


def check_word(word: str, directory: Path) -> None:
    seen = words_of(word, directory, before=BEFORE)
    script = reading(f"{BEFORE}\nprintf '%s\\0' {word}\n")
    if script.opaque or seen is None:
        return
    [printf] = [
        one
        for one in script.invocations
        if one.program is not None and one.program.known == "printf"
    ]
    assert printf.words[0].value == Known("%s\\0")
    read = printf.words[1:]
    # printf without operands prints one empty one.
    nothing = seen == ("",) and matches(read, ())
    assert nothing or matches(read, seen), (seen, [one.value for one in read])


@pytest.mark.parametrize("row", rows("scripts.jsonl"), ids=lambda row: row["why"])
def test_what_once_could_hide_a_command_is_seen(row, tmp_path):
    """Every script that hid or altered a command from some parser is read."""
    check_script(row["script"], tmp_path / EMPTY)


@pytest.mark.parametrize("script", constructs())
def test_no_corner_of_the_grammar_hides_a_command(script, tmp_path):
    """Rare constructs, odd quotes, broken scripts: what bash runs of them was read."""
    check_script(script, tmp_path / EMPTY)


@pytest.mark.parametrize("row", rows("words.jsonl"), ids=lambda row: row["why"])
def test_what_once_was_taken_for_another_word_is_not(row, tmp_path):
    """Every word that was once expanded wrongly has the value bash gives it."""
    check_word(row["word"], tmp_path / EMPTY)


@settings(max_examples=MANY, suppress_health_check=RELAXED)
@given(SCRIPTS)
def test_no_construct_hides_a_command(tmp_path, script):
    """Each marker that bash runs is an invocation that was read, or opaque."""
    check_script(script, tmp_path / EMPTY)


@settings(max_examples=MANY, suppress_health_check=RELAXED)
@given(VARIABLES)
def test_no_constant_is_something_else(tmp_path, script):
    """A variable whose value the reader claims to know has this value in bash."""
    check_script(script, tmp_path / EMPTY)


@settings(max_examples=MANY * 2, suppress_health_check=RELAXED)
@given(WORDS)
def test_no_word_is_something_else(tmp_path, word):
    """A word is worth what bash expands it to, or says that it is not known."""
    check_word(word, tmp_path / EMPTY)


def test_bash_can_contradict(tmp_path):
    """The comparison fails when a command or a word is missing from the reading."""
    [ran] = run("m1 a", tmp_path) or ()
    assert (ran.name, ran.words) == ("m1", ("a",))
    assert not foreseen(ran, reading("m1 b"))
    assert not foreseen(ran, reading("m1"))
    assert not foreseen(ran, reading("m2 a"))
    assert foreseen(ran, reading("m1 $y"))
    assert words_of("~/'a b'", tmp_path) == (f"{HOME}/a b",)
