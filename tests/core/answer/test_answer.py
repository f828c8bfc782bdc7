"""Which command a model's text holds, and when it holds none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linara_agent.core.answer.answer import Answer, take
from linara_agent.core.answer.unusable import Lack, Unusable
from linara_agent.core.shell.guards.characters import deceptions

WORDS = "list all the files here"
SENTINEL = "I_DONT_UNDERSTAND"
HEREDOC = "cat > a.md <<'EOF'\n# a\n```bash\nmake\n```\nEOF"


def answer(text: str, words: str = WORDS) -> Answer:
    return take(text, words, sentinel=SENTINEL)


def taken(text: str) -> str:
    return answer(text).command


TAKEN = {
    "bare": ("ls -la", "ls -la"),
    "blanks around": ("\n  ls -la \n\n", "ls -la"),
    "6 fence": ("```bash\nls -la\n```", "ls -la"),
    "fence without language": ("```\nls -la\n```\n", "ls -la"),
    "tilde fence": ("~~~sh\nls -la\n~~~", "ls -la"),
    "long fence around a fence": (f"````bash\n{HEREDOC}\n````", HEREDOC),
    "fence in one line": ("```ls -la```", "ls -la"),
    "code in one line": ("`ls -la`", "ls -la"),
    "7 prose and fence": (
        "Sure, here it is:\n\n```sh\nls -la\n```\nHave fun!",
        "ls -la",
    ),
    "8 thinking": ("<think>The user\nwants `rm`?</think>\n\nls -la", "ls -la"),
    "thinking twice": ("<think>a</think><thinking>b</thinking>ls", "ls"),
    "thinking without a start": ("The user wants it.\n</think>\n\nls -la", "ls -la"),
    "thinking before a fence": ("<think>x</think>```bash\nls\n```", "ls"),
    "9 several lines": ("cd /tmp\nls -la", "cd /tmp\nls -la"),
    "9 line breaks of Windows": ("cd /tmp\r\nls -la\r\n", "cd /tmp\nls -la"),
    "prompt sign": ("$ ls -la", "ls -la"),
    "prompt signs": ("```console\n$ cd /tmp\n$ ls\n```", "cd /tmp\nls"),
    "13 JSON": ('{"command": "ls -la"}', "ls -la"),
    "13 JSON script": ('{"script": "cd /\\nls", "x": 1}', "cd /\nls"),
    "13 JSON with line breaks": ('{"command": "cd /\nls"}', "cd /\nls"),
    "13 JSON in a fence": ('```json\n{"command": "ls -la"}\n```', "ls -la"),
    "13 JSON in a plain fence": ('```\n{"command": "ls"}\n```', "ls"),
    "tags": ("<command>ls</command>", "ls"),
    "HTML around": ("<pre><code class='a'>ls</code></pre>", "ls"),
    "fence in tags": ("<answer>```sh\nls\n```</answer>", "ls"),
    "fence in JSON": ('{"command": "```bash\\nls\\n```"}', "ls"),
    "quotes": ('"ls -la"', "ls -la"),
    "a program in quotes": ('"/opt/My App/a" -n "b"', '"/opt/My App/a" -n "b"'),
    "byte order mark": ("\ufeffls", "ls"),
    "entity in quotes": ("sed 's/&amp;/x/' a", "sed 's/&amp;/x/' a"),
    "Markdown in a here-document": (HEREDOC, HEREDOC),
    "a fence around it": (f"```bash\n{HEREDOC}\n```", HEREDOC),
    "group": ("{ ls; pwd; }", "{ ls; pwd; }"),
    "test": ("[ 1 -eq 1 ] && ls", "[ 1 -eq 1 ] && ls"),
    "tag in a command": ("grep '</think>' a.txt", "grep '</think>' a.txt"),
    "substitution": ("echo `date` `id`", "echo `date` `id`"),
    "here-document": ("cat <<E\n- a\n- b\nE", "cat <<E\n- a\n- b\nE"),
    "other scripts": ("touch 日本語 é", "touch 日本語 é"),
    "dollar in a here-document": ("cat <<E\n$ ls\nE", "cat <<E\n$ ls\nE"),
    "escaped backslash": ("echo \\\\", "echo \\\\"),
}


@pytest.mark.parametrize("name", TAKEN)
def test_wrapping_around_one_command_is_taken_off(name):
    """One command in a fence, prose, thinking, JSON or behind a prompt is found."""
    text, command = TAKEN[name]
    assert taken(text) == command


REFUSED = {
    "empty": ("", "is empty"),
    "blank": (" \n\t", "is empty"),
    "only thinking": ("<think>hm</think>", "is empty"),
    "cut thinking": (
        "<think>I could rm -rf /",
        "in the middle of the model's thinking",
    ),
    "empty fence": ("```bash\n```", "command is empty"),
    "open fence": ("```bash\nls -la", "not closed"),
    "two fences": ("```\nls\n```\nor\n```\nls -a\n```", "several commands"),
    "alternatives in a fence": ("```bash\nls\n# or\nls -a\n```", "several commands"),
    "options": ("# Option 1: short\nls\n# Option 2: long\nls -l", "several commands"),
    "or": ("ls\nor:\nls -a", "several commands"),
    "numbered list": ("1. ls\n2. ls -a", "several commands"),
    "bulleted list": ("- ls\n- ls -a", "several commands"),
    "other language": ("```python\nimport os\n```", "another language"),
    "fence in an open here-document": (
        HEREDOC.replace("'EOF'", "EOF"),
        "part of a here-document",
    ),
    "output": ("$ ls\na.txt\nb.txt", "together with their output"),
    "10 sentinel": ("I_DONT_UNDERSTAND", "did not understand"),
    "10 sentinel in a fence": ("```\ni_dont_understand\n```", "did not understand"),
    "10 sentinel as a program": ("echo 'I_DONT_UNDERSTAND.'", "did not understand"),
    "13 JSON and more": ('{"command": "ls"}\nrm -rf /', "more text after its JSON"),
    "13 JSON twice": ('{"command": "ls", "command": "rm"}', "several commands"),
    "13 JSON both": ('{"command": "ls", "script": "rm"}', "several commands"),
    "13 JSON list": ('["ls", "pwd"]', "several commands"),
    "13 JSON without": ('{"cmd": "ls"}', "without a text `command`"),
    "13 JSON of a list": ('{"command": ["ls", "-la"]}', "without a text `command`"),
    "13 broken JSON": ('{"command": "find . -name \\*.py"}', "looks like JSON"),
    "13 cut JSON": ('{"command": "rm -r par', "looks like JSON"),
    "13 JSON of blanks": ('{"command": " "}', "command is empty"),
    "14 too long": ("echo " + "x" * (64 << 10), "longer than 65536 bytes"),
    "14 too long in bytes": ("echo " + "é" * (33 << 10), "longer than 65536 bytes"),
    "HTML in tags": ("<pre>a &lt; b</pre>", "spelt as HTML"),
    "HTML": ("ls &amp;&amp; pwd", "spelt as HTML"),
    "two tags": ("<command>ls</command><command>pwd</command>", "more than one"),
    "tags and text": ("<command>ls</command> or pwd", "text beside"),
    "unknown tags": ("<tool_call>ls</tool_call>", "not known"),
    "last tag": ("ls</command>", "text beside"),
    "program in quotes": ('"/opt/My App/run"', "as a program's name"),
    "odd quotes": ('"grep "a b" c"', "do not fit together"),
    "odd backquotes": ("`a=`b``", "backquote"),
    "code in a fence": ("```\n`ls`\n```", "in two ways"),
    "language in a line": ("```bash ls -la```", "begins with a shell"),
    "fence in quotes": ("echo '\n```\nmake\n```\n' > a", "quoted text"),
    "fence left": ("echo ```ls```", "holds a Markdown fence"),
    "choice around a fence": ("Option 1:\n```\nls\n```\nOption 2: a", "several"),
    "session around a fence": ("$ ls\n```\npwd\n```", "several commands"),
    "root's prompt": ("# apt update", "commands of root"),
    "lookalike": ("wc \u2013l", "U\\+2013 EN DASH, which looks like -"),
    "15 echo": ("List all the  files here.", "only repeats the request"),
    "15 quoted echo": ('"list all the files here"', "only repeats the request"),
    "cut line": ("ls -la \\", "ends in a backslash"),
    "secret": ("curl -u me:[redacted:password:0a1b2c3d] x", "needs a secret"),
    "12 colour": ("ls \x1b[31m-la", "control character, U\\+001B"),
    "12 carriage return": ("rm -rf ~\rls", "control character, U\\+000D"),
    "12 backspace": ("rm -rf ~\b\b\bls", "U\\+0008"),
    "12 NUL": ("ls\0 -la", "U\\+0000"),
    "12 C1": ("ls \x9b31m", "U\\+009B"),
    "12 bidi": ("ls \u202e/ fr- mr", "direction-changing.*U\\+202E"),
    "12 isolate": ("ls \u2066x", "U\\+2066"),
    "12 zero width": ("l\u200bs", "zero width space"),
    "12 byte order mark": ("ls \ufeff-la", "U\\+FEFF"),
    "12 tag": ("ls \U000e0041", "U\\+E0041"),
    "12 line separator": ("ls\u2028rm", "hidden line break"),
    "12 line separator in a fence": ("```\nls\u2028rm\n```", "hidden line break"),
    "12 filler": ("touch a\u3164b", "letter that shows nothing"),
    "12 wide space": ("ls\u00a0-la", "not a plain space"),
    "12 lone surrogate": ("ls \ud800", "broken character"),
    "12 in JSON": ('{"command": "ls \\u202e"}', "U\\+202E"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_text_without_exactly_one_legible_command_is_refused(name):
    """Nothing is guessed: the reason is named, and nothing of the text is used."""
    text, what = REFUSED[name]
    with pytest.raises(Unusable, match=what):
        taken(text)


def test_wide_space_of_a_named_file_may_be_used():
    """A space that the person typed themselves is no disguise of the model's."""
    command = "rm 'Shot\u202f1.png'"
    assert answer(command, "remove Shot\u202f1.png").command == command


