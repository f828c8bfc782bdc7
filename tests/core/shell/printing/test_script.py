"""The tree prints back to bash that means the same."""

import json
from pathlib import Path

import pytest

from linara_agent.core.shell.printing.script import to_bash
from linara_agent.core.shell.script import Script
from tests.core.shell.answers import reading, told
from tests.core.shell.mvdan.test_reader import TABLE

CORPUS = Path(__file__).parents[3] / "corpus" / "shell"
EVERY = 40
"""Of the corpus of commands, one in so many."""
MOST = 2 / 3

PRINTED = {
    "a;b": "a\nb\n",
    "if a; then b; elif c; then d; else e; fi": (
        "if a; then\n    b\nelif c; then\n    d\nelse\n    e\nfi\n"
    ),
    "while a;b; do c& done": "while a; b; do\n    c &\ndone\n",
    "f() { (a); }>x": "f() {\n    (\n        a\n    )\n} > x\n",
    "case $x in a|b) c;& *) ;; esac": "case $x in (a | b)\n    c\n;& (*)\n;; esac\n",
    "for((i=0;i<9;i++)){ a; }": "for ((i = 0; i < 9; i++)); do\n    a\ndone\n",
    "cat <<E|b >f\nx $(c)\nE\n": "cat <<E | b > f\nx $(c)\nE\n",
    "a `b \\`c\\`` # d\n# e": "# d\na $(b $(c))\n# e\n",
    "a $( (b) ) $(c & d) $(e <<E\nf\nE\n)": (
        "a $( ( b; )) $(c & d) $(\n    e <<E\nf\nE\n)\n"
    ),
    "[[ -n $x&&! ( a =~ b|c ) ]]": "[[ -n $x && ! ( a =~ b|c ) ]]\n",
    "a=([0]=b c) d+=e f[i+1]=g": "a=([0]=b c) d+=e f[i+1]=g\n",
    'x="${y:- -1}${y: -1:2}${!z@}${#q[@]}${w//a/b}"': (
        'x="${y:- -1}${y: - 1:2}${!z@}${#q[@]}${w//a/b}"\n'
    ),
    "let x=1+2 'y = 3'": "let x=1+2 'y = 3'\n",
    "! time -p a|&b": "! time -p a |& b\n",
    "coproc n { a; }": "coproc n {\n    a\n}\n",
    "a &>f &> >(b) 3<&0 2>&-": "a &> f &> >(b) 3<&0 2>&-\n",
}


@pytest.mark.parametrize(("text", "expected"), PRINTED.items(), ids=PRINTED.keys())
def test_the_tree_is_printed_in_one_style(text, expected):
    """One statement a line, bodies indented, words as they were."""
    assert to_bash(reading(text).nodes) == expected


def corpus() -> list[str]:
    """Scripts of every kind that the tests have."""
    rows = (CORPUS / "scripts.jsonl").read_text().splitlines()
    return [
        *TABLE,
        *(CORPUS / "constructs.txt").read_text().strip("\n").split("\n--\n"),
        *(json.loads(row)["script"] for row in rows),
        *(CORPUS / "nl2bash.txt").read_text().splitlines()[::EVERY],
    ]


def check_printed(script: Script) -> None:
    """Reading what is printed gives the same commands, and prints the same."""
    printed = to_bash(script.nodes)
    again = reading(printed)
    assert again.opaque == ()
    assert told(again) == told(script)
    assert sorted(again.functions) == sorted(script.functions)
    assert to_bash(again.nodes) == printed


def test_what_is_printed_reads_the_same():
    """Printing and reading again changes no command, no word and no redirection."""
    scripts = [reading(text) for text in corpus()]
    read = [script for script in scripts if not script.opaque]
    assert len(read) > MOST * len(scripts)
    for script in read:
        check_printed(script)


def test_an_opaque_tree_is_not_printed():
    """What could not be read is not made up."""
    script = reading("echo ${ date; }")
    assert script.opaque
    with pytest.raises(ValueError, match="opaque"):
        to_bash(script.nodes)


def test_the_check_sees_a_difference():
    """The comparison fails where printing loses a word."""
    assert told(reading("a b")) != told(reading("a"))
