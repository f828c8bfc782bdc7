"""From a model's text to its command, or to what can be done about there being none.

The reading itself is `core.answer`.
"""

import json
from collections import Counter
from dataclasses import dataclass

from linara_agent.core.answer import answer
from linara_agent.core.answer.answer import Answer
from linara_agent.core.answer.thinking import without_thinking
from linara_agent.core.answer.unusable import Lack, Unusable
from linara_agent.core.attempt import UnusableAnswer
from linara_agent.core.intent import Intent
from linara_agent.openrouter.errors import NOT_DONE, RECIPES, Failure
from linara_agent.openrouter.prompt import LONGEST_LINE, SENTINEL

_REMEDIES = {
    Lack.EMPTY: f"Try again: a model that is just starting answers so; {RECIPES}",
    Lack.NOT_UNDERSTOOD: "Say it in other words, with the names of the files and "
    "programs.",
    Lack.SECRET: "Put the secret into a file or a variable, and ask for a command that "
    "reads it from there.",
    Lack.SEVERAL: "Say more exactly what you want, or try again.",
    Lack.ECHO: "Say it in other words; to run a command as it is, use "
    "`linara-agent run`.",
    Lack.OTHER: f"Try again, or choose another model; {RECIPES}",
}
_FINAL = (Lack.NOT_UNDERSTOOD, Lack.SECRET)
"""What asking the same model again would not change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """At least one command, none twice; `left_out` says of each other one why."""

    answers: tuple[Answer, ...]
    left_out: tuple[str, ...] = ()

    def notice(self, intent: Intent) -> str | None:
        """What became of those that were wanted; None where all are there."""
        wanted, count = intent.several, len(self.answers)
        if count == wanted and not self.left_out:
            return None
        words = f"Of {wanted} commands that were asked for"
        if not self.left_out:
            return f"{words}, the model gave {count}."
        reasons = "; ".join(
            reason if times == 1 else f"{reason}, {times} times"
            for reason, times in Counter(self.left_out).items()
        )
        less = len(self.left_out)
        left_out = f"{less} {'is' if less == 1 else 'are'} left out ({reasons})"
        return f"{words}, {count} can be offered; {left_out}."


def take(text: str, intent: Intent) -> Taken:
    """The command in a model's text, or as many as the intent wants.

    Raises UnusableAnswer where the model may do better if it is told why, else Failure.
    """
    try:
        if intent.several == 1:
            return Taken(answers=(_one(text, intent),))
        return _several(text, intent)
    except Unusable as exc:
        remedy = _REMEDIES[exc.lack]
        if exc.lack in _FINAL:
            raise Failure(_said(exc), remedy=remedy) from exc
        raise UnusableAnswer(
            _said(exc), not_done=NOT_DONE, remedy=remedy, text=text, reason=str(exc)
        ) from exc


def _one(text: str, intent: Intent) -> Answer:
    found = answer.take(text, intent.words, sentinel=SENTINEL)
    command = found.command
    if not any(char.isalnum() for char in command):
        raise Unusable("its command has neither a letter nor a digit")
    is_long = "\n" not in command and len(command) > LONGEST_LINE
    if is_long and not intent.script:
        raise Unusable(
            f"its command is one line of more than {LONGEST_LINE} characters,"
            " which nobody can review; several lines would do"
        )
    return found


def _several(text: str, intent: Intent) -> Taken:
    """The usable ones of a list; a bare command is one of them."""
    listed = _listed(text)
    if listed is None:
        return Taken(answers=(_one(text, intent),))
    found: dict[str, Answer] = {}
    left_out: list[str] = []
    last: Unusable | None = None
    for one in listed[: intent.several]:
        try:
            taken = _one(_object(one), intent)
        except Unusable as exc:
            last = exc
            left_out.append(str(exc))
            continue
        if found.setdefault(taken.command, taken) is not taken:
            left_out.append("it repeats another")
    if not found:
        raise last or Unusable("it is empty", Lack.EMPTY)
    left_out += ["it is more than was asked for"] * len(listed[intent.several :])
    return Taken(answers=tuple(found.values()), left_out=tuple(left_out))


def _object(candidate: object) -> str:
    if not isinstance(candidate, dict):
        raise Unusable("it is no object of JSON")
    return json.dumps(candidate)


def _listed(text: str) -> list[object] | None:
    """What stands under `candidates`, in JSON that may be fenced."""
    bare = without_thinking(text).strip()
    bare = bare.removeprefix("```json").removeprefix("```").removesuffix("```")
    try:
        value = json.loads(bare)
    except (ValueError, RecursionError):
        return None
    found = value.get("candidates") if isinstance(value, dict) else None
    return found if isinstance(found, list) else None


def _said(exc: Unusable) -> str:
    match exc.lack:
        case Lack.EMPTY:
            return "The model's answer is empty."
        case Lack.NOT_UNDERSTOOD:
            return (
                "The model did not understand the request, or cannot do it by a "
                "command."
            )
        case Lack.SECRET | Lack.SEVERAL | Lack.ECHO | Lack.OTHER:
            return f"The model's answer cannot be used: {exc}."
