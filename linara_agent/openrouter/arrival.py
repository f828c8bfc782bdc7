"""What has come of an answer so far: a sign of life for the screen, and no more."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from linara_agent.openrouter.options import Options
from linara_agent.openrouter.server_text import plain

_PAUSE_S = 0.1
_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """`characters` counts what the model wrote, its thoughts included.

    `comments` are the server's signs of life, which say nothing about the answer;
    `reasoning` that the model is thinking just now. `text` is the start of the
    answer in one line, fit for the screen, None where it is not meant for reading.
    """

    comments: int
    characters: int
    reasoning: bool
    text: str | None


Progress = Callable[[Arrived], None]


class Arrival:
    """Counts what comes, and tells `progress` of it, at most ten times a second."""

    def __init__(
        self, progress: Progress | None, options: Options, *, readable: bool
    ) -> None:
        self.characters = 0
        self._progress = progress
        self._options = options
        self._readable = readable
        self._reasoning = False
        self._text = ""
        self._told = 0.0

    def add(self, *, text: str, thought: str) -> None:
        self.characters += len(text) + len(thought)
        if text or thought:
            self._reasoning = not text
        # Enough to fill what is shown, whatever escape sequences it holds.
        if len(self._text) < 10 * _SHOWN:
            self._text += text

    def show(self, comments: int) -> None:
        now = time.monotonic()
        if self._progress is None or now - self._told < _PAUSE_S:
            return
        self._told = now
        text = plain(self._text, self._options, limit=_SHOWN)
        self._progress(
            Arrived(
                comments=comments,
                characters=self.characters,
                reasoning=self._reasoning,
                text=text if self._readable else None,
            )
        )
