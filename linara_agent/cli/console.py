"""The only place that writes: results to stdout, everything else to stderr."""

import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, TextIO

from linara_agent.errors import UsageProblem

if TYPE_CHECKING:
    from rich.console import Console as RichConsole
    from rich.console import RenderableType


_UNBROKEN = 100_000
"""Columns."""


def lose(stream: TextIO) -> None:
    """Nobody can have what is still to be written there, and no later write fails."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stream.fileno())
    os.close(nothing)


@contextmanager
def _delivered(stream: TextIO) -> Iterator[None]:
    """Raises UsageProblem where a result cannot be written, and BrokenPipeError where
    nobody reads it any more; what only accompanies it may be lost.
    """
    try:
        yield
    except OSError as error:
        if stream is not sys.stderr and isinstance(error, BrokenPipeError):
            raise
        lose(stream)
        if stream is sys.stderr:
            return
        raise UsageProblem(
            f"The output cannot be written: {error.strerror}.",
            not_done="The rest was not told; what was done by then stands.",
            remedy="Give the output room; `linara-agent audit list` tells of each run.",
        ) from error


class Console:
    """Two streams; rich is loaded at the first thing said on stderr.

    `as_json`: the call asked for one JSON object, which an error is then as well.
    """

    as_json = False

    @property
    def interactive(self) -> bool:
        """A person is there to answer."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    @property
    def piped_into(self) -> bool:
        """Somebody may expect that a command reads what they pipe in."""
        try:
            mode = os.fstat(sys.stdin.fileno()).st_mode
        except (OSError, ValueError):
            return False
        return stat.S_ISFIFO(mode) or (stat.S_ISREG(mode) and not sys.stdin.isatty())

    @cached_property
    def _stderr(self) -> "RichConsole":
        return self._rich(stderr=True)

    @cached_property
    def _stdout(self) -> "RichConsole":
        return self._rich(stderr=False)

    @staticmethod
    def _rich(*, stderr: bool) -> "RichConsole":
        from rich.console import Console as RichConsole

        class Raising(RichConsole):
            """Rich itself would end the program, and with stdout whatever it was."""

            def on_broken_pipe(self) -> None:  # type: ignore[explicit-override]  # in 3.12
                raise BrokenPipeError

        stream = sys.stderr if stderr else sys.stdout
        # In a pipe or a log nobody wants a path to be broken.
        width = None if stream.isatty() or "COLUMNS" in os.environ else _UNBROKEN
        # Without markup: `[/tmp]` in an intent or in a model's name is no style.
        return Raising(
            stderr=stderr,
            highlight=False,
            emoji=False,
            markup=False,
            soft_wrap=False,
            width=width,
        )

    def say(self, *what: "RenderableType") -> None:
        """Prose, screens, questions: to stderr, which nobody need read."""
        with _delivered(sys.stderr):
            for one in what:
                self._stderr.print(one)

    def notices(self, lines: Iterable[str]) -> None:
        """What a person must know of what decides, before anything else is said."""
        from rich.text import Text

        from linara_agent.core.visible import visible

        for line in lines:
            self.say(Text(f"note: {visible(line, keep='')}", style="yellow"))

    def show(self, *what: "RenderableType") -> None:
        """A result for people, with colours on a terminal: to stdout."""
        with _delivered(sys.stdout):
            for one in what:
                self._stdout.print(one)

    def result(self, text: str) -> None:
        """A result for programs: to stdout as it is, with a line end."""
        self.raw(text.encode(errors="surrogateescape") + b"\n")

    def raw(self, data: bytes, *, stderr: bool = False) -> None:
        """A program's own output; on a terminal made visible, elsewhere as it is."""
        stream = sys.stderr if stderr else sys.stdout
        if stream.isatty():
            from linara_agent.core.visible import visible_bytes

            data = visible_bytes(data).encode()
        with _delivered(stream):
            stream.flush()
            stream.buffer.write(data)
            stream.buffer.flush()

    @contextmanager
    def step(self, words: str) -> Iterator[None]:
        """A spinner on a terminal while something takes its time."""
        with self.live(words):
            yield

    @contextmanager
    def live(self, words: str) -> Iterator[Callable[[str], None]]:
        """The same; what it gives puts other words beside the spinner."""
        if not sys.stderr.isatty():
            yield lambda _: None
            return
        from rich.text import Text

        # Text, because what a server says is no markup.
        with self._stderr.status(Text(words)) as status:
            yield lambda said: status.update(Text(said))


console = Console()
