"""Ways to put a command into something else that runs it all the same."""

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st

from linara_agent.core.decision import Decision
from linara_agent.rulebook import load_policy

SHIPPED_RULES = tuple(placed.rule for placed in load_policy("default").rules)
DENIED = tuple(
    command
    for rule in SHIPPED_RULES
    if rule.decision is Decision.DENY and rule.id != "own-state"  # depends on the place
    for command in rule.match
)
OTHERS = (
    *(
        command
        for rule in SHIPPED_RULES
        if rule.decision is not Decision.DENY
        for command in rule.match
    ),
    "ls",
    "true",
    "echo hi",
    "wc -l README.md",
    "sort < names",
    "git status",
    "find . -name '*.py'",
    "tar tf x.tar",
    "sed -n 1p README.md",
    "awk '{ print $1 }' names",
    "head -n 3 names | sort -u",
    "cp a b",
    "mv a b",
    "mkdir -p x/y",
    "sort -o a b",
    "sed -i s/a/b/ names",
    "no-such-program x",
    "./run.sh",
    "python3 -c 'print(1)'",
)


@dataclass(frozen=True, slots=True)
class Wrapping:
    """`of_simple`: it takes one simple command; `simple`: it gives one.

    `same`: it changes nothing about what the command does. `appends`: it adds words
    to the command, which changes what some programs do.
    """

    make: Callable[[str, int], str]
    of_simple: bool = False
    simple: bool = False
    same: bool = False
    appends: bool = False


def _around(form: str, *, same: bool = False) -> Wrapping:
    return Wrapping(lambda text, _: form.replace("CMD", text), same=same)


def _prefix(form: str) -> Wrapping:
    form = form if "CMD" in form else f"{form} CMD"
    make = _around(form).make
    appends = form.startswith("xargs -r") or "{} +" in form
    simple = re.search(r"\||^!|^A=", form) is None
    return Wrapping(make, of_simple=True, simple=simple, appends=appends)


def _quoted(form: str) -> Wrapping:
    def make(text: str, _: int) -> str:
        return form.replace("CMD", shlex.quote(text))

    return Wrapping(make, simple="|" not in form and "<" not in form)


def _function(text: str, level: int) -> str:
    return f"fn{level}() {{ {text}\n}}\nfn{level}"


def _here_document(text: str, level: int) -> str:
    return f"sh <<'END{level}'\n{text}\nEND{level}"


SAME = tuple(
    _around(form, same=True)
    for form in (
        "( CMD\n)",
        "{ CMD\n}",
        "if true; then CMD\nfi",
        "if false; then true; else CMD\nfi",
        "while true; do CMD\nbreak; done",
        "for i in 1 2; do CMD\ndone",
        "case x in x) CMD\n;; esac",
        "true; CMD",
        "true && CMD",
        "false || CMD",
        "CMD\ntrue",
        "true\n\n# a remark\nCMD",
        "{ CMD\n} | cat",
        "true | { CMD\n}",
        "{ CMD\n} &",
        "time { CMD\n}",
        "! { CMD\n}",
        "until CMD\ndo true; done",
    )
)
OPEN = (
    *(
        _around(form)
        for form in (
            "echo $( CMD\n)",
            'echo "$( CMD\n)"',
            "x=$( CMD\n)",
            "cat <( CMD\n)",
            "[[ -n $( CMD\n) ]]",
            "{ CMD\n} > out",
            "{ CMD\n} 2>&1",
            "coproc { CMD\n}",
            "cat <<X\n$( CMD\n)\nX",
            "echo ${y:-$( CMD\n)}",
        )
    ),
    Wrapping(_function),
    Wrapping(_here_document),
)
QUOTED = tuple(
    _quoted(form)
    for form in (
        "sh -c CMD",
        "bash -lc CMD",
        "bash -c CMD name",
        "env -i sh -ec CMD",
        "eval CMD",
        "eval -- CMD",
        "trap CMD EXIT",
        "watch CMD",
        "sh <<< CMD",
        "find . -exec sh -c CMD x {} \\;",
        "xargs -I{} sh -c CMD",
        "sudo bash -c CMD",
        "timeout 5 sh -c CMD",
        "su -c CMD",
        "su - other --command=CMD",
        "runuser -u other -c CMD",
        "script -q -c CMD out",
        "flock lock -c CMD",
        "setsid bash -c CMD",
        "nice sh -c CMD",
    )
)
PREFIXES = tuple(
    _prefix(form)
    for form in (
        "env",
        "flock -n lock",
        "env -i",
        "env A=1 B=2",
        "env -u X --",
        "nice",
        "nice -n 5",
        "nice -n5 --",
        "nohup",
        "timeout 5",
        "timeout -s KILL -k 1 5",
        "timeout --signal=KILL 5",
        "sudo",
        "sudo -u root -E",
        "sudo -n --",
        "command",
        "command -p",
        "exec",
        "exec -a x",
        "builtin command",
        "setsid -w",
        "stdbuf -oL",
        "ionice -c 3",
        "chrt -o 0",
        "taskset 1",
        "unshare",
        "chroot /",
        "time -p",
        "A=1 B=2",
        "xargs",
        "xargs -r -n 1",
        "xargs -I{}",
        "xargs -0 -P4 --",
        "echo x | xargs -I{}",
        "find . -maxdepth 0 -exec CMD \\;",
        "find . -type f -exec CMD ';'",
        "find . -execdir CMD {} +",
        "! ",
    )
)
ALL = (*SAME, *OPEN, *QUOTED, *PREFIXES)

_NOT_SIMPLE = re.compile(r"[|;&(){}]|^\w+=|^export ")


_LAST_COUNTS = re.compile(r"\b(cp|mv|ln|install|watch)\b")


def is_simple(command: str) -> bool:
    return _NOT_SIMPLE.search(command) is None


def fits(wrapping: Wrapping, text: str, *, simple: bool) -> bool:
    if wrapping.appends and _LAST_COUNTS.search(text):
        return False
    return simple or not wrapping.of_simple


@st.composite
def wrapped(
    draw: st.DrawFn, seeds: tuple[str, ...], wrappings: tuple[Wrapping, ...] = ALL
) -> tuple[str, str]:
    """A command, and the same within one to three wrappings."""
    command = draw(st.sampled_from(seeds))
    text, simple = command, is_simple(command)
    for level in range(draw(st.integers(1, 3))):
        fitting = [one for one in wrappings if fits(one, text, simple=simple)]
        one = draw(st.sampled_from(fitting))
        text, simple = one.make(text, level), one.simple
    return command, text
