"""What of the host the twin shows: its top-level entries and real mounts.

Every real directory directly in `/` and every real mount below one is a *lower*
that gets its own overlay. `/proc`, `/sys` and `/dev` are the container's own.
Plain files directly in `/` and places that no overlay can show are left out and
named, so that nobody takes their absence for a fact.
"""

import os
import stat
from collections.abc import Container, Iterable
from dataclasses import dataclass

from linara_agent.core.preview import Unshown
from linara_agent.docker_sandbox.mountinfo import Mount, is_below, visible

CONTAINERS_OWN = ("/proc", "/sys", "/dev")

# fmt: off
PSEUDO = frozenset((
    "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs",
    "devpts", "devtmpfs", "efivarfs", "fusectl", "hugetlbfs", "mqueue", "nsfs",
    "proc", "pstore", "ramfs", "rpc_pipefs", "securityfs", "selinuxfs", "sysfs",
    "tracefs",
))
# fmt: on
"""File systems that hold no files of a person; what lies under them is shown."""

UNSHOWN = frozenset(["vfat", "msdos", "exfat", "ntfs", "ntfs3", "hfsplus", "cifs"])
"""The kernel refuses these as lowers (it wants case-sensitive names); FUSE file
systems refuse root, who makes the overlays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RootEntry:
    """A directory (`link` is None) or symlink directly in `/`."""

    name: str
    mode: int
    uid: int
    gid: int
    link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lower:
    """A directory of the host that gets an overlay."""

    path: str
    filesystem: str
    read_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HostView:
    """All that the twin is made of.

    `lowers` have parents before what is below them; `files` are mounts upon single
    files; `unshown` is left out: mounts of which no overlay can be made, which stay
    empty, and plain files directly in `/`.
    """

    entries: tuple[RootEntry, ...]
    lowers: tuple[Lower, ...]
    files: tuple[str, ...] = ()
    unshown: tuple[Unshown, ...] = ()

    @property
    def lids(self) -> tuple[tuple[str, str], ...]:
        """Where mounts stay empty, with their file systems."""
        mounts = ((one.path, one.filesystem) for one in self.unshown)
        return tuple((path, kind) for path, kind in mounts if kind is not None)

    def lower_of(self, path: str) -> Lower | None:
        """The deepest lower that holds the path."""
        holders = [
            lower
            for lower in self.lowers
            if path == lower.path or is_below(path, lower.path)
        ]
        return max(holders, key=lambda lower: len(lower.path), default=None)


def read_view(
    mounts: Iterable[Mount], *, hidden: Iterable[str], refused: Container[str] = ()
) -> HostView:
    """Look at `/` and the mounts; `hidden` are directories whose mounts do not count.

    Of mounts that are `refused` it is known that the kernel makes no overlay of them.

    Mounts that the caller cannot even reach are left out: the twin enforces the same
    permissions.
    """
    entries, plain = _root_entries()
    seen = visible(mounts)
    filesystems = {mount.point: mount for mount in seen}
    root = filesystems.get("/")
    hidden = tuple(hidden)
    lowers = [
        _lower("/" + entry.name, filesystems.get("/" + entry.name) or root)
        for entry in entries
        if entry.link is None and "/" + entry.name not in CONTAINERS_OWN
    ]
    files: list[str] = []
    unshown = [Unshown(path=name) for name in plain if name != "/.dockerenv"]
    for mount in seen:
        kind = _kind(mount, hidden)
        if kind == "lower" and mount.point in refused:
            kind = "unshown"
        match kind:
            case "file":
                files.append(mount.point)
            case "unshown":
                unshown.append(Unshown(path=mount.point, filesystem=mount.filesystem))
            case "lower" if mount.point.count("/") > 1:
                lowers.append(_lower(mount.point, mount))
            case _:
                pass
    gone = {one.path for one in unshown}
    return HostView(
        entries=entries,
        lowers=tuple(
            lower
            for lower in sorted(lowers, key=lambda lower: lower.path)
            if lower.path not in gone
        ),
        files=tuple(files),
        unshown=tuple(unshown),
    )


def _root_entries() -> tuple[tuple[RootEntry, ...], tuple[str, ...]]:
    entries: list[RootEntry] = []
    plain: list[str] = []
    for name in sorted(os.listdir("/")):  # noqa: PTH208 — the names, not paths, are wanted
        state = os.lstat("/" + name)
        link = os.readlink("/" + name) if stat.S_ISLNK(state.st_mode) else None  # noqa: PTH115 — a str path as the kernel gives it
        if link is None and not stat.S_ISDIR(state.st_mode):
            plain.append("/" + name)
            continue
        entries.append(
            RootEntry(
                name=name,
                mode=stat.S_IMODE(state.st_mode),
                uid=state.st_uid,
                gid=state.st_gid,
                link=link,
            )
        )
    return tuple(entries), tuple(plain)


def _lower(path: str, mount: Mount | None) -> Lower:
    return Lower(
        path=path,
        filesystem=mount.filesystem if mount else "unknown",
        read_only=mount.read_only if mount else False,
    )


def _kind(mount: Mount, hidden: tuple[str, ...]) -> str:
    """One of lower, file, unshown, none."""
    apart = (*CONTAINERS_OWN, *hidden)
    if mount.point == "/" or mount.filesystem in PSEUDO:
        return "none"
    if any(mount.point == place or is_below(mount.point, place) for place in apart):
        return "none"
    try:
        mode = os.lstat(mount.point).st_mode
        mount.point.encode()
    except (OSError, UnicodeEncodeError):
        return "none"
    if not stat.S_ISDIR(mode):
        return "file" if stat.S_ISREG(mode) else "none"
    if mount.filesystem in UNSHOWN or mount.filesystem.startswith("fuse"):
        return "unshown"
    return "lower"
