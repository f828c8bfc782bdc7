"""Builtins that run a word, variables that are code, and subscripts in names."""

import pytest

from tests.core.gates import decision

BAD = "rm -rf ~"
"""Read, never run."""


@pytest.mark.parametrize(
    "command",
    [
        f"alias ll='{BAD}'",
        f"alias a=b ls='{BAD}'",
        "alias r='rm -rf'\nr ~",
        "shopt -s expand_aliases\nalias r='rm -rf'\nr ~",
        f"bash -c $'alias l=\"{BAD}\"\\nl'",
        f"mapfile -C '{BAD}; true' x",
        f"readarray -c 1 -C '{BAD}' x",
        f"compgen -C '{BAD}'",
        f"compgen -W '$({BAD})'",
        f"complete -C '{BAD}' ls",
        f"complete -W '$({BAD})' ls",
        f"jobs -x {BAD}",
        f"fc -e '{BAD}' 1",
        f"bind -x '\"a\":{BAD}'",
        f'bind -x \'"\\C-a": "{BAD}"\'',
        f"exec {BAD}",
        f"coproc {BAD}",
        f"command_not_found_handle() {{ {BAD}; }}; nosuch",
    ],
)
def test_a_word_that_is_run_is_read(command: str):
    """What would be denied alone is denied in a word that a builtin runs."""
    assert decision(command) == "deny"


@pytest.mark.parametrize(
    "command",
    [
        f"PROMPT_COMMAND='{BAD}'",
        f"PROMPT_COMMAND+='{BAD}'",
        f"export PROMPT_COMMAND='{BAD}'",
        f"declare -x PROMPT_COMMAND='{BAD}'",
        f"PS4='$({BAD})'; set -x; ls",
        f"PS4='`{BAD}`' bash -xc ls",
        f"export PS4='$({BAD})'",
        f"env PS4='$({BAD})' bash -xc ls",
        f"PS1='$({BAD}) '",
        f"ENV='$({BAD})' sh",
        f"BASH_ENV='$({BAD})' bash -c ls",
        f"x='$({BAD})'; y=${{x@P}}",
    ],
)
def test_a_variable_that_is_code_is_read(command: str):
    """Commands in the value of such a variable are judged, however it is set."""
    assert decision(command) == "deny"


@pytest.mark.parametrize(
    "command",
    [
        f"printf -v 'a[$({BAD})]' x",
        f"printf -v'a[$({BAD})]' x",
        f"read 'a[$({BAD})]'",
        f"test -v 'a[$({BAD})]'",
        f"[ -v 'a[$({BAD})]' ]",
        f"[[ -v 'a[$({BAD})]' ]]",
        f"[[ 'a[$({BAD})]' -eq 0 ]]",
        f"let 'a[$({BAD})]=1'",
        f"declare -i x='a[$({BAD})]'",
        f"unset 'a[$({BAD})]'",
    ],
)
def test_a_command_in_a_subscript_is_read(command: str):
    """A quoted subscript is expanded once more, and judged."""
    assert decision(command) == "deny"


@pytest.mark.parametrize(
    "command",
    [
        'read "$v"',
        'read -a "$v"',
        'printf -v "$v" x',
        'printf -v"$v" x',
        'printf "$x" a',
        'test -v "$v"',
        '[ ! -v "$v" ]',
        '[ "$a" "$b" ]',
        '[ "$a" "$b" "$c" ]',
        "[ $x ]",
        "[ 1 = 1 -a -v 'a[x]' ]",
        "test -v 'a[x]'",
        "read 'a[x]'",
        "printf -v 'a[x]' y",
        'mapfile "$v" < x',
        'getopts a "$v"',
        'wait -n -p "$v"',
        "alias ls=pwd",
        'alias "$x"',
        "jobs -x make",
        "mapfile -C pwd x",
        'mapfile -C "$x" y',
        "complete -F f ls",
        "fc -s",
        "fc",
        "bind -f x",
        'bind -x "$x"',
        "hash -p /tmp/x ls",
        "enable -f /tmp/x.so x",
        "history -s ls",
        "x=ls; y=${x@P}",
    ],
)
def test_what_may_run_something_is_never_allowed(command: str):
    """A name that cannot be known, and a text that is kept for later, are reviewed."""
    assert decision(command) == "review"


@pytest.mark.parametrize(
    "command",
    [
        "printf -v x '%s' a",
        "printf -v 'a[1]' x",
        "printf '%s\\n' \"$x\"",
        "read -r x y",
        "read -ra words <<<'a b'",
        "getopts ab: opt",
        "wait -n -p id",
        "mapfile -t lines < x",
        "test -v x",
        "[ -v x ]",
        '[ "$x" = y ]',
        '[ -n "$x" ]',
        "[ ! -f a ]",
        '! [ "$x" -gt 2 ]',
        "[ a = b -o c = d ]",
        "[ ]",
        "alias",
        "alias ll",
        "jobs -l",
        "jobs -x ls",
        "fc -l",
        "history 5",
        "bind -P",
        "compgen -c",
    ],
)
def test_plain_names_and_questions_are_allowed(command: str):
    """Setting a variable of a plain name, testing and listing change nothing."""
    assert decision(command) == "allow"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ('f() { rm -rf "$1"; }; f ~', "deny"),
        ('f() { rm -rf "$1"; }; f x', "review"),
        ("f() { rm -rf $2; }; f a ~", "deny"),
        ('g() { ls; }; f() { echo "$1"; g; }; f x', "allow"),
        ("f() { eval \"$1\"; }; f 'ls'", "review"),
        (f"f() {{ {BAD}; }}", "deny"),
        (f"ls() {{ {BAD}; }}; ls", "deny"),
        (f"unset -f x; {BAD}", "deny"),
        ("rm() { ls; }; command rm -rf ~", "deny"),
    ],
)
def test_a_function_is_judged_where_it_is_called_too(command: str, expected: str):
    """Its body is read once more with the words of each call."""
    assert decision(command) == expected
