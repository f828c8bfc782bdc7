"""Real bash is the judge: what it does must be among what was read."""

import pytest
from hypothesis import HealthCheck, event, given, settings

from linara_agent.core.shell.script import Known, Script
from tests.core.shell.answers import foreseen, matches, reading
from tests.core.shell.generated import SCRIPTS
from tests.core.shell.generated_texts import constructs, rows
from tests.core.shell.generated_variables import VARIABLES
from tests.core.shell.generated_words import WORDS
from tests.core.shell.oracle import HOME, Oracle, Ran

pytestmark = pytest.mark.docker
BEFORE = "x=v"
MANY = max(300, settings().max_examples)
RELAXED = (HealthCheck.too_slow,)


def check_script(script: str, bash: Oracle) -> Script:
    read = reading(script)
    ran = bash.run(script) or ()
    unforeseen = [one for one in ran if not foreseen(one, read)]
    assert unforeseen == []
    return read


def check_word(word: str, bash: Oracle) -> None:
    seen = bash.words_of(word, before=BEFORE)
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
def test_what_once_could_hide_a_command_is_seen(row, bash):
    """Every script that hid or altered a command from some parser is read."""
    check_script(row["script"], bash)


@pytest.mark.parametrize("script", constructs())
def test_no_corner_of_the_grammar_hides_a_command(script, bash):
    """Rare constructs, odd quotes, broken scripts: what bash runs of them was read."""
    check_script(script, bash)


@pytest.mark.parametrize("row", rows("words.jsonl"), ids=lambda row: row["why"])
def test_what_once_was_taken_for_another_word_is_not(row, bash):
    """Every word that was once expanded wrongly has the value bash gives it."""
    check_word(row["word"], bash)


@settings(max_examples=MANY, suppress_health_check=RELAXED)
@given(SCRIPTS)
def test_no_construct_hides_a_command(bash, script):
    """Each marker that bash runs is an invocation that was read, or opaque."""
    read = check_script(script, bash)
    event("a part is opaque" if read.opaque else "read in full")


@settings(max_examples=MANY, suppress_health_check=RELAXED)
@given(VARIABLES)
def test_no_constant_is_something_else(bash, script):
    """A variable whose value the reader claims to know has this value in bash."""
    read = check_script(script, bash)
    event("a part is opaque" if read.opaque else "read in full")


@settings(max_examples=MANY * 2, suppress_health_check=RELAXED)
@given(WORDS)
def test_no_word_is_something_else(bash, word):
    """A word is worth what bash expands it to, or says that it is not known."""
    check_word(word, bash)


def test_most_generated_scripts_are_read_in_full():
    """A generator of opaque scripts would prove nothing."""
    opaque: list[bool] = []

    @settings(max_examples=200, suppress_health_check=RELAXED, database=None)
    @given(SCRIPTS)
    def look(script: str) -> None:
        opaque.append(bool(reading(script).opaque))

    look()
    assert sum(opaque) < len(opaque) / 2


def test_bash_can_contradict(bash):
    """The comparison fails when a command or a word is missing from the reading."""
    ran = Ran("m1", ("a",))
    assert bash.run("m1 a") == (ran,)
    assert not foreseen(ran, reading("m1 b"))
    assert not foreseen(ran, reading("m1"))
    assert not foreseen(ran, reading("m2 a"))
    assert foreseen(ran, reading("m1 $y"))
    assert bash.words_of("~/'a b'") == (f"{HOME}/a b",)
