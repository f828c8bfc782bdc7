"""Compares one layer of the twin with the host, path by path.

The twin shows the upper over the lower. What is in neither the upper nor a
directory that came from elsewhere is unchanged and never looked at, so the cost
follows the changes. Where a directory or a file lies in the lower (its origin)
can differ from where it is shown: overlayfs renames by leaving a redirect.
"""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Self

from linara_agent.core.change import Change, ChangeKind, FileType, PathState
from linara_agent.docker_sandbox.blobs import Blobs, digest
from linara_agent.docker_sandbox.hard_links import Altered, HardLinks
from linara_agent.docker_sandbox.host_tree import HostTree, Parts
from linara_agent.docker_sandbox.kinds import kind_of
from linara_agent.docker_sandbox.remarks import Remarks, Rule
from linara_agent.docker_sandbox.shown_place import Place
from linara_agent.docker_sandbox.upper import Node
from linara_agent.docker_sandbox.upper_walk import MASK

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

    def run(self, root: Node, *, nameless: Sequence[Node] = ()) -> None:
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
        for node in nameless:
            if node.lower_inode is not None:
                self._links.lose(node.lower_inode, node.state())
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
            return self._links.shown(state)
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
        origin = self._moved_file(place, after)
        sure = same = True
        needed = origin is None or before is not None
        if after.type is FileType.FILE and needed and not _keeps_content(place, before):
            try:
                after = self._filled(place, after)
                same = self._same_content(place.parts, before, after)
            except OSError:
                sure = same = False
                self._remarks.note(Rule.UNREADABLE, path)
        fresh = self._is_fresh(place, before, origin)
        kind = kind_of(before, after, same_content=same and not fresh)
        if kind is not None and place.origin is not None and origin is not None:
            kind = ChangeKind.RENAMED if before is None else kind
        if kind is not None:
            change = Change(
                path=path,
                kind=kind,
                before=before,
                after=after,
                masked=place.masked,
                origin=None if origin is None else self._path(place.origin or ()),
                origin_state=origin,
                apart=fresh,
            )
            sure = self._linked_well(place, change) and sure
            self._add(change, sure=sure and self._origin_settled(place))
        if place.node is not None:
            self._remarks.copied += _copied(place.node, before)
            self._links.met(place.node, path, kind, before)

    def _moved_file(self, place: Place, after: PathState) -> PathState | None:
        """The state on the host of what was only given this name, as it was."""
        if place.origin is None or place.masked or not place.moved:
            return None
        if after.sha256 is not None or not (place.unwritten or _is_directory(after)):
            return None
        origin = self._origins.state(place.origin)
        if origin is None or origin.type is not after.type:
            return None
        return origin if os.geteuid() in (0, origin.uid) else None

    def _is_fresh(
        self, place: Place, before: PathState | None, origin: PathState | None
    ) -> bool:
        """Another file stands where one of several names was."""
        if before is None or before.type is FileType.DIRECTORY:
            return False
        status = self._host.status(place.parts)
        if origin is not None:
            return origin.inode != before.inode
        node = place.node
        several = status is not None and status.st_nlink > 1
        if node is None or not several or node.metacopy:
            return False
        return not node.linked or node.lower_inode not in (None, before.inode)

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

    def _linked_well(self, place: Place, change: Change) -> bool:
        """Remember a changed file of several names; False if they cannot be known."""
        node, before, after = place.node, change.before, change.after
        if node is None or not node.linked or after is None:
            return True
        inode = node.lower_inode
        if before is not None and inode in (None, before.inode):
            if not change.apart:
                self._alter(place.parts, change.kind, before, after)
            return True
        if place.origin is not None:
            origin = self._origins.state(place.origin)
            kind = kind_of(origin, after, same_content=True)
            if origin is not None and kind is not None:
                self._alter(place.origin, kind, origin, after)
            return origin is not None
        if inode is not None:
            self._links.lose(inode, after)
            return True
        self._remarks.note(Rule.HARD_LINKS, change.path)
        return False

    def _alter(
        self, known: Parts, kind: ChangeKind, before: PathState, after: PathState
    ) -> None:
        status = self._host.status(known)
        if status is None or before.inode is None or status.st_nlink < 2:  # noqa: PLR2004 — one name is no other
            return
        self._links.alter(
            Altered(
                inode=before.inode,
                names=status.st_nlink,
                known=known,
                kind=kind,
                after=after,
            )
        )

    def _other_names(self) -> None:
        """Add the names of changed hard-linked files that are not in the upper."""
        changed = {change.path for change in self._remarks.changes}
        for inode, after in self._links.lost:
            known = self._found_again(inode)
            if known is None:
                self._links.unknown.add(after.inode)
            else:
                self._alter_lost(known, after)
        for parts, altered in self._links.others(self._host):
            path = self._path(parts)
            before = self._host.state(parts)
            if path in changed or before is None or before.inode != altered.inode:
                continue
            self._add(
                Change(path=path, kind=altered.kind, before=before, after=altered.after)
            )
        self._links.settle(self._remarks)

    def _alter_lost(self, known: Parts, after: PathState) -> None:
        before = self._host.state(known)
        try:
            same = after.sha256 is None or self._same_content(known, before, after)
        except OSError:
            same = False
        kind = kind_of(before, after, same_content=same)
        if before is not None and kind is not None:
            self._alter(known, kind, before, after)

    def _found_again(self, inode: int) -> Parts | None:
        """The name on the host of a file that was moved and then written."""
        for change in self._remarks.changes:
            before = change.before
            if before is not None and before.inode == inode:
                return tuple(change.path[len(self._root) :].split("/")[1:])
        return None

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


def _copied(node: Node, before: PathState | None) -> int:
    """Bytes that were taken from the lower file when it was opened for writing."""
    if before is None or not node.regular or node.metacopy:
        return 0
    return before.size if node.lower_inode == before.inode else 0


def _unmade(change: Change) -> bool:
    after = change.after
    made = change.kind is not ChangeKind.METADATA
    return made and after is not None and after.type in _UNMADE
