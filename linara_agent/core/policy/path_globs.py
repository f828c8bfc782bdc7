"""The globs of rules and classes, held against a path or a glob of a command."""

from functools import lru_cache

from linara_agent.core.decision import Decision
from linara_agent.core.effects.effect import Effect, EffectKind, Form
from linara_agent.core.effects.glob import any_of, intersect
from linara_agent.core.effects.place import Place

_WHOLE_TREES = (EffectKind.DELETE, EffectKind.METADATA)


def matches_one(globs: tuple[str, ...], target: str | None, place: Place) -> bool:
    """`~` is the home, `$WORKSPACE` the workspace; without one such globs are none."""
    if target is None:
        return False
    expanded = _expanded(globs, place.home, place.workspace)
    return any_of(expanded).fullmatch(target) is not None


def speaks_of(
    globs: tuple[str, ...], decision: Decision, effect: Effect, place: Place
) -> bool:
    """Whether a rule's paths are spoken of; a rule that forbids is taken wider.

    It also speaks of a glob that may match its paths, of the directory whose content
    it names (`cp x /etc/sudoers.d`), and of a tree above that is deleted or whose
    permissions change.
    """
    target = effect.target
    if matches_one(globs, target, place):
        return True
    if decision is Decision.ALLOW or target is None:
        return False
    expanded = _expanded(globs, place.home, place.workspace)
    wider = any_of(_contents(expanded)).fullmatch(target) is not None
    if effect.form is Form.GLOB:
        return wider or any(
            intersect(target, one) or intersect(target, one.removesuffix("/**"))
            for one in expanded
            if "[*]" not in one
        )
    if effect.form is Form.UNDER and effect.kind in _WHOLE_TREES:
        below = target.rstrip("/") + "/"
        return wider or any(one.startswith(below) for one in expanded)
    return wider


@lru_cache(maxsize=4096)
def _expanded(
    globs: tuple[str, ...], home: str, workspace: str | None
) -> tuple[str, ...]:
    found = []
    for glob in globs:
        if glob == "~" or glob.startswith("~/"):
            found.append(home + glob[1:])
        elif not glob.startswith("$WORKSPACE"):
            found.append(glob)
        elif workspace is not None:
            found.append(workspace + glob.removeprefix("$WORKSPACE"))
    return tuple(found)


@lru_cache(maxsize=4096)
def _contents(globs: tuple[str, ...]) -> tuple[str, ...]:
    """The directories whose whole content is named."""
    return tuple(one.removesuffix("/**") for one in globs if one.endswith("/**"))
