"""Texts that a shell is given: after -c, on its input, in `<( )`, by eval and trap."""

import pytest

from linara_agent.core.effects.trace import Nested
from tests.core.gates import PLACE, assess, decision, gate, targets

BAD = "rm -rf ~"
"""Read, never run."""


def nested(command: str) -> tuple[Nested, ...]:
    script = gate().read(command, PLACE)
    return gate().resolve(script, PLACE).nested


@pytest.mark.parametrize(
    "command",
    [
        f"eval '{BAD}'",
        "eval rm -rf '~'",
        f"sh -c '{BAD}'",
        f"dash -c '{BAD}'",
        f"/bin/bash -c '{BAD}'",
        f"env bash -c '{BAD}'",
        f"command eval '{BAD}'",
        f"builtin eval '{BAD}'",
        f"exec bash -c '{BAD}'",
        f"coproc bash -c '{BAD}'",
        f"bash -c -- '{BAD}'",
        f"bash -c - '{BAD}'",
        f"bash +x +e -c '{BAD}'",
        f"bash -O extglob -c '{BAD}'",
        f"bash -c 'bash -c \"{BAD}\"'",
        f"eval \"eval '{BAD}'\"",
        f"trap '{BAD}' EXIT",
        f"trap -- '{BAD}' INT TERM",
        f"watch '{BAD}'",
        f"bash <<E\n{BAD}\nE",
        f"bash <<<'{BAD}'",
        f"bash -s -- a <<E\n{BAD}\nE",
        f"exec sh <<<'{BAD}'",
        f"timeout 5 sh <<<'{BAD}'",
        f"bash /dev/stdin <<<'{BAD}'",
        f"source /dev/stdin <<<'{BAD}'",
        f". /dev/stdin <<'E'\n{BAD}\nE",
        f"echo '{BAD}' | . /proc/self/fd/0",
        f"source <(echo '{BAD}')",
        f"bash <(printf '%s\\n' '{BAD}')",
        f"bash < <(cat <<'E'\n{BAD}\nE\n)",
        f"sh <<<\"$(echo '{BAD}')\"",
        f"eval \"$(printf '%s' '{BAD}')\"",
        f"sh -c \"$(cat <<'E'\n{BAD}\nE\n)\"",
        f"echo '{BAD}' | bash",
        f"echo '{BAD}' | bash -",
        f"echo '{BAD}' | sudo sh",
        f"/bin/echo '{BAD}' | /bin/sh",
        "bash -c 'rm -rf $1' x ~",
        "bash -c 'rm -rf \"${2}\"' x a ~",
        "bash -c '\"$@\"' x rm -rf ~",
        "bash -c 'exec \"$@\"' x rm -rf ~",
        "bash -s -- ~ <<'E'\nrm -rf $1\nE",
        f"env PROMPT_COMMAND='{BAD}' bash",
    ],
)
def test_a_known_text_is_judged_as_if_it_stood_there(command: str):
    """What would be denied alone is denied in a text that is run."""
    assert decision(command) == "deny"


@pytest.mark.parametrize(
    "command",
    [
        "eval",
        "eval 'ls -l'",
        "bash -c 'ls \"$1\"' x .",
        "bash -c 'set -e; ls $1 $2' x a b",
        "bash -c 'echo $0'",
        "bash <<'E'\nls\ncat x\nE",
        "echo ls | bash",
        "source <(echo ls)",
        "bash <(echo ls)",
        "bash < <(echo ls)",
        'eval "$(echo ls)"',
        'sh <<< "$(printf ls)"',
        "sh --version",
        "trap INT",
        "trap - INT",
        "trap '' INT",
        "trap 'ls' EXIT; ls",
    ],
)
def test_a_harmless_text_is_nobodys_worry(command: str):
    """A text that is known and only looks is allowed."""
    assert decision(command) == "allow"


@pytest.mark.parametrize(
    "command",
    [
        "sh < file",
        "sh file",
        "source file",
        "bash -c",
        'bash -c "$x"',
        "bash -c $(echo ls)",
        "eval $(echo ls)",
        'eval "$(ls)"',
        "bash <(ls)",
        "bash < <(echo ls) < x",
        "bash <<<ls < <(cat x)",
        "exec 3<f; sh <<<ls 0<&3",
        "exec 3<f; sh <<<ls 0>&3",
        "sh <<<ls 00>f",
        "xargs sh <<<ls",
        "echo ls | xargs -I{} sh -c '{}'",
        "bash -c 'shift; $1' x ls m1",
        "bash -c 'for i in 1 2; do $1; shift; done' x ls m1",
        "bash -c 'f() { $1; }; f m1' x ls",
        "bash -c 'set -- m1; $1' x ls",
        "bash -c 'eval set -- m1; $1' x ls",
        "bash -c 'IFS=x; $1' x ls",
        'bash -c \'cat "$@"\' x a "$y"',
        "bash -c 'cat $1' x 'a b'",
        "bash -c 'cat $2' x a",
        "trap 'cd /etc' DEBUG; cat x > x",
        "cd sub; trap 'cat x' EXIT",
        "PS4='+ ' bash -xc ls",
    ],
)
def test_what_is_not_known_is_never_allowed(command: str):
    """A text, a word or an input that cannot be known is for a person."""
    assert decision(command) != "allow"


