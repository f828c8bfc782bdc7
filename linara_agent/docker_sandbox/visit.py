"""A person looks around in a twin: an interactive bash on their own terminal.

The supervisor runs a text that only waits; beside it the engine starts bash on a
pseudo-terminal in the same container, so with the same user, limits, system calls
and missing rights. When the client goes, in whatever way, the supervisor's input
ends, and it ends everything; when bash goes, the client says so, and the changes are
read as after a preview.
"""

import json
import os
import select
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any

from linara_agent.core.preview import Outcome, Preview
from linara_agent.core.sandbox_plan import SandboxPlan
from linara_agent.docker_sandbox import capture
from linara_agent.docker_sandbox.assembly import assemble
from linara_agent.docker_sandbox.attachment import Attachment
from linara_agent.docker_sandbox.engine import Engine
from linara_agent.docker_sandbox.identity import Foreign, Outdated
from linara_agent.docker_sandbox.interpreter import interpreter
from linara_agent.docker_sandbox.prepared import (
    VIEW,
    PreparedTwin,
    Ways,
    keeps_changing,
    orders,
)
from linara_agent.docker_sandbox.sandbox import DockerSandbox
from linara_agent.docker_sandbox.scratch_guard import ScratchGuard
from linara_agent.errors import SandboxUnavailable

_TICK_S = 0.25
_LAST_WORDS_S = 10.0
_CLOCK_STEP_NS = 20_000_000
_ATTEMPTS = 8
_PIECE = 1 << 16

ENTER = """\
import json, os, resource, sys
given = json.loads(sys.argv[1])
with open("/proc/self/oom_score_adj", "wb") as file:
    file.write(b"1000")
for name, value in given["rlimits"].items():
    resource.setrlimit(getattr(resource, name), (value, value))
os.umask(given["umask"])
os.chdir(given["cwd"])
reader, writer = os.pipe()
os.write(writer, given["start"].replace("FD", str(reader)).encode())
os.close(writer)
os.set_inheritable(reader, True)
words = ["bash", "--rcfile", "/dev/fd/%d" % reader, "-i"]
os.execve(given["program"], words, dict(given["env"]))
"""
"""Becomes bash, as the supervisor's child does (`launch.become_script`)."""

_START = """\
exec FD<&-
if [ -r ~/.bashrc ]; then . ~/.bashrc; fi
unset HISTFILE
PS1="(twin) $PS1"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """The person's own; both descriptors are of one terminal."""

    reads: int
    writes: int


class Visits(DockerSandbox):
    """A sandbox for looking around."""

    def visit(self, plan: SandboxPlan, terminal: Terminal, *, blobs: Path) -> Preview:
        """Until the person leaves; raises SandboxUnavailable, KeyboardInterrupt.

        `plan.text` is not used; `plan.limits.wall_s` is how long they may stay.
        """
        waiting = replace(plan, text=f"exec sleep {plan.limits.wall_s + 60:.0f}")
        doubted: Foreign | None = None
        for _ in range(_ATTEMPTS):
            try:
                return self._enter(waiting, terminal, blobs)
            except Outdated:
                continue
            except Foreign as foreign:
                if not foreign.may_pass(doubted):
                    raise
                doubted = foreign
        raise keeps_changing()

    def _enter(self, waiting: SandboxPlan, terminal: Terminal, blobs: Path) -> Preview:
        with ExitStack() as stack:
            assembly = assemble(self._shop(), waiting, stack)
            ways = Ways(again=self.prepare, leave=ExitStack.close)
            twin = _VisitedTwin(assembly, waiting, stack.pop_all(), ways=ways)
            return twin.visit(waiting, terminal, blobs=blobs)


