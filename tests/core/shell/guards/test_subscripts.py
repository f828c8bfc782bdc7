"""Quoted text that bash expands a second time."""

import pytest

from tests.core.shell.answers import reading


@pytest.mark.parametrize(
    "text",
    [
        "test -v 'a[$(x)]'",
        "[ -v 'a[`x`]' ]",
        "[[ -v 'a[$(x)]' ]]",
        "[[ 'a[$(x)]' -eq 1 ]]",
        "let 'a[$(x)]=1'",
        "printf -v 'a[$(x)]' b",
        "read 'a[$(x)]'",
        "unset 'a[$(x)]'",
        "declare 'a[$(x)]=1'",
        "wait -p 'a[$(x)]'",
        "(( 'a[$(x)]' ))",
        "echo $(( 'a[$(x)]' ))",
        "a='b[$(x)]'",
        "f() { echo $(($1)); }; f 'a[$(x)]'",
        "set -- 'a[$(x)]'",
        "command printf -v 'a[$(x)]' b",
        "$y 'a[$(x)]'",
    ],
)
def test_a_subscript_in_quotes_is_opaque(text):
    """A quoted name with a command in its subscript is not plain text."""
    assert reading(text).opaque != ()


@pytest.mark.parametrize(
    "text",
    ["grep 'a[$(x)]' f", "sed 's/[`]//' f", "echo 'a[$(x)]'", "[ 'a[0]' = b ]"],
)
def test_a_bracket_for_other_programs_is_plain(text):
    """What no builtin expands again is plain text."""
    assert reading(text).opaque == ()


@pytest.mark.parametrize(
    "text", [">& '$(m2)'", "1>& '`m2`'", '>& "$x"', ">& '<(m2)'", ">& \\$HOME"]
)
def test_what_a_redirection_names_is_expanded_twice(text):
    """Where `>&` may name a file, anything but plain text is opaque."""
    reasons = [one.reason for one in reading(f"m1 {text}").opaque]
    assert "bash expands what this redirection names a second time" in reasons


@pytest.mark.parametrize(
    "text", [">&2", "2>&1", ">&-", ">& f.log", "2>& '$(m2)'", "<& '$(m2)'", "> '$(m2)'"]
)
def test_other_redirections_are_expanded_once(text):
    """Numbers, plain names and other operators and descriptors are read."""
    assert reading(f"m1 {text}").opaque == ()
