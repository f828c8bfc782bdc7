"""A command comes out of every wrapping as it went in, or not at all."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linara_agent.core.answer.answer import take
from linara_agent.core.answer.unusable import Unusable

CORPUS = Path(__file__).parents[2] / "corpus" / "shell"
LINES = [
    line
    for line in map(str.strip, (CORPUS / "nl2bash.txt").read_text().splitlines())
    if line and not line.startswith("#")
]
HEREDOC = "cat > a.md <<'EOF'\n# a\n```bash\nmake\n```\nEOF"
SCRIPTS = [
    "#!/bin/bash\n# say it\nset -e\nls",
    HEREDOC,
    f"{HEREDOC}\nls",
    'echo "$ x"',
    "[ -f x ]",
    "{ a; }",
    "cat <<E\n$ ls\n> a\nE",
    "echo 'a\nb'",
    "for i in 1 2; do\n  echo $i\ndone",
    "if a; then\n\tb\nfi",
    "case $1 in\n1) a;;\nesac",
]

WRAPPINGS: dict[str, Callable[[str], str]] = {
    "nothing": lambda it: it,
    "fence": lambda it: f"```bash\n{it}\n```",
    "fence of another shell": lambda it: f'```sh title="x"\n{it}\n```',
    "plain fence": lambda it: f"```\n{it}\n```",
    "long fence": lambda it: f"`````\n{it}\n`````",
    "tildes": lambda it: f"~~~bash\n{it}\n~~~",
    "prose and fence": lambda it: f"Here's it:\n\n```sh\n{it}\n```\n\nIt's short.",
    "list": lambda it: (
        "1. Run:\n\n   ```bash\n   " + it.replace("\n", "\n   ") + "\n   ```"
    ),
    "fence in one line": lambda it: f"```{it}```",
    "code": lambda it: f"`{it}`",
    "sentence": lambda it: f"Run `{it}` now.",
    "prompt": lambda it: f"$ {it}",
    "prompt of a host": lambda it: f"ada@host:~$ {it}",
    "root's prompt": lambda it: "# " + it.replace("\n", "\n# "),
    "quotation": lambda it: "> " + it.replace("\n", "\n> "),
    "thinking": lambda it: f"<think>rm -rf /?</think>\n{it}",
    "end of thinking": lambda it: f"rm -rf /?\n</think>\n\n{it}",
    "channels": lambda it: (
        f"<|channel|>analysis<|message|>rm<|end|><|start|>assistant<|channel|>final"
        f"<|message|>{it}<|return|>"
    ),
    "tags": lambda it: f"<command>{it}</command>",
    "HTML": lambda it: f"<pre><code>{it}</code></pre>",
    "double quotes": lambda it: f'"{it}"',
    "single quotes": lambda it: f"'{it}'",
    "lead": lambda it: f"Here is the command:\n{it}",
    "remark": lambda it: f"{it}\n\nThis command does it.",
    "remark at once": lambda it: f"{it}\nThis command does it.",
    "label": lambda it: f"Command: {it}",
    "item": lambda it: f"- {it}",
    "byte order mark": lambda it: f"\ufeff{it}",
    "line breaks of Windows": lambda it: it.replace("\n", "\r\n") + "\r\n",
    "blanks": lambda it: f"\n  {it}\n\n",
}
THINKING = ("thinking", "end of thinking", "channels")
"""Always before everything else of the answer."""
INNER = sorted(set(WRAPPINGS) - {*THINKING})
ALWAYS = ("nothing", "fence", "tildes", "long fence", "prose and fence", "thinking")


def taken(text: str) -> str | None:
    try:
        return take(text, "a request", sentinel="I_DONT_UNDERSTAND").command
    except Unusable:
        return None


# A line that is itself wrapped, such as `$ ls`, has no one answer.
PLAIN = [line for line in (*LINES, *SCRIPTS) if taken(line) == line]


def test_nearly_all_commands_are_taken_as_they_are():
    """Few of the one-liners are refused: those with a lookalike, a prompt, a cut."""
    assert len(PLAIN) > 0.97 * len(LINES)
    assert set(SCRIPTS) <= set(PLAIN)


@given(st.sampled_from(PLAIN), st.sampled_from(sorted(WRAPPINGS)))
def test_a_wrapped_command_is_taken_exactly_or_refused(command, wrapping):
    """No wrapping gives another text than the one that was wrapped."""
    assert taken(WRAPPINGS[wrapping](command)) in (command, None)


@given(
    st.sampled_from(PLAIN), st.sampled_from(INNER), st.sampled_from(sorted(WRAPPINGS))
)
def test_a_command_wrapped_twice_is_taken_exactly_or_refused(command, inner, outer):
    """Wrappings around wrappings are taken off whole, or not at all."""
    text = WRAPPINGS[outer](WRAPPINGS[inner](command))
    assert taken(text) in (command, None)


@pytest.mark.parametrize("wrapping", ALWAYS)
def test_the_usual_wrappings_are_taken_off(wrapping):
    """What models mostly write is understood, for whichever command."""
    wrapped = {line: WRAPPINGS[wrapping](line) for line in PLAIN[:200] + SCRIPTS}
    refused = {line for line, text in wrapped.items() if taken(text) != line}
    assert refused - {"```" in line and line for line in SCRIPTS} == set()


PIECES = st.sampled_from(
    [
        *("```", "```bash", "~~~", "\n", "$ ", "# ", "> ", "`", "'", '"', "\\"),
        *("<think>", "</think>", "<command>", "</command>", '{"command": "', '"}'),
        *("Run ", "Here is the command:", "This lists.", "or", "1. ", "ls", " ", "<<E"),
    ]
)


@given(st.lists(PIECES | st.text(max_size=4), max_size=14).map("".join))
def test_what_is_taken_is_taken_again_unchanged(text):
    """A second reading of a command changes nothing and refuses nothing."""
    command = taken(text)
    assert command is None or taken(command) == command
