"""What to do about a model's answer that holds no command.

The reading itself is `core.shell.answer`.
"""

from linara_agent.core.answer import answer
from linara_agent.core.answer.answer import Answer
from linara_agent.core.answer.unusable import Lack, Unusable
from linara_agent.openrouter.errors import RECIPES, Failure
from linara_agent.openrouter.prompt import SENTINEL

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


def take(text: str, words: str) -> Answer:
    """The one command in a model's text, for the intent `words`; raises Failure."""
    try:
        return answer.take(text, words, sentinel=SENTINEL)
    except Unusable as exc:
        raise Failure(_said(exc), remedy=_REMEDIES[exc.lack]) from exc


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
