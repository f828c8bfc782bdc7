"""What a person is told about a model's answer that holds no command."""

import pytest

from linara_agent.core.answer.answer import Answer
from linara_agent.core.answer.unusable import Lack
from linara_agent.errors import ProposalUnavailable
from linara_agent.openrouter.answer import _REMEDIES, take

WORDS = "list all the files here"

CANNOT = "The model's answer cannot be used: "
REFUSED = {
    "": ("The model's answer is empty.", "starting"),
    "I_DONT_UNDERSTAND": (
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
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_refusal_says_what_happened_and_what_to_do(text):
    """Each kind of refusal is a whole sentence with a remedy of its own."""
    what, remedy = REFUSED[text]
    with pytest.raises(ProposalUnavailable) as caught:
        take(text, WORDS)
    assert caught.value.what == what
    assert remedy in caught.value.remedy
    assert caught.value.not_done


def test_every_kind_of_refusal_has_a_remedy():
    """No refusal leaves the person without a next step."""
    assert set(_REMEDIES) == set(Lack)


def test_a_command_is_taken_with_the_models_words():
    """The command and the prose around it are told apart."""
    assert take("Lists all:\n```\nls\n```", WORDS) == Answer(
        command="ls", rationale="Lists all:"
    )


def test_echo_names_the_way_to_run_a_command_as_it_is():
    """Who asks with a command and gets it back learns of `run`."""
    with pytest.raises(ProposalUnavailable) as caught:
        take("ls -la", "ls -la")
    assert "linara-agent run" in caught.value.remedy
