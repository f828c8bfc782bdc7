"""Functions that surely stand in the place of the programs of their name."""

import pytest

from tests.core.shell.answers import reading

CERTAIN = {
    "f() { a; }; f": ("f",),
    "f() { g; }; g() { a; }; f": ("f", "g"),
    "function f { a; }; g() { b; }; f; g": ("f", "g"),
    "f() { a; }; unset x; f": ("f",),
    "f() { a; }; trap f EXIT; f": ("f",),
    "f() { a; }": ("f",),
    "f() { g; }; f; g() { a; }": ("f",),
}
DOUBTFUL = {
    "f; f() { a; }": "called before",
    "if a; then f() { b; }; fi; f": "conditional",
    "(f() { a; }); f": "in a subshell",
    "b | f() { a; }; f": "in a pipeline",
    "f() { a; } & f": "in the background",
    "f() { a; } | b; f": "in a pipeline, although the parser sees a longer body",
    "a && f() { b; }; f": "conditional",
    "f() { a; }; unset -f f; f": "taken away",
    "f() { a; }; unset f; f": "taken away if no variable has its name",
    "f() { a; }; unset $x; f": "perhaps taken away",
    "f() { a; }; eval $x; f": "perhaps taken away",
    "f() { a; }; trap 'unset -f f' DEBUG; f": "taken away by a trap",
    "f() { a; }; builtin unset -f f; f": "taken away by a builtin",
    "f() { a; }; $x; f": "perhaps taken away",
    ": $((1/0)); f() { a; }\nf": "never reached",
}


@pytest.mark.parametrize(("text", "names"), CERTAIN.items(), ids=CERTAIN.keys())
def test_a_function_defined_first_is_certain(text, names):
    """A definition that stands before every call, and stays, is relied on."""
    assert reading(text).functions == names


@pytest.mark.parametrize("text", DOUBTFUL, ids=list(DOUBTFUL))
def test_a_doubtful_function_is_judged_as_a_program(text):
    """A name that may still mean the program is not in the script's functions."""
    assert reading(text).functions == ()


def test_a_function_inside_a_function_is_doubtful():
    """It is defined only when the outer one is called."""
    assert reading("g() { f() { a; }; }; f").functions == ("g",)
