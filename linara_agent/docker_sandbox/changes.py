"""From the upper directories of a finished preview to the changes of a plan."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from linara_agent.core.change import Change, ChangeKind, FileType
from linara_agent.core.policy.verdict import Finding
from linara_agent.docker_sandbox import incidental
from linara_agent.docker_sandbox.blobs import Blobs
from linara_agent.docker_sandbox.comparison import Circumstances, Comparison
from linara_agent.docker_sandbox.diff import DiffLimits, unified
from linara_agent.docker_sandbox.host_tree import HostTree
from linara_agent.docker_sandbox.remarks import Remarks, Rule
from linara_agent.docker_sandbox.renames import settled
from linara_agent.docker_sandbox.upper import (
    Uppers,
    build,
    read_in_process,
    read_stream,
)
from linara_agent.docker_sandbox.upper_walk import SAMPLE

_WORTH_TELLING = 100_000_000
"""Bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One overlay: `host` is its lower's path on the host, and the path in the twin.

    `upper` is the upper directory's path as seen where `upper_walk` runs.
    """

    host: str
    upper: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSettings:
    """`started_ns` (since the epoch) lies after the seeding and before the script.

    `placeholders` and `seeded` are absolute paths: the masked places that stand
    empty in the uppers, and what was put there only to hold something. At most
    `entries` names are read and changes listed; of more, a sample. `home` is the
    caller's, for the caches below it.
    """

    blobs: Path
    started_ns: int
    placeholders: tuple[str, ...] = ()
    seeded: tuple[str, ...] = ()
    entries: int = 1_000_000
    home: str | None = None
    diff: DiffLimits = field(default_factory=DiffLimits)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSet:
    """The changes in an order in which they can be applied.

    All deletions come first, what is in a directory before it; then all else, a
    directory before what is in it. When not `complete` (too many, or not all could
    be read: a finding says so), every change is `unsettled`, so that no part of it
    can be applied as if it were the whole. `copied` bytes were copied only because
    files were opened for writing (overlayfs copies a file whole before that).
    """

    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]
    complete: bool
    copied: int = 0

    def notes(self) -> tuple[str, ...]:
        """What a person should know of the cost."""
        if self.copied < _WORTH_TELLING:
            return ()
        note = (
            f"Files of {self.copied / 1e9:.1f} GB were opened for writing and so copied"
            " in the twin first; that took time and room, and changes nothing else."
        )
        return (note,)


def read_changes(
    layers: Sequence[Layer], *, stream: BinaryIO | None, settings: ReadSettings
) -> ChangeSet:
    """Compare the twin with the host as it is now.

    Without a `stream` the uppers are walked by this process, which takes root;
    else it is what `upper_walk` wrote, run as root over the same uppers in the same
    order. Raises SandboxUnavailable.
    """
    blobs = Blobs(settings.blobs)
    uppers = [layer.upper for layer in layers]
    most = settings.entries
    read = (
        read_stream(stream, blobs)
        if stream
        else read_in_process(uppers, blobs, most=most)
    )
    with closing(read):
        found = build(read, layers=len(layers), entries=most)
    remarks = Remarks(settings.entries)
    _compare(layers, found, remarks, _about(settings, blobs, partial=found.cut))
    known = _with_moved_masks(settled(remarks.changes), settings.placeholders)
    for change in known:
        if change.masked:
            remarks.note(Rule.MASKED, change.path)
    known = _ordered(known)[: SAMPLE if remarks.crowded else None]
    changes = incidental.mark(known, home=settings.home)
    if not remarks.complete:
        changes = tuple(replace(change, unsettled=True) for change in changes)
    blobs.discard_all_but(_digests(changes))
    return ChangeSet(
        changes=tuple(_with_diffs(changes, blobs, settings.diff)),
        findings=remarks.findings(),
        complete=remarks.complete,
        copied=remarks.copied,
    )


def _about(settings: ReadSettings, blobs: Blobs, *, partial: bool) -> Circumstances:
    return Circumstances(
        started_ns=settings.started_ns,
        placeholders=frozenset(settings.placeholders),
        seeded=frozenset(settings.seeded),
        blobs=blobs,
        partial=partial,
    )


def _compare(
    layers: Sequence[Layer], found: Uppers, remarks: Remarks, about: Circumstances
) -> None:
    if found.cut:
        remarks.note(Rule.TOO_MANY)
    for problem in found.problems:
        host = layers[problem.layer].host
        remarks.note(Rule.UNREADABLE, "/".join((host.rstrip("/"), *problem.path)))
    for number, root in found.roots.items():
        try:
            comparison = Comparison(layers[number].host, about, remarks)
        except OSError:
            remarks.note(Rule.UNREADABLE, layers[number].host)
            continue
        with comparison:
            comparison.run(root, nameless=found.nameless.get(number, ()))


def _with_moved_masks(
    changes: Sequence[Change], placeholders: Sequence[str]
) -> tuple[Change, ...]:
    """Mark both ends of a placeholder that was moved: what it hid would be lost.

    Where it is now is known by its mark, or, if it was only copied with its times
    or has no mark, by the time of modification that it was seeded with.
    """
    hidden = set(placeholders)
    gone = {
        (change.before.type, change.before.mtime_ns)
        for change in changes
        if change.path in hidden and change.after is None and change.before is not None
    }
    marked = tuple(
        replace(change, masked=True) if _signature(change) in gone else change
        for change in changes
    )
    if not any(change.masked for change in marked):
        return marked
    return tuple(
        replace(change, masked=True)
        if change.path in hidden and change.after is None
        else change
        for change in marked
    )


def _signature(change: Change) -> tuple[FileType, int] | None:
    after = change.after
    if after is None or change.before is not None or after.size:
        return None
    return after.type, after.mtime_ns


def _ordered(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Deletions from the deepest up, then the rest from the top down."""
    deleted = [change for change in changes if change.kind is ChangeKind.DELETED]
    others = [change for change in changes if change.kind is not ChangeKind.DELETED]
    return (
        *sorted(deleted, key=_names, reverse=True),
        *sorted(others, key=_names),
    )


def _names(change: Change) -> list[str]:
    return change.path.split("/")


def _digests(changes: Sequence[Change]) -> Iterator[str]:
    for change in changes:
        if change.after is not None and change.after.sha256 is not None:
            yield change.after.sha256


def _with_diffs(
    changes: Sequence[Change], blobs: Blobs, limits: DiffLimits
) -> Iterator[Change]:
    left = limits.files
    with HostTree("/") as host:
        for change in changes:
            if left and _may_have_diff(change, limits):
                left -= 1
                yield replace(change, diff=_diff(change, host, blobs, limits))
            else:
                yield change


def _may_have_diff(change: Change, limits: DiffLimits) -> bool:
    before, after = change.before, change.after
    if change.incidental or after is None or after.sha256 is None:
        return False
    if change.kind is ChangeKind.TYPE or after.size > limits.bytes:
        return False
    return before is None or before.size <= limits.bytes


def _diff(
    change: Change, host: HostTree, blobs: Blobs, limits: DiffLimits
) -> str | None:
    before = None
    if change.before is not None:
        try:
            with host.content(tuple(_names(change)[1:])) as (_, data):
                before = b"".join(piece for _, piece in data)
        except OSError:
            return None
        if len(before) != change.before.size:  # changed since, or with holes
            return None
    if change.after is None or change.after.sha256 is None:
        return None
    after = blobs.path(change.after.sha256).read_bytes()
    return unified(change.path, before, after, limits)
