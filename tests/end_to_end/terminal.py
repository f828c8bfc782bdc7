"""The program on a real pseudo-terminal: see its screen, press keys."""

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.end_to_end.program import LONGEST_S, Program

_SEQUENCES = re.compile(
    rb"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[=>()][0-9A-B]?"
)
_PAUSE_S = 0.01
BRACKETED_PASTE = b"\x1b[?2004h"
"""What a line editor sends when it begins to listen."""


def plain(raw: bytes) -> str:
    """The text of a screen, without colours, cursor moves and carriage returns."""
    return _SEQUENCES.sub(b"", raw).replace(b"\r", b"").decode(errors="replace")


@dataclass(slots=True, kw_only=True)
class Terminal:
    """`screen` is everything that was ever written; `seen` how far a test got."""

    process: "subprocess.Popen[bytes]"
    master: int
    screen: bytearray = field(default_factory=bytearray)
    seen: int = 0

    @property
    def text(self) -> str:
        return plain(bytes(self.screen))

    def wait_for(self, pattern: str) -> str:
        """Read on until the new part of the screen matches; returns that part."""
        return self._until(
            lambda new: re.search(pattern, plain(new)) is not None, pattern
        )

    def wait_for_bytes(self, wanted: bytes) -> None:
        self._until(lambda new: wanted in new, repr(wanted))

    def press(self, keys: str) -> None:
        """Type once the program listens for single keys.

        Before that the terminal collects lines, and the switch throws away what was
        typed too early.
        """
        deadline = time.monotonic() + LONGEST_S
        while termios.tcgetattr(self.master)[3] & termios.ICANON:
            assert time.monotonic() < deadline, f"nobody listens\n{self.text}"
            assert self.process.poll() is None, f"it ended\n{self.text}"
            self._read(_PAUSE_S)
        os.write(self.master, keys.encode())

    def interrupt(self) -> None:
        """Ctrl-C as the terminal driver delivers it, to the whole foreground."""
        os.write(self.master, b"\x03")

    def end(self) -> int:
        """Read to the end; returns the exit code."""
        deadline = time.monotonic() + LONGEST_S
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"it does not end\n{self.text}"
            self._read(_PAUSE_S)
        while self._read(0):
            pass
        return self.process.returncode

    def _until(self, found: Callable[[bytes], bool], wanted: str) -> str:
        deadline = time.monotonic() + LONGEST_S
        while True:
            new = bytes(self.screen[self.seen :])
            if found(new):
                self.seen = len(self.screen)
                return plain(new)
            assert time.monotonic() < deadline, f"no {wanted}\n{self.text}"
            if not self._read(_PAUSE_S) and self.process.poll() is not None:
                while self._read(0):
                    pass
                assert found(bytes(self.screen[self.seen :])), (
                    f"it ended without {wanted}\n{self.text}"
                )

    def _read(self, patience_s: float) -> bool:
        ready, _, _ = select.select([self.master], [], [], patience_s)
        if not ready:
            return False
        try:
            chunk = os.read(self.master, 1 << 16)
        except OSError:  # EIO: nobody has the other end open any more
            time.sleep(patience_s)
            return False
        self.screen += chunk
        return bool(chunk)


@contextmanager
def terminal(
    program: Program, *arguments: str, columns: int = 100
) -> Iterator[Terminal]:
    """Start the program as the leader of a session of this terminal's own."""
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    at_terminal = program.with_(
        TERM="xterm", COLUMNS=None, LINES=None, PROMPT_TOOLKIT_NO_CPR="1"
    )
    try:
        # `setsid` becomes the program (it need not fork here), and keeps its number.
        process = subprocess.Popen(
            ["setsid", "--ctty", *at_terminal.words, *arguments],
            cwd=at_terminal.cwd,
            env=at_terminal.environment,
            stdin=slave,
            stdout=slave,
            stderr=slave,
        )
    finally:
        os.close(slave)
    try:
        yield Terminal(process=process, master=master)
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        process.wait()
        os.close(master)
