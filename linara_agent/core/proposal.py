"""A script text with where it came from."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import TypeVar

from linara_agent.core.wire import Text

_Number = TypeVar("_Number", int, float)


class Origin(StrEnum):
    """Who wrote the text."""

    PERSON = "person"
    RECIPE = "recipe"
    MODEL = "model"
    FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a model's reply cost; None where the server did not say.

    `reasoning_tokens`, spent on thinking, are part of `completion_tokens`.
    """

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd: float | None = None


def together(usages: Iterable[Usage | None]) -> Usage | None:
    """What several tries were billed."""
    known = [usage for usage in usages if usage is not None]
    if not known:
        return None
    return Usage(
        prompt_tokens=_sum(usage.prompt_tokens for usage in known),
        completion_tokens=_sum(usage.completion_tokens for usage in known),
        reasoning_tokens=_sum(usage.reasoning_tokens for usage in known),
        cost_usd=_sum(usage.cost_usd for usage in known),
    )


def _sum(numbers: Iterable[_Number | None]) -> _Number | None:
    known = [number for number in numbers if number is not None]
    return sum(known[1:], known[0]) if known else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A text to be judged, never yet to be run.

    `source` names the model id, the recipe id or the script file; `arguments` are
    those of a script file. `notice` is a sentence for the screen about the origin.
    `assumptions` and `claims` are what a model says of its text (that it needs root,
    that it cannot be undone …): words to read, never judged by. `cached`: the answer
    to the same request a short time ago. `rank` counts the texts of one answer.
    """

    text: Text
    origin: Origin
    source: Text | None = None
    rationale: str | None = None
    notice: str | None = None
    usage: Usage | None = None
    arguments: tuple[Text, ...] = ()
    assumptions: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    cached: bool = False
    rank: int = 1

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the text and its arguments: what a review approves."""
        whole = "\0".join((self.text, *self.arguments))
        return sha256(whole.encode(errors="surrogatepass")).hexdigest()
