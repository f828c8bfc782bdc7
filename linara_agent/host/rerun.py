"""The second way to the host: run the reviewed text once more, there."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from linara_agent.core.need import Need
from linara_agent.core.plan import Plan
from linara_agent.core.preview import Outcome
from linara_agent.core.review import Approved, Way
from linara_agent.core.sandbox_plan import SandboxPlan
from linara_agent.errors import ApplyFailed, PlanProblem, StalePlan
from linara_agent.host.check import shown
from linara_agent.host.directories import Directories
from linara_agent.host.permission import check_permission
from linara_agent.host.running import Running
from linara_agent.host.terminal import Terminal, is_terminal

_BASH_FIRST = "/usr/bin:/bin:/usr/local/bin"
# What makes bash run other code, or read a text in another way, than the preview.
_MEDDLING = ("BASH_ENV", "ENV", "SHELLOPTS", "BASHOPTS", "PS4", "CDPATH", "GLOBIGNORE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """Where the command's input comes from and its output is shown as it comes.

    `stdin` is a descriptor, inherited only if it is a terminal. All three are, by a
    command that is known to want one (`vim`, `top`), if all are terminals: what it
    writes is then not kept.
    """

    stdout: BinaryIO
    stderr: BinaryIO
    stdin: int = 0

    @property
    def outputs(self) -> tuple[BinaryIO, BinaryIO]:
        return self.stdout, self.stderr

    @property
    def are_terminals(self) -> bool:
        return is_terminal(self.stdin) and all(one.isatty() for one in self.outputs)


class HostShell:
    """Runs approved texts on this machine with the person's own environment.

    `patience_s` is the time between SIGINT, SIGTERM and SIGKILL once the person
    broke off; `clock` gives seconds and never goes back.
    """

    def __init__(
        self,
        *,
        environment: Mapping[str, str],
        streams: Streams,
        patience_s: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._environment = dict(environment)
        self._streams = streams
        self._patience_s = patience_s
        self._clock = clock

    def rerun(self, approved: Approved, plan: Plan) -> Outcome:
        """Run the text with the plan's directory and umask, until its shell ends.

        Ctrl-C goes to the command; if it was broken off, `limits` of the outcome
        holds `interrupted`. Raises PlanProblem, StalePlan if the directory or the
        script file is not what it was, ApplyFailed if it could not be started.
        """
        check_permission(approved, plan, way=Way.RERUN)
        _check_text(plan)
        sandbox = plan.sandbox
        arguments = (self._bash(), *_operands(sandbox))
        with Directories() as directories:
            where = _working_directory(sandbox.cwd, directories)
            whole = _wants_terminal(plan) and self._streams.are_terminals
            return self._run(arguments, sandbox, where, whole=whole)

    def _bash(self) -> str:
        path = f"{_BASH_FIRST}:{self._environment.get('PATH', '')}"
        found = shutil.which("bash", path=path)
        if found is None:
            raise ApplyFailed(
                "There is no bash on this machine.",
                not_done="The command was not run.",
                remedy="Install bash.",
            )
        return str(Path(found).absolute())

    def _run(
        self,
        arguments: tuple[str, ...],
        sandbox: SandboxPlan,
        where: int,
        *,
        whole: bool,
    ) -> Outcome:
        """`whole`: it gets the terminal itself, not pipes to us."""
        stdin, outputs = self._streams.stdin, self._streams.outputs
        for output in outputs:
            output.flush()
        started = self._clock()
        try:
            process = subprocess.Popen(
                arguments,
                stdin=stdin if is_terminal(stdin) else subprocess.DEVNULL,
                stdout=outputs[0] if whole else subprocess.PIPE,
                stderr=outputs[1] if whole else subprocess.PIPE,
                # The very directory that was checked, whatever its path becomes.
                cwd=f"/proc/self/fd/{where}",
                env=_environment(self._environment, sandbox),
                umask=sandbox.umask,
                process_group=0,
            )
        except (OSError, ValueError) as error:
            raise ApplyFailed(
                f"The command could not be started: {error}.",
                not_done="It was not run.",
                remedy="Make the command shorter, or put it into a script file.",
            ) from error
        with process:
            pipes = (process.stdout, process.stderr)
            running = Running(
                pid=process.pid,
                pipes=tuple(pipe.fileno() for pipe in pipes if pipe is not None),
                sinks=outputs,
                terminal=Terminal(stdin),
                cap=sandbox.limits.output,
                clock=self._clock,
                patience_s=self._patience_s,
            )
            ended = running.follow()
            process.returncode = ended.code
        return ended.outcome(duration_s=self._clock() - started)


def _wants_terminal(plan: Plan) -> bool:
    return any(one.rule == Need.TERMINAL.rule for one in plan.preview.findings)


def _check_text(plan: Plan) -> None:
    """That what would run is what was judged and approved."""
    proposal, sandbox = plan.proposal, plan.sandbox
    same = (sandbox.text, sandbox.arguments) == (proposal.text, proposal.arguments)
    if not same:
        raise PlanProblem(
            "The plan's command is not the one that was reviewed.",
            not_done="The command was not run.",
            remedy="Make a new plan; this one is damaged.",
        )


def _operands(sandbox: SandboxPlan) -> tuple[str, ...]:
    if sandbox.script_file is None:
        return ("-c", "--", sandbox.text)
    _check_script(sandbox.script_file, sandbox.text)
    return (sandbox.script_file, *sandbox.arguments)


def _check_script(path: str, text: str) -> None:
    """That the file holds, to the byte, the text that was reviewed."""
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
    expected = os.fsencode(text)
    try:
        with os.fdopen(os.open(path, flags), "rb") as stream:
            # One byte more, so that a file that grew is noticed.
            same = stream.read(len(expected) + 1) == expected
        words = "is no longer the script that was previewed"
    except OSError as error:
        same, words = False, f"cannot be read any more ({error.strerror})"
    if not same:
        raise StalePlan(
            f"{shown(path)} {words}.",
            not_done="The script was not run.",
            remedy="Preview the script again.",
        )


def _working_directory(path: str, directories: Directories) -> int:
    """The directory, reached without a symlink: plans name real paths."""
    try:
        return directories.open(path)
    except OSError as error:
        where = shown(str(error.filename or path))
        raise StalePlan(
            f"The directory {shown(path)} is not there as it was:"
            f" {where}: {error.strerror}.",
            not_done="The command was not run.",
            remedy="Preview the command again in a directory that exists.",
        ) from error


def _environment(own: Mapping[str, str], sandbox: SandboxPlan) -> dict[str, str]:
    """The person's environment, less what would change the meaning of the text.

    What the preview had too stays.
    """
    previewed = dict(sandbox.environment)
    kept = {
        name: value
        for name, value in own.items()
        if previewed.get(name) == value
        or not (name in _MEDDLING or name.startswith("BASH_FUNC_"))
    }
    return kept | {"PWD": sandbox.cwd}
