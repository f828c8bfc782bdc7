"""A model's explanation of a command, held against the effects that are judged."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from linara_agent.core.answer.said import line
from linara_agent.core.answer.thinking import without_thinking
from linara_agent.core.answer.unusable import Lack, Unusable
from linara_agent.core.effects.effect import Certainty, Effect, EffectKind
from linara_agent.core.visible import visible

_LONGEST = 2000

KINDS: Mapping[str, tuple[EffectKind, ...]] = {
    "writes files": (EffectKind.CREATE, EffectKind.MODIFY),
    "deletes files": (EffectKind.DELETE,),
    "changes permissions, owner or times": (EffectKind.METADATA,),
    "runs other programs": (EffectKind.EXECUTE,),
    "uses the network": (EffectKind.NETWORK,),
    "acts on processes": (EffectKind.PROCESS,),
    "changes the system": (EffectKind.SYSTEM,),
}
"""What a model is asked to tell of, in these words, and the effects that they mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """`says` are those of `KINDS` that the model tells of; None: it told of none in
    the form that was asked for.
    """

    text: str
    says: frozenset[str] | None


def explained(text: str) -> Explanation:
    """Read a model's answer; plain prose is an explanation too. Raises Unusable."""
    bare = without_thinking(text).strip()
    inner = bare.removeprefix("```json").removeprefix("```").removesuffix("```")
    try:
        value = json.loads(inner)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        return Explanation(text=_words(bare), says=None)
    told = value.get("effects")
    says = None
    if isinstance(told, list):
        says = frozenset(one for one in told if isinstance(one, str) and one in KINDS)
    words = value.get("explanation")
    return Explanation(text=_words(words if isinstance(words, str) else ""), says=says)


def _words(text: str) -> str:
    words = line(text, longest=_LONGEST)
    if words is None:
        raise Unusable("it is empty", Lack.EMPTY)
    return words


def disagreements(
    explanation: Explanation, effects: Iterable[Effect]
) -> tuple[str, ...]:
    """Sentences for what only one of the two tells of.

    A program that is merely possible (what a configuration may name) is not held
    against a model that says nothing of it.
    """
    if explanation.says is None:
        return ()
    known = tuple(effects)
    return tuple(_differences(explanation.says, known))


def _differences(says: frozenset[str], known: tuple[Effect, ...]) -> Iterator[str]:
    everything = not any(one.kind is EffectKind.UNKNOWN for one in known)
    for words, kinds in KINDS.items():
        found = [one for one in known if one.kind in kinds]
        told = [
            one
            for one in found
            if one.certainty is Certainty.CERTAIN or one.kind is not EffectKind.EXECUTE
        ]
        if words not in says and told:
            what = told[0].target or told[0].program
            of = f" ({visible(what, keep='')})" if what else ""
            yield f"the model does not say that it {words}{of}"
        elif words in says and not found and everything:
            yield f"the model says that it {words}; nothing in the catalogue does"
