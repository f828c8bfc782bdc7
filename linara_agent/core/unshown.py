"""Places of the host that a preview could not show: is a script about them?"""

from collections.abc import Callable, Iterable

from linara_agent.core.effects.effect import Effect, Form
from linara_agent.core.effects.glob import matches
from linara_agent.core.preview import Unshown


def named(effects: Iterable[Effect], places: Iterable[Unshown]) -> tuple[Unshown, ...]:
    """Those that a script names, or in which it names something."""
    return _those(_is_in, effects, places)


def below(effects: Iterable[Effect], places: Iterable[Unshown]) -> tuple[Unshown, ...]:
    """Those in a directory that a script names, or anywhere below where it goes on
    below: what it says may lack them.
    """
    return _those(_passes, effects, places)


def concerning(
    effects: tuple[Effect, ...], places: tuple[Unshown, ...]
) -> tuple[Unshown, ...]:
    """Both of these; all of them where nobody knows what the script is about."""
    if any(one.unread or one.form is Form.UNKNOWN for one in effects):
        return places
    found = {*named(effects, places), *below(effects, places)}
    return tuple(one for one in places if one in found)


def _those(
    concerns: Callable[[str, str, Form], bool],
    effects: Iterable[Effect],
    places: Iterable[Unshown],
) -> tuple[Unshown, ...]:
    targets = [
        (effect.target.removesuffix("/**"), effect.form)
        for effect in effects
        if effect.target is not None and effect.cls is not None
    ]
    return tuple(
        place for place in places if any(concerns(place.path, *one) for one in targets)
    )


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
