"""What a preview is to run, where, and within which limits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from linara_agent.core.need import Sudo, Want
from linara_agent.core.wire import Path, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Sizes in bytes, times in seconds; `copied` is the most that a copy may hold."""

    wall_s: float = 60.0
    memory: int = 1 << 30
    processes: int = 512
    output: int = 10 << 20
    scratch: int = 4 << 30
    file_size: int = 4 << 30
    open_files: int = 1024
    entries: int = 1_000_000
    copied: int = 200_000_000


class View(StrEnum):
    """What a preview is made of.

    `auto` is the twin where the engine shows this machine's files, else the copy.
    """

    AUTO = "auto"
    TWIN = "twin"
    COPY = "copy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whose machine it is: names and numbers of the person who called."""

    uid: int
    gid: int
    groups: tuple[int, ...]
    name: str
    home: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxPlan:
    """Everything the twin needs to know; nothing is taken from the process later.

    `text` is run with `bash -c`, or, when `script_file` is set, `bash FILE
    ARGUMENTS` is run with the file as the twin sees it. `environment` is complete.
    `masks` are absolute paths hidden from the twin. `wants` are what its programs need
    and no twin gives; with `sudo` root runs the text there, not the caller. `network`
    is open only where the person said so for this run. `tracer` is the strace that
    traces it, `runtime` the engine's runtime that it runs in (None: its default). A
    script file is run step by step if `stepwise`; `cuts` are where its steps begin.
    """

    run: str
    text: Text
    caller: Caller
    cwd: Path
    environment: tuple[tuple[Text, Text], ...]
    umask: int
    hostname: str
    script_file: Path | None = None
    arguments: tuple[Text, ...] = ()
    masks: tuple[Path, ...] = ()
    view: View = View.AUTO
    workspace: Path | None = None
    limits: Limits = field(default_factory=Limits)
    wants: tuple[Want, ...] = ()
    sudo: Sudo | None = None
    network: bool = False
    tracer: Path | None = None
    runtime: str | None = None
    stepwise: bool = False
    cuts: tuple[int, ...] = ()

    @property
    def runs_as(self) -> Caller:
        """Whose rights the text has in the twin."""
        if self.sudo is None:
            return self.caller
        return Caller(uid=0, gid=0, groups=(0,), name="root", home="/root")


_PASSED_ON = frozenset(
    ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TERM", "TZ",
     "COLUMNS", "LINES", "VIRTUAL_ENV", "MAIL", "HOSTNAME", "TMPDIR")
)  # fmt: skip
_FIXED = {
    # A status must not refresh the index, and nothing may wait for an answer.
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "DEBIAN_FRONTEND": "noninteractive",
    "PAGER": "cat",
    "GIT_PAGER": "cat",
}


def twin_environment(
    environment: Mapping[str, str], *, cwd: str
) -> tuple[tuple[str, str], ...]:
    """What of the person's environment the twin gets: an allow-list, no secrets."""
    passed = {
        name: value
        for name, value in environment.items()
        if name in _PASSED_ON or name.startswith("LC_")
    }
    return tuple(sorted({**passed, **_FIXED, "PWD": cwd}.items()))
