"""Lending the terminal to a command, and taking it back."""

import os
import signal
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Terminal:
    """The terminal behind a descriptor, as far as this process may give it away."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.lent = _in_foreground(descriptor)
        self._modes = termios.tcgetattr(descriptor) if self.lent else None

    def lend(self, group: int) -> None:
        """Put a process group in the foreground: Ctrl-C then goes to it alone."""
        if self.lent:
            _set_foreground(self._descriptor, group)
            # It may have asked for input already, and been stopped for that.
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGCONT)

    def take_back(self) -> None:
        if self.lent:
            _set_foreground(self._descriptor, os.getpgrp())

    def mend(self) -> None:
        """Undo what a command that was killed made of it, as a shell does."""
        if self._modes is not None:
            with _blocked(signal.SIGTTOU), suppress(termios.error):
                termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._modes)

    def suspend(self, group: int) -> None:
        """The command was stopped (Ctrl-Z): stop with it, and go on with it."""
        self.take_back()
        os.killpg(os.getpgrp(), signal.SIGTSTP)
        self.lend(group)


def is_terminal(descriptor: int) -> bool:
    try:
        return os.isatty(descriptor)
    except OSError:
        return False


def _in_foreground(descriptor: int) -> bool:
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return False


def _set_foreground(descriptor: int, group: int) -> None:
    """Without the block a background process is stopped for trying (tcsetpgrp(3))."""
    with _blocked(signal.SIGTTOU), suppress(OSError):
        os.tcsetpgrp(descriptor, group)


@contextmanager
def _blocked(number: signal.Signals) -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
