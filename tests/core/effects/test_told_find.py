"""find's expression in words."""

import shlex

import pytest

from linara_agent.core.effects.told_find import told
from linara_agent.core.shell.script import Known, Span, Word


def words(expression: str) -> tuple[Word, ...]:
    return tuple(
        Word(span=Span(0, 0), source=text, value=Known(text))
        for text in shlex.split(expression)
    )


def said(expression: str) -> list[str]:
    return [one.text for one in told(words(expression), "x")]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("", "lists every path below x"),
        ("-type f", "lists every file below x"),
        ("-type d -empty", "lists every directory below x that is empty"),
        ("-name '*.o'", "lists every path below x named *.o"),
        ("-iname a -type f", "lists every file below x named a in any case"),
        ("-mtime +7 -delete", "deletes every path below x older than 7 days"),
        ("-mtime -1", "lists every path below x changed in the last 1 day"),
        ("-mmin +30", "lists every path below x older than 30 minutes"),
        ("-size +100M", "lists every path below x larger than 100 MB"),
        ("-size -2k", "lists every path below x smaller than 2 KB"),
        ("-size 0", "lists every path below x that is empty"),
        ("-newer a", "lists every path below x changed after a was"),
        ("-user bob", "lists every path below x owned by bob"),
        ("-perm -022", "lists every path below x with at least the permissions 022"),
        ("-maxdepth 1 -type f", "lists every file directly in x"),
        ("-maxdepth 3", "lists every path at most 3 levels below x"),
        ("-xdev -user u",
         "lists every path below x owned by u and on the same file system"),
        ("! -name a", "lists every path below x not named a"),
        ("-not -type d", "lists every path below x that is not a directory"),
        ("! -empty", "lists every path below x that is not empty"),
        ("! -path '*/p/*'", "lists every path below x whose path does not match */p/*"),
        ("-name a -o -name b", "lists every path below x named a or named b"),
        (
            "-type f \\( -name a -o -name b \\) -delete",
            "deletes every file below x named a or named b",
        ),
        ("! \\( -name a -o -name b \\)",
         "lists every path below x neither named a nor named b"),
        ("-name a -o -name b -delete", "deletes every path below x named b"),
        (
            "-type d -name .git -prune -o -type f -print",
            "lists every file below x, leaving out every directory named .git",
        ),
        ("-type f -exec wc {} \\;", "runs wc for every file below x"),
        ("-ok wc {} \\;", "runs wc for every path below x if you agree"),
        ("-fprint out", "writes into out the names of every path below x"),
    ],
)  # fmt: skip
def test_tests_and_actions_are_told_together(expression: str, expected: str):
    """An action is for what the tests before it, in its branch, let through."""
    assert said(expression) == [expected]


def test_each_action_is_told():
    """A later action is for fewer, and says so."""
    assert said("-type f -print -name a -delete") == [
        "lists every file below x",
        "deletes every file below x named a",
    ]


@pytest.mark.parametrize(
    "expression",
    [
        "-nosuch -delete",
        "-size x -delete",
        "-mtime x -delete",
        "( -name a -delete ) -o -x",
    ],
)
def test_what_cannot_be_told_is_told_roughly(expression: str):
    """An action is never left out because its tests are beyond these words."""
    assert said(expression) == ["deletes what is below x and passes the tests given"]


@pytest.mark.parametrize("expression", ["-name", "-exec", "(", "!", "-size", "-o"])
def test_a_broken_expression_is_told_roughly(expression: str):
    """Words that are missing are no crash."""
    assert said(expression)
