"""What a model's text comes to: a command, several, or what a person is told."""

import json

import pytest

from linara_agent.core.answer.answer import Answer
from linara_agent.core.answer.unusable import Lack
from linara_agent.core.attempt import UnusableAnswer
from linara_agent.core.intent import Intent
from linara_agent.errors import ProposalUnavailable
from linara_agent.openrouter.answer import _REMEDIES, Taken, take
from linara_agent.openrouter.errors import Failure
from linara_agent.openrouter.prompt import LONGEST_LINE

WORDS = "list all the files here"

CANNOT = "The model's answer cannot be used: "
REFUSED = {
    "": ("The model's answer is empty.", "starting"),
    "I_DONT_UNDERSTAND": (
        "The model did not understand the request, or cannot do it by a command.",
        "other words",
    ),
    '{"script": "I_DONT_UNDERSTAND"}': (
        "The model did not understand the request, or cannot do it by a command.",
        "other words",
    ),
    "curl -u me:[redacted:password:0a1b2c3d] x": (
        CANNOT + "it needs a secret of the request, "
        "and secrets are not sent to a model.",
        "into a file or a variable",
    ),
    "1. ls\n2. ls -a": (
        CANNOT + "it holds several commands to choose from, "
        "and none is picked for you.",
        "more exactly",
    ),
    "List all the  files here.": (
        CANNOT + "it only repeats the request.",
        "linara-agent run",
    ),
    "```bash\nls": (
        CANNOT + "its code block is not closed, so it may be cut.",
        "another model",
    ),
    "$?": (
        CANNOT + "its command has neither a letter nor a digit.",
        "another model",
    ),
}


def asked(words: str = WORDS, *, several: int = 1, script: bool = False) -> Intent:
    return Intent(words=words, cwd="/", home="/root", several=several, script=script)


def listing(*scripts: str) -> str:
    """A model's answer where several are wanted."""
    return json.dumps({"candidates": [{"script": one} for one in scripts]})


@pytest.mark.parametrize("text", REFUSED)
def test_a_refusal_says_what_happened_and_what_to_do(text):
    """Each kind of refusal is a whole sentence with a remedy of its own."""
    what, remedy = REFUSED[text]
    with pytest.raises(ProposalUnavailable) as caught:
        take(text, asked())
    assert caught.value.what == what
    assert remedy in caught.value.remedy
    assert caught.value.not_done


def test_every_kind_of_refusal_has_a_remedy():
    """No refusal leaves the person without a next step."""
    assert set(_REMEDIES) == set(Lack)


def test_the_model_is_told_only_what_it_could_mend():
    """Prose can be answered again; a sentinel is an answer."""
    with pytest.raises(UnusableAnswer) as caught:
        take("1. ls\n2. ls -a", asked())
    assert caught.value.text == "1. ls\n2. ls -a"
    assert "several commands" in caught.value.reason
    with pytest.raises(Failure):
        take("I_DONT_UNDERSTAND", asked())


def test_a_command_is_taken_with_the_models_words():
    """The command and the prose around it are told apart."""
    assert take("Lists all:\n```\nls\n```", asked()).answers == (
        Answer(command="ls", rationale="Lists all:"),
    )


def test_a_structured_answer_is_taken_with_all_it_says():
    """What it takes for granted and claims stands beside the command."""
    answer = {
        "script": "apt-get update",
        "explanation": "Fetches the lists.\x1b[2J",
        "assumptions": ["Debian", "", 3, "x\u202ey"],
        "needs_root": True,
        "needs_network": True,
        "needs_terminal": False,
        "undo": None,
        "unknown": {"x": 1},
    }
    assert take(json.dumps(answer), asked()).answers == (
        Answer(
            command="apt-get update",
            rationale="Fetches the lists. [2J",
            assumptions=("Debian", "x y"),
            claims=("needs root", "needs the network"),
        ),
    )


def test_what_cannot_be_undone_is_told():
    """In the model's words, or by the field for it."""
    said = {"script": "ls", "undo": "delete x"}
    assert take(json.dumps(said), asked()).answers[0].claims == (
        "to undo it: delete x",
    )
    never = {"script": "ls", "undo": False}
    assert take(json.dumps(never), asked()).answers[0].claims == ("cannot be undone",)


def test_one_long_line_is_for_nobody_to_review():
    """Unless a script is wanted, or it stands on several lines."""
    long = f"echo {'a' * LONGEST_LINE}"
    with pytest.raises(UnusableAnswer, match="more than 200 characters"):
        take(long, asked())
    assert take(long, asked(script=True)).answers[0].command == long
    lines = f"echo b\n{long}"
    assert take(lines, asked()).answers[0].command == lines


def test_several_are_taken_one_by_one():
    """What cannot be used, comes twice, or is too many is left out, and told."""
    scripts = ["ls", "```bash\nls -a", "ls", "ls -l", "ls -r", "ls -S"]
    intent = asked(several=5)
    found = take(listing(*scripts), intent)
    assert [one.command for one in found.answers] == ["ls", "ls -l", "ls -r"]
    assert found.left_out == (
        "its code block is not closed, so it may be cut",
        "it repeats another",
        "it is more than was asked for",
    )
    assert found.notice(intent) == (
        "Of 5 commands that were asked for, 3 can be offered; 3 are left out (its code"
        " block is not closed, so it may be cut; it repeats another; it is more than"
        " was asked for)."
    )


def test_one_reason_of_several_is_told_once():
    """With how often it holds."""
    intent = asked(several=4)
    found = take(listing("ls", "", "ls -a", ""), intent)
    assert found.notice(intent) == (
        "Of 4 commands that were asked for, 2 can be offered; 2 are left out (its"
        " command is empty, 2 times)."
    )


def test_one_of_several_that_were_wanted_is_taken():
    """A model that gives one command gives one to choose, and that is told."""
    intent = asked(several=3)
    found = take("ls", intent)
    assert found == Taken(answers=(Answer(command="ls"),))
    assert found.notice(intent) == (
        "Of 3 commands that were asked for, the model gave 1."
    )


def test_where_all_are_there_nothing_is_told():
    """One that was wanted, and two."""
    for intent, text in (
        (asked(), "ls"),
        (asked(several=2), listing("ls", "ls -a")),
    ):
        assert take(text, intent).notice(intent) is None


@pytest.mark.parametrize("listed", ["[]", '[{"script": ""}]', "[1, null]"])
def test_several_of_which_none_can_be_used_is_told(listed):
    """The model may try again."""
    with pytest.raises(UnusableAnswer):
        take(f'{{"candidates": {listed}}}', asked(several=3))


def test_echo_names_the_way_to_run_a_command_as_it_is():
    """Who asks with a command and gets it back learns of `run`."""
    with pytest.raises(ProposalUnavailable) as caught:
        take("ls -la", asked("ls -la"))
    assert "linara-agent run" in caught.value.remedy
