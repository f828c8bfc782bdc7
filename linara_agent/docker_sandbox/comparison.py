"""Compares one layer of the twin with the host, path by path.

The twin shows the upper over the lower. What is in neither the upper nor a
directory that came from elsewhere is unchanged and never looked at, so the cost
follows the changes. Where a directory or a file lies in the lower (its origin)
can differ from where it is shown: overlayfs renames by leaving a redirect.
"""

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Self

from linara_agent.core.change import Change, ChangeKind, FileType, PathState
from linara_agent.docker_sandbox.blobs import Blobs, digest
from linara_agent.docker_sandbox.hard_links import Altered, HardLinks
from linara_agent.docker_sandbox.host_tree import HostTree, Parts
from linara_agent.docker_sandbox.remarks import Remarks, Rule
from linara_agent.docker_sandbox.upper import Node

MASK = "trusted.linara-agent.masked"
"""An xattr (any value) of seeded placeholders, by which a moved one is known. The
script can neither see nor set it."""

_UNMADE = (FileType.SOCKET, FileType.CHARACTER_DEVICE, FileType.BLOCK_DEVICE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is the same for every layer; paths are absolute.

    `partial` tells that the uppers were not read to their end, so that a name
    missing there proves nothing.
    """

    started_ns: int
    placeholders: frozenset[str]
    seeded: frozenset[str]
    blobs: Blobs
    partial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A name in the twin: what the upper has there, and where the lower part lies.

    `origin` is None where nothing of the lower shines through.
    """

    parts: Parts
    node: Node | None
    origin: Parts | None
    masked: bool = False

    @property
    def moved(self) -> bool:
        return self.origin != self.parts

    @property
    def unwritten(self) -> bool:
        """A file's content is that of its origin."""
        return self.node is None or self.node.metacopy

    def below(self, name: str) -> "Place":
        node = self.node.children.get(name) if self.node else None
        default = None if self.origin is None else (*self.origin, name)
        return replace(
            self,
            parts=(*self.parts, name),
            node=node,
            origin=default if node is None else _origin(node, self.origin, default),
        )


def _origin(node: Node, parent: Parts | None, default: Parts | None) -> Parts | None:
    if node.opaque or not (node.directory or node.metacopy):
        return None
    redirect = node.redirect
    if redirect is None:
        return default
    if redirect.startswith("/"):
        return tuple(name for name in redirect.split("/") if name)
    return None if parent is None else (*parent, redirect)


class Comparison:
    """One layer; the changes are added to `remarks` in no particular order."""

    def __init__(self, root: str, about: Circumstances, remarks: Remarks) -> None:
        self._root = root.rstrip("/")
        self._about = about
        self._remarks = remarks
        self._open = ExitStack()
        self._host = self._open.enter_context(HostTree(root))
        self._origins = self._open.enter_context(HostTree(root))
        self._links = HardLinks()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def run(self, root: Node) -> None:
        """Look at all that the upper holds, then at what moved along with it."""
        waiting = [Place(parts=(), node=root, origin=None if root.opaque else ())]
        along: list[Place] = []
        while (waiting or along) and not self._remarks.full:
            place = waiting.pop() if waiting else along.pop()
            try:
                below = self._visit(place)
            except OSError:
                self._remarks.note(Rule.UNREADABLE, self._path(place.parts))
                continue
            waiting += [one for one in below if one.node is not None]
            along += [one for one in below if one.node is None]
        self._other_names()

    def _path(self, parts: Parts) -> str:
        return "/".join((self._root, *parts)) or "/"

    def _visit(self, place: Place) -> list[Place]:
        """Record what changed at one place; return the places below it to look at."""
        path = self._path(place.parts)
        before = self._host.state(place.parts)
        after = self._shown(place, path, before)
        placeholder = path in self._about.placeholders
        if placeholder and after is not None:
            if self._untouched(place, path, before):
                return []
            place = replace(place, masked=True)
            self._written(path, before, after)
        elif place.node is not None and place.node.xattr(MASK) is not None:
            place = replace(place, masked=True)
        if not (placeholder and place.masked) and not self._only_seeded(place, path):
            self._compare(place, before, after)
        stays = _is_directory(after)
        names = self._names(place) if stays else set()
        unsure = place.masked or (stays and self._about.partial)
        if _is_directory(before) and not unsure and (place.moved or not stays):
            self._delete_below(place.parts, names)
        return [place.below(name) for name in sorted(names, reverse=True)]

    def _shown(
        self, place: Place, path: str, before: PathState | None
    ) -> PathState | None:
        """The state that the twin shows; its content, if it moved, still unread."""
        if place.node is None:
            state = self._origins.state(place.origin or ())
            if state is None:
                return None
            return replace(self._links.shown(state), ctime_ns=None, inode=None)
        if place.node.whiteout:
            return None
        after = place.node.state()
        if before is not None and (path in self._about.seeded or not place.parts):
            return _with_unseeded(after, before)
        return after

    def _untouched(self, place: Place, path: str, before: PathState | None) -> bool:
        """A placeholder is as it was seeded: empty, and like its original."""
        node = place.node
        if node is None or before is None or node.children:
            return False
        state = node.state()
        entry = node.entry
        if entry.atime_ns > self._about.started_ns:  # on a noatime disk it never is
            self._remarks.note(Rule.MASKED_READ, path)
        later = entry.ctime_ns > self._about.started_ns
        if later and entry.mtime_ns != before.mtime_ns:
            return False  # emptied again, or removed and made anew
        seeded = (before.type, 0, before.mode, before.uid, before.gid)
        return seeded == (state.type, state.size, state.mode, state.uid, state.gid)

    def _written(self, path: str, before: PathState | None, after: PathState) -> None:
        """Record a placeholder that is not as it was, even if it looks the same."""
        same = before is not None and before.mtime_ns == after.mtime_ns
        kind = kind_of(before, after, same_content=same) or ChangeKind.METADATA
        self._add(Change(path=path, kind=kind, before=before, after=after, masked=True))

    def _only_seeded(self, place: Place, path: str) -> bool:
        return (
            path in self._about.seeded
            and place.node is not None
            and place.node.directory
            and place.node.entry.ctime_ns <= self._about.started_ns
        )

    def _names(self, place: Place) -> set[str]:
        names = set(place.node.children) if place.node else set()
        unsure = place.masked or self._about.partial
        if place.origin is not None and place.moved and not unsure:
            names.update(self._origins.names(place.origin))
        return names

    def _compare(
        self, place: Place, before: PathState | None, after: PathState | None
    ) -> None:
        if after is None:
            if before is not None:
                self._add(self._deleted(place.parts, before))
            return
        path = self._path(place.parts)
        sure = same = True
        if after.type is FileType.FILE and not _keeps_content(place, before):
            try:
                after = self._filled(place, after)
                same = self._same_content(place.parts, before, after)
            except OSError:
                sure = same = False
                self._remarks.note(Rule.UNREADABLE, path)
        kind = kind_of(before, after, same_content=same)
        if kind is not None:
            sure = sure and self._linked_well(place, kind, before, after)
            sure = sure and self._origin_settled(place)
            change = Change(
                path=path, kind=kind, before=before, after=after, masked=place.masked
            )
            self._add(change, sure=sure)
        if place.node is not None:
            self._links.met(place.node, path, changed=kind is not None)

    def _filled(self, place: Place, after: PathState) -> PathState:
        """The state with its digest; what moved is read from where it lies."""
        if after.sha256 is not None or place.masked:
            return after
        with self._origins.content(place.origin or ()) as (size, data):
            return replace(after, sha256=self._about.blobs.keep(size, data), size=size)

    def _same_content(
        self, parts: Parts, before: PathState | None, after: PathState
    ) -> bool:
        if before is None or before.type is not FileType.FILE:
            return False
        if before.size != after.size:
            return False
        with self._host.content(parts) as (size, data):
            return digest(size, data) == after.sha256

    def _origin_settled(self, place: Place) -> bool:
        """What moved was not changed on the host while the script ran."""
        if place.origin is None or not place.moved:
            return True
        status = self._origins.status(place.origin)
        return status is not None and status.st_ctime_ns <= self._about.started_ns

    def _linked_well(
        self,
        place: Place,
        kind: ChangeKind,
        before: PathState | None,
        after: PathState,
    ) -> bool:
        """Remember a changed file of several names; False if they cannot be known."""
        node = place.node
        if node is None or not node.linked:
            return True
        self._remarks.note(Rule.HARD_LINKS, self._path(place.parts))
        status = self._host.status(place.parts)
        if status is not None and status.st_nlink > 1 and before is not None:
            altered = Altered(
                inode=status.st_ino,
                names=status.st_nlink,
                known=place.parts,
                kind=kind,
                after=after,
            )
            self._links.alter(altered)
            return True
        if place.origin is None:
            return False
        origin = self._origins.state(place.origin)
        return kind_of(origin, after, same_content=True) is None

    def _other_names(self) -> None:
        """Add the names of changed hard-linked files that are not in the upper."""
        for path in self._links.shared():
            self._remarks.note(Rule.HARD_LINKS, path)
        changed = {change.path for change in self._remarks.changes}
        for parts, altered in self._links.others(self._host):
            path = self._path(parts)
            before = self._host.state(parts)
            if path in changed or before is None or before.inode != altered.inode:
                continue
            self._add(
                Change(path=path, kind=altered.kind, before=before, after=altered.after)
            )

    def _deleted(self, parts: Parts, before: PathState) -> Change:
        return Change(
            path=self._path(parts), kind=ChangeKind.DELETED, before=before, after=None
        )

    def _delete_below(self, parts: Parts, kept: set[str]) -> None:
        """List what was in a directory of the host, entry by entry."""
        waiting = [(*parts, name) for name in self._listed(parts) if name not in kept]
        while waiting and not self._remarks.full:
            inner = waiting.pop()
            state = self._host.state(inner)
            if state is None:
                continue
            self._add(self._deleted(inner, state))
            if state.type is FileType.DIRECTORY:
                waiting += [(*inner, name) for name in self._listed(inner)]

    def _listed(self, parts: Parts) -> Parts:
        try:
            return self._host.names(parts)
        except OSError:
            self._remarks.note(Rule.UNREADABLE, self._path(parts))
            return ()

    def _add(self, change: Change, *, sure: bool = True) -> None:
        before, after = change.before, change.after
        late = before is not None and (before.ctime_ns or 0) > self._about.started_ns
        if late:
            self._remarks.note(Rule.UNSETTLED, change.path)
        if _unmade(change):
            self._remarks.note(Rule.UNMADE, change.path)
            sure = False
        if after is not None and (change.kind is ChangeKind.METADATA or change.masked):
            after = replace(after, sha256=None)
        self._remarks.change(replace(change, after=after, unsettled=late or not sure))


def _is_directory(state: PathState | None) -> bool:
    return state is not None and state.type is FileType.DIRECTORY


def _with_unseeded(after: PathState, before: PathState) -> PathState:
    """Seeds carry ACLs but no `user.*`; what they lack is taken as unchanged."""
    present = {name for name, _ in after.xattrs}
    lacking = [pair for pair in before.xattrs if pair[0] not in present]
    kept = [pair for pair in lacking if not pair[0].startswith("system.")]
    return replace(after, xattrs=tuple(sorted([*after.xattrs, *kept])))


def _keeps_content(place: Place, before: PathState | None) -> bool:
    there = before is not None and before.type is FileType.FILE
    return there and place.unwritten and not place.moved


def _unmade(change: Change) -> bool:
    after = change.after
    made = change.kind is not ChangeKind.METADATA
    return made and after is not None and after.type in _UNMADE


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
