"""What a sed script does beside editing."""

import pytest

from linara_agent.core.effects.sed_script import Act, acts

NOTHING: tuple[Act, ...] = ()


@pytest.mark.parametrize(
    "script",
    [
        "p",
        "1,10p",
        "$d",
        "s/a/b/g;s|c|d|2p",
        "/^#/d; s/ *$//",
        ":a;N;$!ba;s/\\n/ /g",
        "y/abc/xyz/",
        "/a/,/b/{p;=}",
        "\\%x%d",
        "/x/I!d",
        "0~3d",
        "/a/,+2d",
        "a text; w x",
        "i\\\nw x",
        "a one\\\nw two",
        "#w x",
        "q5",
        "l 3",
        "s/[/]w x//",
        "s/[]/w]/x/",
        "{h;d}",
        "$!{h;d};x;G",
        "s/w x/e/",
        "s/\\/w/x/",
        "s,a\\,w b,c,",
        "b end;p;: end",
    ],
)
def test_editing_is_harmless(script: str) -> None:
    """Editing commands, whatever their delimiters and texts, do nothing else."""
    assert tuple(acts(script)) == NOTHING


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("w x", Act(kind="writes", argument="x")),
        ("W x y", Act(kind="writes", argument="x y")),
        ("p;w x", Act(kind="writes", argument="x")),
        ("1!w x", Act(kind="writes", argument="x")),
        ("/[/]/w x", Act(kind="writes", argument="x")),
        ("\\%a%w x", Act(kind="writes", argument="x")),
        (":a w x", Act(kind="writes", argument="x")),
        (": a ;w x", Act(kind="writes", argument="x")),
        ("ba;w x", Act(kind="writes", argument="x")),
        ("#c\\\nw x", Act(kind="writes", argument="x")),
        ("a t\\\nmore\nw x", Act(kind="writes", argument="x")),
        ("s/a/b/w x", Act(kind="writes", argument="x")),
        ("s/a/b/2gpw x", Act(kind="writes", argument="x")),
        ("s/a/b/ w x", Act(kind="writes", argument="x")),
        ("s/[/]/x/;w x", Act(kind="writes", argument="x")),
        ("sxaxbxw x", Act(kind="writes", argument="x")),
        ("r x", Act(kind="reads", argument="x")),
        ("$R x", Act(kind="reads", argument="x")),
    ],
)
def test_files(script: str, expected: Act) -> None:
    """Files are named exactly."""
    assert tuple(acts(script)) == (expected,)


@pytest.mark.parametrize(
    "script",
    [
        "e",
        "1e date",
        "s/a/b/e",
        "s/a/b/ge",
        "s/a/b/ep",
        "s/a/b/gme",
        "k",
        "s/a",
        "s/a/b",
        "/a",
        "s/a/b/!",
        "y/a/b/g",
        "s/[\\]/]/w x/",
        "s\\a\\b\\",
        "s/[/x/",
    ],
)
def test_the_rest_is_unknown(script: str) -> None:
    """Commands that run something, and what cannot be told apart, are unknown."""
    assert [act.kind for act in acts(script)] == ["unknown"]


def test_a_script_may_do_several_things() -> None:
    """Everything is found, up to the first thing that is unknown."""
    kinds = [act.kind for act in acts("r a\nw b\ns/x/y/w c\ne\nw d")]
    assert kinds == ["reads", "writes", "writes", "unknown"]
