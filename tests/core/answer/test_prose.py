"""A model's sentences are told from shell."""

import pytest

from linara_agent.core.answer.prose import Found, offers_choice, refuse_prose, set_apart
from linara_agent.core.answer.unusable import Unusable


@pytest.mark.parametrize(
    ("text", "command", "prose"),
    [
        ("Run `ls -l` now", "ls -l", "Run … now"),
        ("You can use `ls -la` for that.", "ls -la", "You can use … for that."),
        ("Sure! Try this command: `ls`", "ls", "Sure! Try this command: …"),
        ("To list all files, run `ls -a`.", "ls -a", "To list all files, run …."),
        ("The command is `ls`.", "ls", "The command is …."),
        ("Here is the command: `ls | wc -l`", "ls | wc -l", "Here is the command: …"),
        ("ls -l\n\nThis command lists all.", "ls -l", "This command lists all."),
        ("ls\n\nThis lists.\nIt is safe.\n\nNote that.", "ls", None),
        ("Here is the command:\nls -l", "ls -l", "Here is the command:"),
        ("Sure, the command you want:\n\nA=1 ./x", "A=1 ./x", None),
    ],
)
def test_a_command_that_is_set_apart_is_found(text, command, prose):
    """One code in a plain sentence, or one line beside plain sentences."""
    found = set_apart(text)
    assert found is not None
    assert found.command == command
    assert prose is None or found == Found(command, prose)


@pytest.mark.parametrize(
    "text",
    [
        "Never use `rm -rf /`",
        "Don't run `rm -rf /`.",
        "You can not use `rm` here.",
        "Use `ls` or `dir`.",
        "Run `cd /tmp` and then `ls`.",
        "Run `ls` as root.",
        "Use `-l` for long.",
        "Run `README.md`",
        "run `ls`",
        "`ls` lists all files.",
        "The command is not this:\nls",
        "Here is what to do:\nopen the settings",
        "Here is the command:\nOpen the settings",
        "Here is the command:\nls\npwd",
        "ls -la\nThis command lists all.",
        "ls -la\n\nThis uses `-l`.",
        "I will not do that.",
        "Sorry.",
        "Hello! How can I help you today?",
        "What files do you mean?",
        "List all files\nls",
        "Command: ls",
        "Command:\nls",
        "**Command**\nls",
        "Voici la commande :\nls",
        "Вот команда:\nls",
        "ls\n\nWarning: this is slow",
        "ls -la\n\n(This shows hidden files.)",
        "ls\n---\npwd",
        "Sure\nls",
        "step 1: ls\nstep 2: pwd",
        "the command is ls",
        "here is the command: ls",
        "`ls -la`.",
        "**`ls -la`**",
        "\\boxed{ls}",
        "bash\nls -la",
        "1. ls",
        "- ls",
        "ls\n2. pwd",
        "Option 1: ls\nOption 2: pwd",
        "## Option A\nls\n## Option B\npwd",
        "ls\n# alternatively\nls -a",
    ],
)
def test_a_sentence_never_becomes_a_command(text):
    """Where nothing sets the command apart for certain, the text is refused."""
    assert set_apart(text) is None
    with pytest.raises(Unusable):
        refuse_prose(text)


@pytest.mark.parametrize(
    "text",
    [
        "ls -la",
        "type `which ls`",
        "`which python` -m pip",
        "rm `cat list`",
        "Xvfb :1 &",
        "Rscript -e 'x'",
        ": > log",
        "git commit -m 'Fix it\n\nThis changes the thing.'",
        "cat <<'E'\n1. a\n2. b\nThis is it.\nE",
        "cat > a <<E\n\nThis is it.\nE",
        "case $1 in\n1) ls;;\n2) pwd;;\nesac",
        "tar cf \\\n  - x",
        "# This lists all files.\nls",
        "ls\n\npwd",
        "ls # This lists all files.",
        "a=(\n  b\n)",
        "if ls; then\n  pwd\nfi",
    ],
)
def test_scripts_are_no_prose(text):
    """Quotes, here-documents and comments may hold sentences and lists."""
    assert set_apart(text) is None
    refuse_prose(text)


def test_a_choice_is_seen_in_the_prose_around_a_block():
    """Counted ways mean that there are several."""
    assert offers_choice("Option 1: the short way")
    assert offers_choice("## Method B")
    assert offers_choice("It lists.\nOr, with hidden files: `ls -a`")
    assert not offers_choice("The option -l is for long.")