@pytest.mark.parametrize(
    ("text", "rationale"),
    [
        ("Lists\x1b[2J all:\n```\nls\n```\nEnjoy\u202e.", "Lists [2J all: Enjoy ."),
        ('{"command": "ls", "explanation": "Lists."}', "Lists."),
        ("```\nls\n```", None),
        ("ls", None),
        ("why " * 400 + "\n```\nls\n```", ("why " * 400)[:499] + "…"),
    ],
)
def test_prose_around_the_command_becomes_a_harmless_rationale(text, rationale):
    """The model's explanation is kept, on one line, cut and without control."""
    assert answer(text).rationale == rationale


LACKS = {
    "": Lack.EMPTY,
    SENTINEL: Lack.NOT_UNDERSTOOD,
    f"{SENTINEL}: which files?": Lack.NOT_UNDERSTOOD,
    "echo [redacted:password:0a1b2c3d]": Lack.SECRET,
    "```\nls\n```\n```\npwd\n```": Lack.SEVERAL,
    '{"command": "ls", "command": "rm"}': Lack.SEVERAL,
    "List all the files here": Lack.ECHO,
    "```bash\nls": Lack.OTHER,
}


@pytest.mark.parametrize("text", LACKS)
def test_the_refusal_says_what_is_lacking(text):
    """What the person can do next depends on the kind of the refusal."""
    with pytest.raises(Unusable) as caught:
        taken(text)
    assert caught.value.lack is LACKS[text]


PIECES = st.sampled_from(
    ["```", "```bash", "~~~", "\n", "$ ", "<think>", "</think>", '{"command": "', '"}']
)


@given(st.lists(PIECES | st.text(max_size=8), max_size=12).map("".join))
def test_any_text_gives_a_legible_command_or_a_reason(text):
    """Whatever a model writes, the answer is a clean command or a plain refusal."""
    try:
        command = taken(text)
    except Unusable:
        return
    assert command
    assert command == command.strip()
    assert list(deceptions(command)) == []
    assert taken(command) == command


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "text",
    [
        "<think></think>" * 200_000,
        "<think>" * 400_000,
        "or" + " " * 2_000_000 + "x",
        "```" + " " * 2_000_000 + "`",
        "```\n" * 500_001,
        "x</think>" + "\n</think> " * 300_000,
        "[" * 1_000_000,
        "{" * 1_000_000,
        "`" * 2_000_000,
        "Sure, " + " " * 2_000_000 + "a",
        "$ " * 1_000_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_huge_texts_take_no_more_than_linear_time(text):
    """Two megabytes made to be slow are refused long before the test's time limit."""
    with pytest.raises(Unusable):
        taken(text)