class _VisitedTwin(PreparedTwin):
    """Used once: `visit`, which takes everything down."""

    def visit(self, plan: SandboxPlan, terminal: Terminal, *, blobs: Path) -> Preview:
        assembly = self._assembly
        engine, container = assembly.workshop.engine, assembly.container
        with self._stack:
            self._greet()
            started_ns, started = time.time_ns() - _CLOCK_STEP_NS, time.monotonic()
            assembly.attachment.send(json.dumps(orders(plan)).encode() + b"\n")
            guard = ScratchGuard.begin(assembly.scratch.path, plan.limits.scratch)
            given = json.dumps({**orders(plan), "start": _START})
            name, stream = engine.open_terminal(
                container, (interpreter(), "-I", "-S", "-c", ENTER, given)
            )
            with stream:
                talk = _Talk(engine, name, stream, terminal)
                talk.until(lambda: self._full(guard))
            code = engine.terminal_state(name)["ExitCode"]
            report = self._last_words() or {}
            assembly.attachment.close()
            engine.remove(container)
            changed = self._read(blobs, started_ns)
        limits = [limit for limit in report.get("limits", ()) if limit != "client"]
        limits += ["scratch"] if self._over_scratch else []
        outcome = Outcome(
            exit=code if isinstance(code, int) else None,
            signal=None if isinstance(code, int) else int(signal.SIGKILL),
            stdout=b"",
            stderr=b"",
            duration_s=time.monotonic() - started,
            limits=tuple(limits),
        )
        return Preview(
            digest="",
            view=VIEW,
            outcome=outcome,
            changes=changed.changes,
            findings=changed.findings,
            network_tried=bool(report.get("network_tried")),
            unshown=assembly.view.unshown,
        )

    def _full(self, guard: ScratchGuard) -> bool:
        self._check_scratch(guard)
        return self._over_scratch

    def _last_words(self) -> dict[str, Any] | None:
        """What the supervisor saw, once its client wants no more."""
        try:
            self._assembly.attachment.end_input()
            return capture.collect(
                self._listener, output=0, wall_s=_LAST_WORDS_S, tick=lambda: None
            ).report
        except (OSError, capture.Garbled):
            return None


class _Talk:
    """Carries every byte between the person's terminal and bash's."""

    def __init__(
        self, engine: Engine, name: str, stream: Attachment, terminal: Terminal
    ) -> None:
        self._engine = engine
        self._name = name
        self._stream = stream
        self._terminal = terminal
        self._resized = True

    def until(self, over: Callable[[], bool]) -> None:
        """Until bash has ended, or `over`, which is asked a few times a second.

        Raises KeyboardInterrupt where the terminal is gone.
        """
        sources = [self._stream.fileno(), self._terminal.reads]
        with _raw(self._terminal.reads), self._following_size():
            asked = time.monotonic()
            while True:
                self._resize()
                ready = select.select(sources, [], [], _TICK_S)[0]
                if self._stream.fileno() in ready and not self._show():
                    return
                if self._terminal.reads in ready:
                    self._type()
                if time.monotonic() >= asked + _TICK_S:
                    asked = time.monotonic()
                    if over() or (not ready and self._ended()):
                        return

    def _show(self) -> bool:
        rest = memoryview(self._stream.receive())
        if not rest:
            return False
        while rest:
            try:
                rest = rest[os.write(self._terminal.writes, rest) :]
            except OSError as exc:
                raise KeyboardInterrupt from exc
        return True

    def _type(self) -> None:
        try:
            keys = os.read(self._terminal.reads, _PIECE)
        except OSError as exc:
            raise KeyboardInterrupt from exc
        if not keys:
            raise KeyboardInterrupt
        with suppress(BrokenPipeError, ConnectionResetError):  # its end comes too
            self._stream.send(keys)

    def _ended(self) -> bool:
        return not self._engine.terminal_state(self._name)["Running"]

    def _resize(self) -> None:
        if self._resized:
            size = shutil.get_terminal_size()
            with suppress(OSError):
                size = os.get_terminal_size(self._terminal.writes)
            # Asked too early, or too late: neither is worth a person's visit.
            with suppress(SandboxUnavailable):
                self._engine.resize_terminal(
                    self._name, rows=size.lines, columns=size.columns
                )
            self._resized = False

    @contextmanager
    def _following_size(self) -> Iterator[None]:
        def changed(_number: int, _frame: FrameType | None) -> None:
            self._resized = True

        before = signal.signal(signal.SIGWINCH, changed)
        try:
            yield
        finally:
            signal.signal(signal.SIGWINCH, before)


@contextmanager
def _raw(descriptor: int) -> Iterator[None]:
    """Every key goes through as it is; the terminal is put right again, always."""
    import termios  # noqa: PLC0415 — only here is there a terminal
    import tty  # noqa: PLC0415

    before = termios.tcgetattr(descriptor)
    try:
        tty.setraw(descriptor, termios.TCSADRAIN)  # keys typed early are kept
        yield
    finally:
        with suppress(termios.error, OSError):
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
