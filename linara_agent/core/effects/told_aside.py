"""What is said of effects that no command's own sentence speaks of.

These are unknown, pass data on, may hit something besides, or are had at worst.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from linara_agent.core.effects.effect import AT_WORST, Effect, EffectKind, PathClass
from linara_agent.core.effects.place import Place
from linara_agent.core.effects.told import by_option, is_aside
from linara_agent.core.effects.told_targets import flow, listed, target_name, unknown

Said = tuple[tuple[int, int], str]
"""The part of the text that is spoken of, and the sentence."""


def apart(
    effects: tuple[Effect, ...], place: Place, span: tuple[int, int]
) -> Iterator[Said]:
    """The sentences; `span` is what they speak of where an effect has none."""
    for effect in effects:
        if effect.kind is EffectKind.UNKNOWN:
            yield effect.span or span, unknown(effect)
        elif effect.kind is EffectKind.FLOW:
            yield effect.span or span, flow(effect)
    yield from _at_worst(effects, span)
    besides = [one for one in effects if is_aside(one) and one.kind in _ASIDE]
    besides = [one for one in besides if not _bounded(one)]
    for kind, cls in dict.fromkeys((one.kind, one.cls) for one in besides):
        hit = [one for one in besides if (one.kind, one.cls) == (kind, cls)]
        yield span, f"{_ASIDE[kind]} {_places(hit, place)} too"


def _at_worst(effects: tuple[Effect, ...], span: tuple[int, int]) -> Iterator[Said]:
    """One sentence for all that may become of one word."""
    bounded = [one for one in effects if _bounded(one)]
    for where, note in dict.fromkeys((one.span, one.note or "") for one in bounded):
        verbs = _verbs(e.kind for e in bounded if (e.span, e.note) == (where, note))
        if note.startswith(AT_WORST):
            text = f"may {verbs} anything, since {note.removeprefix(AT_WORST)}"
        else:
            text = f"may take this word for an option, and then {verbs} something else"
        yield where or span, text


def _bounded(effect: Effect) -> bool:
    return by_option(effect) or (effect.note or "").startswith(AT_WORST)


def _verbs(kinds: Iterable[EffectKind]) -> str:
    return listed(_ASIDE.get(kind, "may do").removeprefix("may ") for kind in kinds)


_MANY = 4


def _places(effects: list[Effect], place: Place) -> str:
    """Some of them by name, and what they are."""
    bare = [replace(one, cls=None) for one in effects]
    names = list(dict.fromkeys(target_name(one, place, bare=True) for one in bare))
    if len(names) > _MANY:
        names = [*names[: _MANY - 1], f"{len(names) - _MANY + 1} more places"]
    what = _WHAT.get(effects[0].cls or PathClass.OUTSIDE)
    return f"{what} ({listed(names)})" if what else listed(names)


_WHAT = {
    PathClass.SECRETS: "keys or passwords",
    PathClass.AUTORUN: "what runs by itself later",
    PathClass.STARTUP: "start-up files",
    PathClass.SYSTEM: "files of the system",
}
_ASIDE = {
    EffectKind.READ: "may read",
    EffectKind.OBSERVE: "may look at",
    EffectKind.MODIFY: "may change",
    EffectKind.CREATE: "may create",
    EffectKind.DELETE: "may delete",
    EffectKind.METADATA: "may change the permissions of",
    EffectKind.EXECUTE: "may run",
    EffectKind.NETWORK: "may talk to",
}
