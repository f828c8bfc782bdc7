"""Places of the host that a preview could not show: is a script about them?"""

from collections.abc import Iterable

from linara_agent.core.effects.effect import Effect, Form
from linara_agent.core.effects.glob import matches


def named(effects: Iterable[Effect], places: Iterable[str]) -> tuple[str, ...]:
    """Those that a script names, or in which it names something."""
    targets = tuple(_targets(effects))
    return tuple(
        place for place in places if any(_is_in(place, *one) for one in targets)
    )


def below(effects: Iterable[Effect], places: Iterable[str]) -> tuple[str, ...]:
    """Those in a directory that a script names, or anywhere below where it goes on
    below: what it says may lack them.
    """
    targets = tuple(_targets(effects))
    return tuple(
        place for place in places if any(_passes(place, *one) for one in targets)
    )


def _targets(effects: Iterable[Effect]) -> Iterable[tuple[str, Form]]:
    for effect in effects:
        if effect.target is not None and effect.cls is not None:
            yield effect.target.removesuffix("/**"), effect.form


def _is_in(place: str, target: str, form: Form) -> bool:
    if target == place or _inside(target, place):
        return True
    # What matches further down lies in what matches so far.
    so_far = "/".join(target.split("/")[: place.count("/") + 1])
    return form is Form.GLOB and matches(so_far, place)


def _passes(place: str, target: str, form: Form) -> bool:
    if form is Form.UNDER:
        return _inside(place, target)
    return (place.rpartition("/")[0] or "/") == target


def _inside(path: str, directory: str) -> bool:
    return path.startswith(directory.rstrip("/") + "/") and path != directory
