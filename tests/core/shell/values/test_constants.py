"""Which variables are constants; that none is wrong is shown in test_against_bash."""

import pytest

from tests.core.shell.answers import reading

CONSTANT = [
    "x=a; m $x",
    "x=a\nm $x",
    "export x=a; m $x",
    "readonly x=a; m $x",
    "x=a; { m $x; }",
    "x=a; (m $x)",
    "x=a; if true; then m $x; fi",
    "x=a; for i in b c; do m $x; done",
    "x=a; f() { m $x; }; f",
    "x=a; y=b; unset y; read z; m $x",
    "x=a; printf '%s' \"$y\"; m $x",
    "x=a; x=c m $x",
    "x=a; echo $((1+2)); m $x",
    "x=a; for ((i=0; i<3; i++)); do m $x; done",
]
CHANGED = [
    "m $x; x=a",
    "x=a; x=b; m $x",
    "true && x=a; m $x",
    "if b; then x=a; fi; m $x",
    "(x=a); m $x",
    "x=a & m $x",
    "x=$(b); m $x",
    "x=a; x+=b; m $x",
    "x=a; f() { x=b; }; m $x",
    "f() { m $x; }; x=a; f; x=b; f",
    "x=a; read -r y x; m $x",
    "x=a; unset x; m $x",
    "x=a; unset $y; m $x",
    "x=a; eval $y; m $x",
    "x=a; . f; m $x",
    "x=a; $y; m $x",
    "x=a; trap b DEBUG; m $x",
    "x=a; ((x=1)); m $x",
    "x=a; let x++; m $x",
    "x=a; [[ x -eq 1 ]]; m $x",
    "x=a; : ${x:=b}; m $x",
    "x=a; : $((x++)); m $x",
    "x=a; : ${y:x=1}; m $x",
    "x=a; for x in b; do :; done; m $x",
    "x=a; declare -n y; m $x",
    "x=a; declare -i x; m $x",
    "x=a; command export x=b; m $x",
    "x=a; printf -vx b; m $x",
    "x=a; printf $y b; m $x",
    "x=a; exec {x}>/dev/null; m $x",
    "x=a; coproc x { b; }; m $x",
    "x=a >f; m $x",
    "{ x=a; } <f; m $x",
    ": $((1/0)); x=a\nm $x",
    "UID=1; x=a\nm $x",
    "PWD=a; m $PWD",
]


@pytest.mark.parametrize("text", CONSTANT)
def test_what_is_set_once_for_certain_is_known(text):
    """A variable that is set once, where it cannot be skipped, is a constant."""
    assert _shown(text) == "a"


@pytest.mark.parametrize("text", CHANGED)
def test_what_may_be_set_otherwise_is_unknown(text):
    """A variable that anything else may set has no value that is relied on."""
    assert _shown(text) is None


def test_the_home_is_no_constant_once_it_is_touched():
    """Setting HOME anywhere takes the tilde's value away everywhere."""
    assert _shown("m ~; HOME=/x") is None
    assert _shown("m ~") == "/home/someone"


def _shown(text: str) -> str | None:
    [call] = [
        one
        for one in reading(text).invocations
        if one.program is not None and one.program.known == "m"
    ]
    return call.words[0].known
