"""Is the twin made of the caller's own files?

An engine in a virtual machine, in a snap, or on another computer mounts *its* disk
at the same paths. So known things in each lower are looked at from both sides before
the text is handed over: size, time of modification and inode must be equal. The
placeholder of the scratch directory, made a moment ago, must be there too.
"""

import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from linara_agent.docker_sandbox.endpoint import NOT_DONE
from linara_agent.docker_sandbox.seeds import Layout
from linara_agent.errors import SandboxUnavailable

_WITNESSES = 3  # in each lower: one may change at any time
_LOOKED_AT = 200
_INODE = (1 << 56) - 1
_LAYER = 1 << 33
"""An overlay over two file systems adds the layer to the inodes of the lower one, which
is the first (`ovl_remap_lower_ino` in the kernel's fs/overlayfs/inode.c): above the
lowest of the highest two bits, or of the upper 32 where both have inodes of 32 bits, as
ext4 has.
"""

Seen = Sequence[int] | None
"""Size, mtime in ns and inode of a path, None if it cannot be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """A path in a lower, the same inside and outside, and what it was when chosen."""

    lower: str
    path: str
    seen: Seen


class Outdated(Exception):
    """The twin is not of this moment any more: make it anew.

    The host changed under it, or it waited too long. Never leaves the package.
    """


class NoTwin(SandboxUnavailable):
    """No twin can show the files that this is about; a copy of them may do."""


class Foreign(NoTwin):
    """The engine answers, and the files it shows are not this machine's.

    `partly`: others are. Something may just have been mounted or unmounted.
    """

    partly = False

    def may_pass(self, before: "Foreign | None") -> bool:
        """Whether the next twin may agree: others do, and it is a new place."""
        return self.partly and str(self) != str(before)


def choose_witnesses(layout: Layout) -> tuple[Witness, ...]:
    """Some long-unchanged entries of each lower that the caller can list."""
    seeded = {seed.path for seed in layout.seeds}
    own_mounts = {lower.path for lower in layout.lowers}
    found: list[Witness] = []
    for lower in layout.lowers:
        if lower.path in layout.blind:
            continue
        names = _oldest(lower.path, seeded | own_mounts)
        found += [
            Witness(lower=lower.path, path=path, seen=look(path)) for path in names
        ]
    return tuple(found)


def _oldest(directory: str, excluded: set[str]) -> list[str]:
    """Files and links first, then directories, each the oldest first."""
    ranked: list[tuple[bool, int, str]] = []
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                if len(ranked) >= _LOOKED_AT:
                    break
                path = f"{directory.rstrip('/')}/{entry.name}"
                if path not in excluded:
                    ranked.append(_rank(entry, path))
    except OSError:
        return []
    return [path for _, _, path in sorted(ranked)[:_WITNESSES]]


def _rank(entry: os.DirEntry[str], path: str) -> tuple[bool, int, str]:
    state = entry.stat(follow_symlinks=False)
    return stat.S_ISDIR(state.st_mode), state.st_ctime_ns, path


def look(path: str) -> Seen:
    try:
        state = os.lstat(path)
    except OSError:
        return None
    return state.st_size, state.st_mtime_ns, state.st_ino


def compare(witnesses: Iterable[Witness], inside: Iterable[Seen], *, url: str) -> None:
    """Every lower with witnesses must have one that agrees.

    Raises Foreign naming the first that has none; Outdated if there are only such
    whose witnesses have themselves changed since they were chosen.
    """
    agreed: set[str] = set()
    doubted: dict[str, list[Witness]] = {}
    for witness, seen in zip(witnesses, inside, strict=True):
        if _same(witness.seen, seen) or _same(look(witness.path), seen):
            agreed.add(witness.lower)
        doubted.setdefault(witness.lower, []).append(witness)
    outdated = False
    for lower, group in doubted.items():
        if lower in agreed:
            continue
        if any(_same(witness.seen, look(witness.path)) for witness in group):
            problem = foreign(group[0].path, url)
            problem.partly = bool(agreed)
            raise problem
        outdated = True
    if outdated:
        raise Outdated


def compare_fresh(upper: str, path: str, inside: Seen, *, url: str) -> None:
    """What was just made in the upper must be what the twin shows at the path."""
    if not _same(look(upper), inside):
        raise foreign(path, url)


def _same(outside: Seen, inside: Seen) -> bool:
    if outside is None or inside is None:
        return False  # what is not seen proves nothing
    return (
        outside[0] == inside[0]
        and outside[1] == inside[1]
        and (outside[2] ^ inside[2]) & _INODE in (0, _LAYER)
    )


def foreign(path: str, url: str) -> Foreign:
    return Foreign(
        f"The Docker engine at {url} does not show this machine's files: {path} is "
        "another one there.",
        not_done=NOT_DONE,
        remedy="Use an engine that runs directly on this machine (not Docker Desktop, "
        "a snap, a virtual machine or a remote engine; see `docker context ls`), or "
        "preview in a copy of the workspace with `--view copy`.",
    )
