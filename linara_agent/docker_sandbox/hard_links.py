"""Files with several names, in the upper and in the lower.

With `index=on` a change through one name of a hard-linked lower file shows at all of
its names, but only the name that was used is in the upper. The others have to be
looked for on the host.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from linara_agent.core.change import Change, ChangeKind, PathState
from linara_agent.docker_sandbox.host_tree import HostTree, Parts
from linara_agent.docker_sandbox.remarks import Remarks, Rule
from linara_agent.docker_sandbox.upper import Node

_SEARCHED = 200_000
"""Names that are looked at for other names: about a second."""

_STAYS = (None, ChangeKind.METADATA)
"""Kinds of a change that leave the file on the host where it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Altered:
    """A lower file with several names that is different in the twin.

    `names` is how many it has on the host, `known` one of them.
    """

    inode: int
    names: int
    known: Parts
    kind: ChangeKind
    after: PathState


@dataclass(frozen=True, slots=True, kw_only=True)
class _Name:
    path: str
    kind: ChangeKind | None
    before: PathState | None


class HardLinks:
    """What one layer's comparison has met.

    `lost` are the lower inodes of files that were moved and then written, with what
    they are now; `unknown` the inodes whose other names could not all be found.
    """

    def __init__(self) -> None:
        self._altered: dict[int, Altered] = {}
        self._uppers: dict[int, list[_Name]] = {}
        self.lost: list[tuple[int, PathState]] = []
        self.unknown: set[int | None] = set()

    def met(
        self, node: Node, path: str, kind: ChangeKind | None, before: PathState | None
    ) -> None:
        """Remember a name in the upper that may share its file with others."""
        if not node.directory and not node.whiteout and node.entry.nlink > 1:
            name = _Name(path=path, kind=kind, before=before)
            self._uppers.setdefault(node.entry.inode, []).append(name)

    def alter(self, altered: Altered) -> None:
        self._altered[altered.inode] = altered

    def lose(self, inode: int, after: PathState) -> None:
        self.lost.append((inode, after))

    def shown(self, state: PathState) -> PathState:
        """What the twin shows for a lower file that is not in the upper."""
        altered = self._altered.get(state.inode or 0)
        if altered is None:
            return replace(state, ctime_ns=None, inode=None)
        return altered.after

    def settle(self, remarks: Remarks) -> None:
        """Say of each new name which file of the host it shares, or that none can."""
        anchors: dict[str, _Name] = {}
        for names in self._uppers.values():
            anchor = next((one for one in names if one.kind in _STAYS), None)
            if anchor is not None and anchor.before is not None:
                anchors |= {one.path: anchor for one in names if one is not anchor}
        for number, change in enumerate(remarks.changes):
            anchor = anchors.get(change.path)
            after = change.after
            if after is not None and after.inode in self.unknown:
                remarks.note(Rule.HARD_LINKS, change.path)
                remarks.changes[number] = replace(change, unsettled=True)
            elif anchor is not None and _takes(change):
                remarks.changes[number] = replace(
                    change, origin=anchor.path, origin_state=anchor.before
                )

    def others(self, host: HostTree) -> Iterator[tuple[Parts, Altered]]:
        """Every name on the host of the altered files that can be found.

        The neighbours of the known names come first, then the whole layer until
        all are found or too many names were looked at.
        """
        missing = {one.inode: one.names for one in self._altered.values()}
        places = deque([one.known[:-1] for one in self._altered.values()] + [()])
        seen: set[Parts] = set()
        looked = 0
        while places and any(missing.values()) and looked < _SEARCHED:
            place = places.popleft()
            if place in seen:
                continue
            seen.add(place)
            for name, inode, is_directory in host.listing(place):
                looked += 1
                if is_directory:
                    places.append((*place, name))
                elif missing.get(inode):
                    missing[inode] -= 1
                    yield (*place, name), self._altered[inode]
        self.unknown |= {
            self._altered[inode].after.inode for inode in missing if missing[inode]
        }


def _takes(change: Change) -> bool:
    return change.kind not in _STAYS and change.origin is None
