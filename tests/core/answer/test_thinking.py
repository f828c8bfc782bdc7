"""What a model thought is taken off, or the answer is refused."""

import pytest

from linara_agent.core.answer.thinking import without_thinking
from linara_agent.core.answer.unusable import Unusable

OPEN_THOUGHTS = "<|begin_of_thought|>rm?<|end_of_thought|>\n<|begin_of_solution|>\n"
HARMONY = (
    "<|channel|>analysis<|message|>Maybe `rm`?<|end|>"
    "<|start|>assistant<|channel|>final<|message|>"
)


@pytest.mark.parametrize(
    "text",
    [
        "ls",
        "<think>rm?</think>ls",
        "<Thinking>\nrm?\n</Thinking>\n\nls",
        "<think>a</think><reasoning>b</reasoning>ls",
        "the user wants\n</think>\nls",
        "[THINK]rm?[/THINK]ls",
        "rm?\n[/THINK]\nls",
        "◁think▷rm?◁/think▷ls",
        "<|START_THINKING|>rm?<|END_THINKING|><|START_RESPONSE|>ls<|END_RESPONSE|>",
        f"{OPEN_THOUGHTS}ls<|end_of_solution|>",
        f"{HARMONY}ls",
        f"{HARMONY}ls<|return|>",
        "<|channel|>final <|constrain|>sh<|message|>ls",
        "ls<|im_end|>",
        "ls\n<|eot_id|><|endoftext|>\n",
        "ls</s>",
    ],
)
def test_the_marks_of_known_models_are_taken_off(text):
    """Tags, tokens and channels around the thinking leave the answer alone."""
    assert without_thinking(text).strip() == "ls"


@pytest.mark.parametrize(
    "text",
    [
        "<think>I could rm -rf /",
        "<think>a</think><think>rm",
        "[THINK]rm",
        "◁think▷rm",
        "<|START_THINKING|>rm",
        "<|channel|>analysis<|message|>rm",
        f"{HARMONY}ls{HARMONY}rm",
        "analysisWe need ls.assistantfinalls -la",
        "the user wants it</think>ls",
        "<|start|>ls",
    ],
)
def test_thinking_that_may_not_be_over_is_refused(text):
    """Where the thinking ends is not guessed."""
    with pytest.raises(Unusable, match="thinking"):
        without_thinking(text)


@pytest.mark.parametrize(
    "text",
    [
        "grep '</think>' a.txt",
        "grep '<|im_end|>' a.txt",
        'echo "<think>a</think>"',
        "cat <<E\n</think>x\nE",
        "analysis --run",
    ],
)
def test_the_marks_in_a_command_are_its_own(text):
    """A command may search for the marks."""
    assert without_thinking(text) == text
