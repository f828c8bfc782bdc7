"""What a command wants and no preview gives: a terminal, root's rights, the network.

Some programs are known to want it (the catalogue's key `needs`); others say so on
their standard error, or wait for a person in the twin until the supervisor ends them.
What a program says is only a sign, which a script may hide: its absence proves nothing.
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from linara_agent.core.decision import Decision
from linara_agent.core.policy.verdict import Finding
from linara_agent.core.preview import Outcome


class Need(StrEnum):
    TERMINAL = "terminal"
    ROOT = "root"
    NETWORK = "network"

    @property
    def rule(self) -> str:
        return f"needs-{self}"


RULES = frozenset(need.rule for need in Need)
WAITED = "terminal"
"""The limit that a run ended at when it waited for a person."""

ONLY_RERUN = "it is carried out only by rerun on your terminal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """A program of the script that is known to need something."""

    need: Need
    program: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sudo:
    """The whole text is one command behind `sudo`, and root is who runs it.

    `words` are sudo's own words before the command; `keeps` that the environment is
    kept (`-E`). `wildcards`: the shell expands some of the words.
    """

    words: int
    keeps: bool = False
    wildcards: bool = False


_SECURE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_KEPT = re.compile(
    r"LANG|LANGUAGE|LC_\w+|TERM|TZ|COLUMNS|LINES|\w*PAGER|GIT_\w+|DEB\w+"
)


def sudo_environment(
    sudo: Sudo, environment: tuple[tuple[str, str], ...], *, user: str, uid: int
) -> tuple[str, str]:
    """The function that stands for `sudo` in the twin, as a variable that bash reads.

    The program itself cannot become root there. Where the host has none, the function
    says what bash says.
    """
    given = dict(environment)
    told = {
        "HOME": given.get("HOME", "/root") if sudo.keeps else "/root",
        "USER": "root",
        "LOGNAME": "root",
        "SUDO_USER": user,
        "SUDO_UID": str(uid),
        "PATH": _SECURE_PATH,
    }
    kept = {name: value for name, value in given.items() if _KEPT.fullmatch(name)}
    start = ("-u", _NAME) if sudo.keeps else ("-i",)
    told = told if sudo.keeps else {**kept, **told}
    words = [*start, *(f"{name}={value}" for name, value in told.items())]
    body = (
        "type -P sudo >/dev/null || {"
        ' echo "bash: line 1: sudo: command not found" >&2; return 127; };'
        f" shift {sudo.words}; umask $(printf %o $(( 0$(umask) | 022 )));"
        f" /usr/bin/env {shlex.join(words)}"
    )
    return _NAME, f'() {{ {body} "$@"; }}'


_NAME = "BASH_FUNC_sudo%%"

_SIGNS: Mapping[Need, re.Pattern[bytes]] = {
    Need.TERMINAL: re.compile(
        rb"/dev/tty: No such device or address|failed tty get|no tty present"
        rb"|(?:not|isn't) an? (?:tty|terminal)|not (?:from|to) a terminal"
        rb"|(?:terminal|tty) is required|(?:have|from|to) a (?:tty|terminal)\b"
        rb"|[Ee]rror opening terminal|[Cc]annot open (?:tty|terminal)"
        rb"|Inappropriate ioctl for device"
        rb"|(?:[Ee]nter|[Nn]ew|[Cc]urrent|^) ?(?:same |new )?"
        rb"[Pp]ass(?:word|phrase)\b[^\n]*:"
        rb"|could not read (?:Username|Password) for",
        re.MULTILINE,
    ),
    Need.ROOT: re.compile(
        rb"[Aa]re you root|(?:must|needs? to|has to|have to) be (?:run )?"
        rb"(?:as |by |under )?(?:the )?(?:root|superuser)"
        rb"|(?:[Rr]oot|[Ss]uperuser) privileges? (?:is|are) required"
        rb"|requires (?:root|superuser)|[Oo]nly root (?:can|may)|you are not root"
    ),
    Need.NETWORK: re.compile(
        rb"(?:Temporary failure in|failure in) name resolution|Network is unreachable"
        rb"|[Cc]ould not resolve (?:host|'|proxy)|unable to resolve host address"
    ),
}


def findings(
    wants: tuple[Want, ...],
    outcome: Outcome,
    *,
    sudo: Sudo | None = None,
    network_tried: bool = False,
    network_open: bool = False,
) -> tuple[Finding, ...]:
    """At most one finding for each need, every one at least `review`."""
    reasons = {
        need: reason
        for need in Need
        for reason in _reasons(need, wants, outcome)
        if not (need is Need.NETWORK and network_open)
    }
    if sudo is not None:
        reasons[Need.ROOT] = _sudo(sudo)
    foretold = any(want.need is Need.NETWORK for want in wants)
    failed = not outcome.succeeded
    if network_tried and not network_open and (foretold or failed):
        reasons[Need.NETWORK] = "it tried the network, which a preview does not have"
    return tuple(
        Finding(
            rule=need.rule,
            decision=Decision.REVIEW,
            reason=f"{reasons[need]}; {ONLY_RERUN}",
        )
        for need in Need
        if need in reasons
    )


def _reasons(need: Need, wants: tuple[Want, ...], outcome: Outcome) -> Iterator[str]:
    """From the weakest sign to the strongest."""
    if _SIGNS[need].search(outcome.stderr):
        yield f"what it says on its standard error asks for {WORDS[need]}"
    if need is Need.TERMINAL and WAITED in outcome.limits:
        yield "it waited for a person at a terminal, and was ended"
    programs = dict.fromkeys(want.program for want in wants if want.need is need)
    if programs:
        verb = "need" if len(programs) > 1 else "needs"
        yield f"{' and '.join(programs)} {verb} {WORDS[need]}"


WORDS = {
    Need.TERMINAL: "a terminal",
    Need.ROOT: "the rights of root or of another user",
    Need.NETWORK: "the network",
}


def _sudo(sudo: Sudo) -> str:
    seen = "wildcards were expanded with root's rights; " if sudo.wildcards else ""
    return (
        "sudo runs it as root: the preview did too, with the rights over files alone,"
        f" and what is hidden from you looked empty; {seen}whether sudo lets you was"
        " not tried"
    )
