"""Files with several names, in the upper and in the lower.

With `index=on` a change through one name of a hard-linked lower file shows at all of
its names, but only the name that was used is in the upper. The others have to be
looked for on the host.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from linara_agent.core.change import ChangeKind, PathState
from linara_agent.docker_sandbox.host_tree import HostTree, Parts
from linara_agent.docker_sandbox.upper import Node

_SEARCHED = 200_000
"""Names that are looked at for other names: about a second."""


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


class HardLinks:
    """What one layer's comparison has met."""

    def __init__(self) -> None:
        self._altered: dict[int, Altered] = {}
        self._uppers: dict[int, list[tuple[str, bool]]] = {}

    def met(self, node: Node, path: str, *, changed: bool) -> None:
        """Remember a name in the upper that may share its file with others."""
        if node.regular and node.entry.nlink > 1:
            self._uppers.setdefault(node.entry.inode, []).append((path, changed))

    def alter(self, altered: Altered) -> None:
        self._altered[altered.inode] = altered

    def shown(self, state: PathState) -> PathState:
        """What the twin shows for a lower file that is not in the upper."""
        altered = self._altered.get(state.inode or 0)
        return state if altered is None else altered.after

    def shared(self) -> Iterator[str]:
        """The changed paths whose file has another name in the twin too."""
        for names in self._uppers.values():
            if len(names) > 1:
                yield from (path for path, changed in names if changed)

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
