"""Which of the files that came from elsewhere were renamed, and which are links."""

from collections.abc import Sequence
from dataclasses import replace

from linara_agent.core.change import Change, ChangeKind

_GONE = (ChangeKind.DELETED, ChangeKind.MODIFIED, ChangeKind.TYPE)


def settled(changes: Sequence[Change]) -> tuple[Change, ...]:
    """A name is `renamed` if the one that its file had before is not the file's now.

    Otherwise it is one more name: created, though its content is not new.
    """
    gone = {change.path for change in changes if change.kind in _GONE}
    return tuple(
        replace(change, kind=ChangeKind.CREATED)
        if change.kind is ChangeKind.RENAMED and change.origin not in gone
        else change
        for change in changes
    )
