"""What a person sees while a model is asked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from linara_agent.cli.console import console
from linara_agent.core.attempt import Attempt, FailedReply, Fault
from linara_agent.core.intent import Intent
from linara_agent.core.proposal import Proposal, Usage, together
from linara_agent.parsers import bashlex
from linara_agent.ports import Proposer

if TYPE_CHECKING:
    from linara_agent.openrouter.arrival import Arrived

_AGAIN = {
    Fault.UNUSABLE: "its answer held no command",
    Fault.UNREADABLE: "its command could not be read",
    Fault.MISSING: "its command needs what is not installed",
    Fault.DENIED: "its command is denied",
    Fault.FAILED: "its command failed in the preview",
}


class Asking:
    """Asks a proposer, tells that something comes, and keeps what was paid.

    `replies` are what each asking cost, failed ones too.
    """

    def __init__(self) -> None:
        self.replies: list[Usage | None] = []
        self._words = ""
        self._show: Callable[[str], None] = lambda _: None

    def ask(
        self, proposer: Proposer, intent: Intent, attempts: tuple[Attempt, ...]
    ) -> tuple[Proposal, ...]:
        bashlex.load()  # while the model thinks
        words = "asking for a command"
        if attempts:
            words = f"asking again: {_AGAIN[attempts[-1].fault]}"
        with self.live(words):
            try:
                found = proposer.propose(intent, attempts)
            except FailedReply as failure:
                self.replies.append(failure.usage)
                raise
        self.replies.append(found[0].usage)
        return found

    @property
    def spent(self) -> Usage | None:
        """In the whole run, as far as it was told."""
        return together(self.replies)

    @contextmanager
    def live(self, words: str) -> Iterator[None]:
        """Meanwhile, what `tell` is told stands beside the spinner."""
        self._words = words
        with console.live(words) as self._show:
            yield

    def tell(self, arrived: "Arrived") -> None:
        """Called while a streamed answer comes; nothing partial is used."""
        if arrived.characters:
            verb = "thinking" if arrived.reasoning else "writing"
            said = f"{self._words}: it is {verb}, {arrived.characters} characters"
        else:
            said = f"{self._words}: the server is working on it"
        self._show(said)