@pytest.mark.parametrize(
    "text",
    [
        f"read x\necho '\n{BAD}\n'",
        "cat\nls",
        "x=$(cat)\nls",
        "f() { read x; }\nf\nls",
        "cat </dev/stdin\nls",
        "while read x; do ls; done",
        "grep -f - x\nls",
        "date -f -\nls",
        "bash -c 'read x'\nls",
        "exec < /tmp/x",
        "exec 0</tmp/x\nls",
        "eval 'exec </tmp/x'",
    ],
)
def test_a_script_may_lose_its_lines_to_its_own_commands(text: str):
    """A shell that reads its input line by line shares it with what it starts."""
    assert decision(f"bash <<'E'\n{text}\nE") != "allow"
    assert decision(f"bash /dev/stdin <<'E'\n{text}\nE") != "allow"


@pytest.mark.parametrize(
    "text",
    [
        "grep -n foo x\nwc -l x\nls",
        "ls | wc -l\nls",
        "for i in 1 2; do ls; done\nls",
        "read x < f\nls",
        "date +%F\ndu -sh .\nls",
        "ls\ngit status",
        "ls\nread x",
    ],
)
def test_commands_with_another_input_take_no_lines(text: str):
    """Files, pipes and the end of the text leave a script as it stands."""
    assert decision(f"bash <<'E'\n{text}\nE") == "allow"


def test_a_finding_says_where_the_text_stands():
    """The span is that of the text, and the reason names it."""
    command = f"ls; sh -c '{BAD}'"
    found = [f for f in assess(command).findings if f.rule == "delete-everything"]
    assert {command[slice(*one.span)] for one in found if one.span} == {f"'{BAD}'"}
    assert all(one.reason.endswith("(in the text after -c)") for one in found)


def test_a_piped_text_is_named_with_the_stages_before_the_shell():
    """Its span reaches from the first stage to the last one before the shell."""
    command = f"pwd; echo '{BAD}' | cat | sh"
    found = [f for f in assess(command).findings if f.rule == "delete-everything"]
    spans = {command[slice(*one.span)] for one in found if one.span}
    assert spans == {f"echo '{BAD}' | cat"}
    assert "(in the text piped into sh)" in found[0].reason


def test_every_nested_reading_is_kept():
    """Texts within texts are recorded with their places and their scripts."""
    command = "ls; echo \"sh -c 'pwd; ls'\" | bash"
    (outer,) = nested(command)
    assert (outer.invocation, outer.what) == (2, "the text piped into sh")
    assert command[slice(*outer.span)] == "echo \"sh -c 'pwd; ls'\""
    assert outer.script.text == "sh -c 'pwd; ls'\n"
    (inner,) = outer.inner
    assert (inner.invocation, inner.what) == (0, "the text after -c")
    assert outer.script.text[slice(*inner.span)] == "'pwd; ls'"
    assert [one.program.known for one in inner.script.invocations if one.program] == [
        "pwd",
        "ls",
    ]
    assert inner.inner == ()


def test_a_text_in_a_loop_is_kept_once():
    """A second look at a script that changes its directory adds no second record."""
    found = nested("for i in 1 2; do cd sub; sh -c ls; done")
    assert [one.script.text for one in found] == ["ls"]


def test_a_text_stands_where_its_shell_stands():
    """Paths in the text are those of the directory that the shell is started in."""
    assert targets("cd /etc && sh -c 'cat x'", "read") == {"/etc/x"}


def test_very_many_texts_are_unknown():
    """There is an end to what is read for one script."""
    command = "; ".join(f"eval 'ls {number % 3}'" for number in range(600))
    notes = {effect.note for effect in assess(command).effects}
    assert "too many texts that are run as scripts" in notes


def test_a_text_without_commands_is_read_too():
    """A subscript in a text that holds no command is found, and ends no reading."""
    assert decision("bash -c \"[[ -v 'a[\\$(ls)]' ]]\"") == "review"
