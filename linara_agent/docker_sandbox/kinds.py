"""How two states of a path differ, in one word."""

from linara_agent.core.change import ChangeKind, FileType, PathState


def kind_of(
    before: PathState | None, after: PathState | None, *, same_content: bool
) -> ChangeKind | None:
    """How two states differ; None if they do not. A directory's time does not count."""
    if before is None:
        return None if after is None else ChangeKind.CREATED
    if after is None:
        return ChangeKind.DELETED
    if before.type is not after.type:
        return ChangeKind.TYPE
    if before.link != after.link or not same_content:
        return ChangeKind.MODIFIED
    return None if _metadata(before) == _metadata(after) else ChangeKind.METADATA


def _metadata(state: PathState) -> tuple[object, ...]:
    timed = state.type is not FileType.DIRECTORY
    time = state.mtime_ns if timed else None
    return state.mode, state.uid, state.gid, state.xattrs, time
