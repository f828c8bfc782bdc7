"""A container of ours that does as root what an ordinary caller cannot do alone.

A member of the group docker may give files away only through the engine: it seeds
the uppers (a tar copied into the container before it starts), then reads them and
empties them (programs of ours, started after the twin is gone). No network, none of
the script's text; of the capabilities only those for files, and SYS_ADMIN, which the
kernel wants for `trusted.*` attributes. A root caller needs none of this.
"""

import io
import json
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from typing_extensions import override

from linara_agent.docker_sandbox.attachment import STDOUT, Attachment, StreamSilent
from linara_agent.docker_sandbox.endpoint import NOT_DONE
from linara_agent.docker_sandbox.engine import Engine
from linara_agent.docker_sandbox.host_view import HostView
from linara_agent.docker_sandbox.twin import Start, shell, shut
from linara_agent.errors import SandboxUnavailable

DESK = "/scratch"
"""Where the run's directory is in the container."""

CAPABILITIES = (
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "SYS_ADMIN",
)
_PROGRAMS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr", "nix", "gnu")
_SILENCE_S = 120.0
_COMPLAINTS = 4096

FIRST_LINE = """\
import json, os, signal, sys, types
signal.signal(signal.SIGALRM, lambda *_: os._exit(0))
signal.alarm(60)
line = sys.stdin.readline()
signal.alarm(0)
"""
"""How a process of ours in a container begins: by a line that tells it the rest.

It must not wait for ever: if the engine is killed before the line comes, it may know
nothing of the container any more, and nobody closes the stream. A first process gets
only the signals that it has handlers for, so the default of SIGALRM would not do.
"""

RUNNER = f"""{FIRST_LINE}\
for source, arguments in json.loads(line) if line else ():
    child = os.fork()
    if child == 0:
        sys.argv = ["-", *arguments]
        exec(compile(source, "-", "exec"), {{"__name__": "__main__"}})
        sys.stdout.flush()
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status != 0:
        sys.exit(status)
"""
"""Runs the programs sent to it one after the other and stops at a failure."""

Job = tuple[str, Sequence[str]]
"""The source of a program and its arguments."""


def source(module: str) -> str:
    """The text of a module of this package that stands alone."""
    return files(__package__).joinpath(f"{module}.py").read_text(encoding="utf-8")


def emptying(*directories: str) -> Job:
    return source("tree_removal"), directories


def caretaker_config(start: Start, view: HostView, desk: str) -> dict[str, Any]:
    """Sees the scratch and the host's programs, the latter read-only."""
    python = start.command[0]
    shown = [
        entry.name
        for entry in view.entries
        if entry.link is None
        and (entry.name in _PROGRAMS or python.startswith(f"/{entry.name}/"))
    ]
    binds = [
        {"Type": "bind", "Source": f"/{name}", "Target": f"/{name}", "ReadOnly": True}
        for name in shown
    ]
    binds.append({"Type": "bind", "Source": desk, "Target": DESK})
    host = shut() | {
        "CapAdd": list(CAPABILITIES),
        "SecurityOpt": ["no-new-privileges"],
        "Mounts": binds,
    }
    return {"User": "0:0", "HostConfig": host} | shell(start)


class Caretaker:
    """One container of the engine; it can be set to work several times."""

    def __init__(self, engine: Engine, container: str) -> None:
        self._engine = engine
        self.container = container
        self._last: Job | None = None

    def seed(self, archive: bytes) -> None:
        """Unpack into the run's directory, as root: owners, modes and xattrs stay."""
        self._engine.put_archive(self.container, DESK, archive)

    def work(self, *jobs: Job) -> "CaretakerOutput":
        """Start it on its jobs; what they write is read from the result."""
        attachment = self._engine.attach(self.container)
        try:
            self._engine.start(self.container)
            order = [[text, list(arguments)] for text, arguments in jobs]
            attachment.send(json.dumps(order).encode() + b"\n")
        except BaseException:
            attachment.close()
            raise
        return CaretakerOutput(attachment, jobs)

    def finish(self, *jobs: Job) -> None:
        """Run jobs that write nothing, to their end."""
        with self.work(*jobs) as output:
            self.close_up(output)

    def finish_once(self, job: Job) -> None:
        """Run this job unless it was the last one of a round that succeeded."""
        if self._last != job:
            self.finish(job)

    def close_up(self, output: "CaretakerOutput") -> None:
        """Wait for the end of the jobs; raises SandboxUnavailable if one failed."""
        output.drain()
        if self._engine.wait(self.container) != 0:
            raise failure(output.complaints)
        self._last = output.jobs[-1]


class CaretakerOutput(io.RawIOBase):
    """The jobs' standard output as a file; `complaints` is the other stream.

    Raises SandboxUnavailable when nothing comes for a long time.
    """

    def __init__(self, attachment: Attachment, jobs: tuple[Job, ...]) -> None:
        self._attachment = attachment
        self.jobs = jobs
        self._rest = b""
        self.complaints = b""

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Any, /) -> int:
        while not self._rest:
            try:
                piece = self._attachment.read(_SILENCE_S)
            except StreamSilent as exc:
                raise SandboxUnavailable(
                    "The container that reads the changes fell silent.",
                    not_done="The preview has no result; the host is untouched.",
                    remedy="Try again; look at the engine with `docker info`.",
                ) from exc
            if piece is None:
                return 0
            stream, data = piece
            if stream == STDOUT:
                self._rest = data
            elif len(self.complaints) < _COMPLAINTS:
                self.complaints += data
        taken = min(len(buffer), len(self._rest))
        buffer[:taken] = self._rest[:taken]
        self._rest = self._rest[taken:]
        return taken

    def drain(self) -> None:
        """Read what is left to the end of the jobs."""
        while self.read(1 << 16):
            pass

    @override
    def close(self) -> None:
        if not self.closed:
            self._attachment.close()
        super().close()


def failure(complaints: bytes) -> SandboxUnavailable:
    said = complaints.decode(errors="replace").strip().splitlines()
    return SandboxUnavailable(
        "The container that reads the changes failed"
        + (f": {said[-1]}." if said else "."),
        not_done=NOT_DONE,
        remedy="Run `linara-agent doctor`, which tests each thing the preview needs.",
    )
