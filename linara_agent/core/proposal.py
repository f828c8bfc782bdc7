"""A script text with where it came from."""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from linara_agent.core.wire import Text


class Origin(StrEnum):
    """Who wrote the text."""

    PERSON = "person"
    RECIPE = "recipe"
    MODEL = "model"
    FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a model's reply cost; None where the server did not say."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A text to be judged, never yet to be run.

    `source` names the model id, the recipe id or the script file; `arguments` are
    those of a script file. `notice` is a sentence for the screen about the origin.
    """

    text: Text
    origin: Origin
    source: Text | None = None
    rationale: str | None = None
    notice: str | None = None
    usage: Usage | None = None
    arguments: tuple[Text, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the text and its arguments: what a review approves."""
        whole = "\0".join((self.text, *self.arguments))
        return sha256(whole.encode(errors="surrogatepass")).hexdigest()
