"""One running command: its output as it comes, its end, and its breaking off."""

import os
import resource
import selectors
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from linara_agent.core.preview import Outcome
from linara_agent.host.terminal import Terminal

INTERRUPTED = "interrupted"
"""Stands in `Outcome.limits` when a person broke the command off."""

_PIECE = 1 << 16
_LADDER = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
_GLANCE_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """`code` as `os.waitstatus_to_exitcode` gives it: a signal is negative."""

    code: int
    usage: resource.struct_rusage
    stdout: bytes
    stderr: bytes
    truncated: bool
    leftovers: int
    broken_off: bool

    def outcome(self, *, duration_s: float) -> Outcome:
        return Outcome(
            exit=self.code if self.code >= 0 else None,
            signal=-self.code if self.code < 0 else None,
            stdout=self.stdout,
            stderr=self.stderr,
            truncated=self.truncated,
            duration_s=duration_s,
            cpu_s=self.usage.ru_utime + self.usage.ru_stime,
            # Linux gives KiB (getrusage(2)).
            peak_memory=self.usage.ru_maxrss * 1024,
            leftovers=self.leftovers,
            limits=(INTERRUPTED,) if self.broken_off else (),
        )


@dataclass(slots=True, kw_only=True)
class Running:
    """`pid` leads a process group of its own; `pipes` and `sinks` are those of its
    standard output and error, without pipes where it has the terminal itself; `cap`
    in bytes is for both together.
    """

    pid: int
    pipes: tuple[int, ...]
    sinks: tuple[BinaryIO, BinaryIO]
    terminal: Terminal
    cap: int
    clock: Callable[[], float]
    patience_s: float
    _kept: tuple[bytearray, bytearray] = field(
        default_factory=lambda: (bytearray(), bytearray())
    )
    _deaf: set[int] = field(default_factory=set)
    _truncated: bool = False
    _rung: int = 0
    _next: float | None = None

    def follow(self) -> Ended:
        """Show and keep the output until the command's first process has ended.

        What it left in the background may go on, but is not listened to.
        """
        for pipe in self.pipes:
            os.set_blocking(pipe, False)
        ending = os.pidfd_open(self.pid)
        try:
            self.terminal.lend(self.pid)
            try:
                self._until(ending)
            finally:
                self.terminal.take_back()
            _, status, usage = os.wait4(self.pid, 0)
        finally:
            os.close(ending)
        for number in range(len(self.pipes)):
            self._pump(number, all_there_is=True)
        code = os.waitstatus_to_exitcode(status)
        if code < 0:
            self.terminal.mend()
        typed = self.terminal.lent and code in (-signal.SIGINT, 128 + signal.SIGINT)
        return Ended(
            code=code,
            usage=usage,
            stdout=bytes(self._kept[0]),
            stderr=bytes(self._kept[1]),
            truncated=self._truncated,
            leftovers=_members(self.pid),
            broken_off=self._rung > 0 or typed,
        )

    def _until(self, ending: int) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(ending, selectors.EVENT_READ)
            for number, pipe in enumerate(self.pipes):
                selector.register(pipe, selectors.EVENT_READ, number)
            ended = False
            while not ended:
                try:
                    ended = self._turn(selector)
                except KeyboardInterrupt:
                    self._break_off()

    def _turn(self, selector: selectors.BaseSelector) -> bool:
        """Wait a moment for whatever comes; True once the command has ended."""
        if self._next is not None and self.clock() >= self._next:
            self._break_off()
        ended = False
        for key, _ in selector.select(_GLANCE_S):
            if key.data is None:
                ended = True
            elif not self._pump(key.data):
                selector.unregister(key.fd)
        if not ended and self.terminal.lent and _stopped(self.pid):
            self.terminal.suspend(self.pid)
        return ended

    def _break_off(self) -> None:
        """Ask the command to end, harder each time."""
        number = _LADDER[min(self._rung, len(_LADDER) - 1)]
        self._rung += 1
        self._next = self.clock() + self.patience_s
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def _pump(self, number: int, *, all_there_is: bool = False) -> bool:
        """Pass on what a pipe holds; False at its end."""
        while True:
            try:
                piece = os.read(self.pipes[number], _PIECE)
            except BlockingIOError:
                return True
            if not piece:
                return False
            self._keep(number, piece)
            self._show(number, piece)
            if not all_there_is:
                return True

    def _keep(self, number: int, piece: bytes) -> None:
        room = self.cap - sum(map(len, self._kept))
        self._kept[number].extend(piece[:room])
        self._truncated = self._truncated or len(piece) > room

    def _show(self, number: int, piece: bytes) -> None:
        """A reader that went away (`| head`) does not stop the command."""
        if number in self._deaf:
            return
        try:
            self.sinks[number].write(piece)
            self.sinks[number].flush()
        except (OSError, ValueError):
            self._deaf.add(number)


def _stopped(pid: int) -> bool:
    options = os.WSTOPPED | os.WNOHANG
    try:
        return os.waitid(os.P_PID, pid, options) is not None
    except ChildProcessError:
        return False  # it ended meanwhile, and was waited for


def _members(group: int) -> int:
    """How many live processes a process group has (proc(5): fields 3 and 5)."""
    count = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_bytes().rpartition(b")")[2].split()
            count += fields[0] not in (b"Z", b"X") and int(fields[2]) == group
    return count
