"""Previews and changes as values, for tests of what is made of them."""

from linara_agent.core.change import Change, ChangeKind, FileType, PathState
from linara_agent.core.policy.verdict import Finding
from linara_agent.core.preview import Outcome, Preview


def state(
    *,
    size: int = 1,
    type: FileType = FileType.FILE,
    mode: int = 0o644,
    link: str | None = None,
) -> PathState:
    return PathState(
        type=type, size=size, mode=mode, uid=1000, gid=1000, mtime_ns=0, link=link
    )


def change(
    path: str,
    kind: ChangeKind = ChangeKind.CREATED,
    *,
    size: int = 1,
    type: FileType = FileType.FILE,
    incidental: bool = False,
    masked: bool = False,
    unsettled: bool = False,
) -> Change:
    """A change of the kind, with the states on both sides that it has."""
    one = state(size=size, type=type)
    return Change(
        path=path,
        kind=kind,
        before=None if kind is ChangeKind.CREATED else one,
        after=None if kind is ChangeKind.DELETED else one,
        incidental=incidental,
        masked=masked,
        unsettled=unsettled,
    )


def outcome(
    *, exit: int | None = 0, signal: int | None = None, limits: tuple[str, ...] = ()
) -> Outcome:
    return Outcome(exit=exit, signal=signal, stdout=b"", stderr=b"", limits=limits)


def preview(
    *changes: Change,
    ended: Outcome | None = None,
    findings: tuple[Finding, ...] = (),
    network_tried: bool = False,
) -> Preview:
    return Preview(
        digest="d",
        view="twin",
        outcome=ended or outcome(),
        changes=changes,
        findings=findings,
        network_tried=network_tried,
    )
