"""Hands bash a script step by step, and notices when a step has ended.

Bash reads a script that it cannot seek in byte by byte, and never further than the
line that ends a command before it has run it. So it is given a pipe under the name of
the script: with each step goes the first byte of the next one, and once that byte is
gone from the pipe, the step has ended and bash waits for the rest of the next. What
it reads is the text to the letter: the state of the shell, `$LINENO`, traps and
`set -e` are as ever. (`test_steps` compares the two ways.)

The name is a FIFO's only until bash has opened it. By the first byte it is the file
again, which the script may read as it likes.
"""

import errno
import fcntl
import os
import struct
import termios
import time
from contextlib import suppress
from pathlib import Path
from select import POLLERR, POLLOUT, poll

F_SETPIPE_SZ = 1031  # fcntl.F_SETPIPE_SZ, since Python 3.10
ONE_PAGE = 4096  # a pipe of one page is writable only when nothing is left in it
A_MOMENT_S = 0.001


class FedScript:
    """`path` is the script's, `steps` are its bytes in pieces, none of them empty.

    `begun` counts the steps that bash was given, `waiting` tells that one has ended and
    the next is held back. `pipe` is to be watched for writing while it is not None.
    """

    def __init__(self, path: str, steps: list[bytes]) -> None:
        self.begun = 0
        self.waiting = False
        self.pipe: int | None = None
        self._path = Path(path)
        self._kept = Path(f"{path}.linara-{os.urandom(6).hex()}")
        self._steps = steps
        self._pending = b""

    def plant(self) -> str | None:
        """Put the FIFO where the script is; says why that cannot be done."""
        fifo = self._kept.with_suffix(".pipe")
        try:
            os.mkfifo(fifo, 0o600)
            self._path.rename(self._kept)
            fifo.rename(self._path)
        except OSError as exc:
            where = f"in {self._path.parent} ({exc.strerror})"
            return f"to be run step by step it needs the right to write {where}"
        return None

    def open(self) -> bool:
        """Whether bash has come to read; then the name is the file's again."""
        try:
            self.pipe = os.open(self._path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as exc:
            if exc.errno != errno.ENXIO:
                raise
            return False
        self._kept.rename(self._path)
        fcntl.fcntl(self.pipe, F_SETPIPE_SZ, ONE_PAGE)
        self.go_on()
        return True

    def go_on(self) -> None:
        """Let bash have the next step, whose first byte it has already."""
        self.waiting = False
        if self.pipe is None or self.begun == len(self._steps):
            return
        step = self._steps[self.begun]
        self._pending = step if self.begun == 0 else step[1:]
        self.begun += 1
        self._pending += b"".join(self._steps[self.begun : self.begun + 1])[:1]

    def feed(self) -> bool:
        """The pipe can be written; whether a step has ended."""
        if self.pipe is None:
            return False
        if self._abandoned(self.pipe):
            self._close(self.pipe)
        elif self._pending:
            self._write(self.pipe)
        elif self.begun == len(self._steps):
            self._close(self.pipe)
        elif unread(self.pipe):
            time.sleep(A_MOMENT_S)  # a kernel with other pipes than Linux's
        else:
            self.waiting = True
        return self.waiting

    def end(self) -> None:
        """No process is left; if bash never came, the name is still the FIFO's."""
        if self.pipe is not None:
            self._close(self.pipe)
        with suppress(FileNotFoundError):
            self._kept.rename(self._path)

    def _write(self, pipe: int) -> None:
        try:
            self._pending = self._pending[os.write(pipe, self._pending) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._close(pipe)

    def _close(self, pipe: int) -> None:
        os.close(pipe)
        self.pipe = None

    @staticmethod
    def _abandoned(pipe: int) -> bool:
        """Nobody reads any more: the shell has ended, or became another program."""
        asking = poll()
        asking.register(pipe, POLLOUT)
        return any(event & POLLERR for _, event in asking.poll(0))


def unread(pipe: int) -> int:
    """How many bytes lie in it."""
    answer = fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4)
    number: int = struct.unpack("i", answer)[0]
    return number
