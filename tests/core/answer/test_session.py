"""Prompt signs of a session are taken off, or the answer is refused."""

import pytest

from linara_agent.core.answer.session import without_prompts
from linara_agent.core.answer.unusable import Unusable


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("$ ls", "ls"),
        ("  $ ls\n\n  $ pwd", "ls\npwd"),
        ("% ls", "ls"),
        ("\u276f ls", "ls"),
        ("ada@host:~/x$ ls", "ls"),
        ("ada@host ~ % ls", "ls"),
        ("root@host:/# ls", "ls"),
        ("[ada@host x]$ ls\n[ada@host x]# pwd", "ls\npwd"),
        ("(venv) ada@host:~$ ls", "ls"),
        ("(venv) $ ls", "ls"),
        ("bash-5.2$ ls", "ls"),
        ("sh-5.1# ls", "ls"),
        ("# what is here\n$ ls", "# what is here\nls"),
        ("$ for x in 1 2; do\n> echo $x\n> done", "for x in 1 2; do\necho $x\ndone"),
        ("$ if a\n> then b\n> fi", "if a\nthen b\nfi"),
        ("$ ls \\\n>   -l", "ls \\\n  -l"),
        ("$ echo 'a\n> b'", "echo 'a\nb'"),
        ("$ cat <<E\n> a\n> E", "cat <<E\na\nE"),
        ("$ a |\n> b\n$ c", "a |\nb\nc"),
    ],
)
def test_prompts_are_taken_off(text, command):
    """`$ `, user and host, and `> ` where a command goes on."""
    assert without_prompts(text) == command


@pytest.mark.parametrize(
    "text",
    [
        "ls",
        "cat <<E\n$ ls\nE",
        "for x in 1; do\n$ x\ndone",
        "#!/bin/bash\n# lists\nls",
        "# lists\nls",
        "> log.txt",
        "> log.txt 2>&1",
        ">log.txt cat a",
        "> /var/log/a.log; ls",
        "[ -f x ] && ls",
        "$x a",
        "echo '$ x'",
        "",
    ],
)
def test_a_script_is_left_alone(text):
    """Comments, redirections and tests begin with the same signs."""
    assert without_prompts(text) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("$ ls\na.txt", "output"),
        ("$ ls\n> a.txt", "output"),
        ("ada@host:~$ ls\na.txt", "output"),
        ("# apt update", "comments, or commands of root"),
        ("# apt update\n# apt upgrade", "comments, or commands of root"),
        ("> ls -la", "quotes in Markdown"),
        ("> ls", "quotes in Markdown"),
        ("> ./a.out | tee log", "quotes in Markdown"),
        ("PS C:\\> dir", "Windows"),
        ("C:\\Users\\ada>dir", "Windows"),
        (">>> import os", "Python"),
    ],
)
def test_what_may_be_a_prompt_or_not_is_refused(text, why):
    """Output, root's prompt, a quotation and other programs' prompts are named."""
    with pytest.raises(Unusable, match=why):
        without_prompts(text)


def test_a_session_without_end_is_refused():
    """Each line that goes on is read with all before it."""
    assert without_prompts("$ if a\n" + "> b\n" * 198 + "> fi").endswith("fi")
    with pytest.raises(Unusable, match="more than 200 lines"):
        without_prompts("$ if a\n" + "> b\n" * 200)
