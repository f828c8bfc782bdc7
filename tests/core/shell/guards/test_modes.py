"""Commands after which bash may read by other rules."""

import pytest

from tests.core.shell.answers import reading

HARMLESS = [
    "set -e",
    "set -euo pipefail; ls",
    "set -oe pipefail; ls",
    "set +x",
    "set -- a b",
    'set -- "$@"',
    "set a b",
    'set "a$x"',
    "set",
    "set -o",
    "shopt",
    "shopt -s nullglob globstar",
    "shopt -q login_shell",
    "shopt nullglob",
    "command set -e",
]
OTHER_RULES = [
    "set -k",
    "set +B",
    "set -o posix",
    "set -eo posix",
    "set -euo pipefail -o history",
    "set $x",
    'set "$x"',
    "set -e $x",
    "shopt -s expand_aliases",
    "shopt -s lastpipe",
    "shopt -s $x",
    "shopt -qs lastpipe",
    "shopt -so posix",
    "builtin shopt -s expand_aliases",
    "'shopt' -s expand_aliases",
    "command -p set -o posix",
    "POSIXLY_CORRECT=1",
    "POSIXLY_CORRECT=1 ls",
    "export POSIXLY_CORRECT=1",
    "enable -n cd",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_modes_are_read(text):
    """Options that leave words, names and parsing alone are nothing special."""
    assert reading(text).opaque == ()


@pytest.mark.parametrize("text", OTHER_RULES)
def test_other_rules_make_the_rest_opaque(text):
    """From a command that may change how bash reads, all to the end is opaque."""
    script = reading(f"ls\n{text}\nwc")
    [opaque] = script.opaque
    assert script.text[opaque.span.start : opaque.span.end] == f"{text}\nwc"
