"""Which texts are certain to come out of a pipe."""

import pytest

from tests.core.gates import PLACE, decision, gate


def given(command: str) -> list[str]:
    """The texts that the shells of a command are known to get."""
    script = gate().read(command, PLACE)
    return [one.script.text for one in gate().resolve(script, PLACE).nested]


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("echo ls | sh", "ls\n"),
        ("echo -n ls | sh", "ls"),
        ("echo -e 'ls\\nid' | bash", "ls\nid\n"),
        ("printf '%s\\n' pwd ls | sh", "pwd\nls\n"),
        ("printf 'ls %s' ~ | sh", "ls /home/u"),
        ("echo $'ls\\tx' | sh", "ls\tx\n"),
        ("x=echo; $x ls | sh", "ls\n"),
        ("command echo ls | sh", "ls\n"),
        ("builtin printf ls | sh", "ls"),
        ("/bin/echo ls | sh", "ls\n"),
        ("cat <<'E' | sh\nls $x\nE", "ls $x\n"),
        ("cat <<< ls | sh", "ls\n"),
        ("(cat <<< ls) | sh", "ls\n"),
        ("{ cat <<< ls; echo pwd; } | sh", "ls\npwd\n"),
        ("cat <<-E | sh\n\tls\n\tE", "ls\n"),
        ("echo ls | cat | cat - | sh", "ls\n"),
        ("echo ls | tee f | sh", "ls\n"),
        ("{ echo pwd; echo ls; } | sh", "pwd\nls\n"),
        ("{ echo pwd; # a comment\necho ls; } | sh", "pwd\nls\n"),
        ("(echo pwd; printf 'ls\\n') | sh", "pwd\nls\n"),
        ("echo ls | (sh)", "ls\n"),
        ("echo ls | { sh; }", "ls\n"),
        ("! echo ls | sh", "ls\n"),
        ("if true; then echo ls | sh; fi", "ls\n"),
        ("f() { echo ls | sh; }; f", "ls\n"),
        ("x=$(echo ls | sh)", "ls\n"),
        ("echo ls | sh | cat", "ls\n"),
    ],
)
def test_what_is_printed_for_certain(command: str, text: str):
    """Builtins with known words, and what only passes them on, are certain."""
    assert given(command) == [text]


@pytest.mark.parametrize(
    "command",
    [
        "echo $x | sh",
        "echo *.c | sh",
        "echo ls > f | sh",
        "echo ls >&2 | sh",
        "echo ls < f | sh",
        "x=1 echo ls | sh",
        "echo ls |& sh",
        "command -v echo | sh",
        "./echo ls | sh",
        "/bin/echo -e ls | sh",
        'sh -c "echo -e ls | sh"',
        "{ true && echo ls; } | sh",
        "{ echo ls & } | sh",
        "{ echo ls; date; } | sh",
        "{ echo ls; } 2>f | sh",
        "for i in 1 2; do echo ls; done | sh",
        "while echo ls; do break; done | sh",
        "echo ls | { sh; } < file",
        "echo ls | { read x; sh; }",
        "echo ls | tee /dev/stdout | sh",
        "echo ls | tee $x | sh",
        "echo ls | tee >(cat) | sh",
        "echo ls | cat - x | sh",
        "echo ls | cat -n | sh",
        "cat x - <<E | sh\nls\nE",
        "cat <<E <x | sh\nls\nE",
        "cat <<E | sh\n$x\nE",
        "printf '%d' 1 | sh",
        "BASH_XTRACEFD=1; set -x; echo ls | sh",
        "trap 'date' DEBUG; echo ls | sh",
    ],
)
def test_what_is_not_certain_is_not_read(command: str):
    """Where the output may be another one, the text is unknown."""
    assert "ls" not in {text.strip() for text in given(command)}
    assert decision(command) != "allow"


@pytest.mark.parametrize(
    "command",
    [
        "echo() { cat x; }; echo ls | sh",
        "function echo { cat x; }; echo ls | sh",
        "f() { echo() { cat x; }; }; f; echo ls | sh",
        "eval 'echo() { cat x; }'; echo ls | sh",
        "eval 'ec''ho() { cat x; }'; echo ls | sh",
        "source <(echo 'echo() { cat x; }'); echo ls | sh",
        "set -a; echo() { cat x; }; bash -c 'echo ls | sh'",
        "echo() { cat x; }; eval 'echo ls | sh'",
        "for i in 1 2; do eval \"$(echo 'echo() { cat x; }')\"; done",
        "alias echo='cat x'; echo ls | sh",
        "enable -n echo; echo ls | sh",
        "shopt -s xpg_echo; echo ls | sh",
        "hash -p /tmp/x cat; cat <<E | sh\nls\nE",
        "command() { cat x; }; command echo ls | sh",
        "$x; echo ls | sh",
    ],
)
def test_a_name_may_mean_something_else(command: str):
    """A function or an alias in the place of a builtin prints what it likes."""
    assert decision(command) != "allow"


def test_a_name_that_is_plainly_left_alone_is_certain():
    """An eval whose text defines nothing takes no certainty away."""
    assert decision("eval 'ls -l'; echo ls | sh") == "allow"
    assert decision("f() { ls; }; echo ls | sh") == "allow"
