"""Hold what happened on the host against what the preview promised."""

from collections.abc import Callable, Iterator

from linara_agent.core.change import Change, FileType, PathState
from linara_agent.core.effects.effect import EffectKind
from linara_agent.core.policy.verdict import Verdict
from linara_agent.core.preview import Outcome, Preview

_LIVE = (
    EffectKind.OBSERVE,
    EffectKind.NETWORK,
    EffectKind.PROCESS,
    EffectKind.SYSTEM,
)


def differences(
    preview: Preview,
    outcome: Outcome,
    verdict: Verdict,
    *,
    state_of: Callable[[str], PathState | None],
    digest_of: Callable[[str], str | None],
) -> tuple[str, ...]:
    """Each difference in words.

    A command that looks at live state, or uses what the twin did not have, is bound
    to differ in how it ended: of that only the changes are compared.
    """
    found: list[str] = []
    live = any(effect.kind in _LIVE for effect in verdict.effects)
    cut = bool(preview.outcome.limits)
    if not live and not cut and _end(preview.outcome) != _end(outcome):
        before, now = _end(preview.outcome), _end(outcome)
        found.append(f"it ended with {now}, in the preview with {before}")
    for change in preview.effective:
        state = state_of(change.path)
        different = tuple(_path(change, state))
        if not different and state is not None and _rewritten(change, state, digest_of):
            different = (f"{change.path} has another content than in the preview",)
        found += different
    return tuple(found)


def _rewritten(
    change: Change, now: PathState, digest_of: Callable[[str], str | None]
) -> bool:
    expected = change.after.sha256 if change.after is not None else None
    if expected is None or now.type is not FileType.FILE:
        return False
    return digest_of(change.path) not in (None, expected)


def drift(
    preview: Preview, *, state_of: Callable[[str], PathState | None]
) -> tuple[str, ...]:
    """How the host has changed since the preview, path by path, in words.

    Of directories only their kind and mode count; what was known to be unsettled at
    the preview is left out.
    """
    found: list[str] = []
    for change in preview.effective:
        if not (change.unsettled or change.masked):
            found += _drifted(change, state_of(change.path))
    return tuple(found)


def _drifted(change: Change, now: PathState | None) -> Iterator[str]:
    before = change.before
    if before is None or now is None:
        if (before is None) != (now is None):
            state = "is gone" if now is None else "has been made meanwhile"
            yield f"{change.path} {state}"
    elif before.type is not now.type:
        yield f"{change.path} is a {now.type} now, it was a {before.type}"
    elif before.mode != now.mode or (before.uid, before.gid) != (now.uid, now.gid):
        yield f"{change.path} has another owner or mode"
    elif before.type is not FileType.DIRECTORY and (
        before.size != now.size or before.mtime_ns != now.mtime_ns
    ):
        yield f"{change.path} was written meanwhile"


def _end(outcome: Outcome) -> str:
    if outcome.signal is not None:
        return f"signal {outcome.signal}"
    return f"exit status {outcome.exit}"


def _path(change: Change, now: PathState | None) -> Iterator[str]:
    expected = change.after
    if expected is None or now is None:
        if (expected is None) != (now is None):
            yield f"{change.path} {_missing(change, now)}"
        return
    if expected.type is not now.type:
        yield f"{change.path} is a {now.type}, in the preview a {expected.type}"
    elif expected.type is FileType.FILE and expected.size != now.size:
        yield f"{change.path} has {now.size} bytes, in the preview {expected.size}"
    elif expected.type is FileType.SYMLINK and expected.link != now.link:
        yield f"{change.path} points elsewhere than in the preview"
    elif expected.mode != now.mode and expected.type is not FileType.SYMLINK:
        yield f"{change.path} has mode {now.mode:o}, in the preview {expected.mode:o}"


def _missing(change: Change, now: PathState | None) -> str:
    if now is not None:
        return "is still there"
    return "was not made" if change.before is None else "is gone"
