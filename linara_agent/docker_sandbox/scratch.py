"""The directory of one run where its overlays keep what the script writes.

It lies on a local disk: the pages of a tmpfs would count against the container's
memory (a `touch` on a 600 MB file was killed at 256 MB). Its parent belongs to the
caller alone and is masked in the twin.
"""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from linara_agent.docker_sandbox.endpoint import NOT_DONE
from linara_agent.docker_sandbox.mountinfo import Mount, covering
from linara_agent.errors import SandboxUnavailable

# fmt: off
REFUSED = frozenset((
    "tmpfs", "ramfs", "overlay", "aufs", "nfs", "nfs4", "9p", "virtiofs",
    "cifs", "vfat", "msdos", "exfat", "ecryptfs", "squashfs",
))
# fmt: on
"""File systems on which an overlay cannot keep its changes, or not on a disk."""

MOST_OPTIONS = 4000
"""mount(2) takes one page of options; the lower's path comes in addition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scratch:
    """A run's directory; `parent` is what the twin must not show."""

    path: str
    parent: str

    def upper(self, number: int) -> str:
        return f"{self.path}/{number}/upper"

    def work(self, number: int) -> str:
        return f"{self.path}/{number}/work"

    @property
    def empty(self) -> str:
        """An empty directory: the lower of a mount that is masked whole."""
        return f"{self.path}/empty"


def candidates(environment: Mapping[str, str], uid: int) -> tuple[str, ...]:
    """Where scratch may lie, best first."""
    places = []
    cache = environment.get("XDG_CACHE_HOME") or (
        f"{environment['HOME']}/.cache" if environment.get("HOME") else ""
    )
    if cache.startswith("/"):
        places.append(f"{cache.rstrip('/')}/linara-agent/scratch")
    return (*places, f"/var/tmp/linara-agent-{uid}/scratch")  # noqa: S108 — 0700, owner and links are checked


def choose(places: Sequence[str], *, mounts: Iterable[Mount], uid: int) -> str:
    """Return the first usable parent, made if need be; raises SandboxUnavailable."""
    reasons = []
    mounts = tuple(mounts)
    for place in places:
        problem = _make(place, uid) or _problem(place, mounts)
        if problem is None:
            return os.path.realpath(place)
        reasons.append(f"{place}: {problem}")
    raise SandboxUnavailable(
        "No directory can hold what the preview writes: " + "; ".join(reasons) + ".",
        not_done=NOT_DONE,
        remedy="Set XDG_CACHE_HOME to a directory of yours on a local disk "
        "(ext4, xfs, btrfs).",
    )


def open_run(parent: str, name: str) -> Scratch:
    """Make the run's directory."""
    scratch = Scratch(path=f"{parent}/{name}", parent=parent)
    with writing(scratch):
        Path(scratch.path).mkdir(mode=0o700)
    return scratch


def furnish(scratch: Scratch, layers: int) -> None:
    """Make a place for each layer's work."""
    with writing(scratch):
        Path(scratch.empty).mkdir(mode=0o755)
        for number in range(layers):
            Path(scratch.work(number)).mkdir(mode=0o700, parents=True)


@contextmanager
def writing(scratch: Scratch) -> Iterator[None]:
    """Turn a full or failing disk into a SandboxUnavailable."""
    try:
        yield
    except OSError as exc:
        raise SandboxUnavailable(
            f"The scratch directory {scratch.path} cannot be written "
            f"({exc.strerror or exc}).",
            not_done=NOT_DONE,
            remedy="Free some space there, or set XDG_CACHE_HOME to another disk.",
        ) from exc


def _make(place: str, uid: int) -> str | None:
    """Make the directory, its own parent 0700 too; return what is wrong with it."""
    try:
        place.encode()
        Path(place).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        Path(place).mkdir(mode=0o700, exist_ok=True)
        state = Path(place).lstat()
        above = Path(place).parent.lstat()
    except UnicodeEncodeError:
        return "its name is not UTF-8"
    except OSError as exc:
        return f"it cannot be made ({exc.strerror or exc})"
    if stat.S_ISLNK(state.st_mode) or stat.S_ISLNK(above.st_mode):
        return "it is a symbolic link"
    if state.st_uid != uid or above.st_uid != uid:
        return "it belongs to another user"
    if stat.S_IMODE(state.st_mode) & 0o077:
        Path(place).chmod(0o700)
    return None


def _problem(place: str, mounts: tuple[Mount, ...]) -> str | None:
    real = os.path.realpath(place)
    mount = covering(mounts, real)
    if len(real) * 2 > MOST_OPTIONS // 2:
        return "its path is too long for a mount"
    if mount is None:
        return None
    if mount.filesystem in REFUSED or mount.filesystem.startswith("fuse"):
        return f"an overlay cannot keep its changes on {mount.filesystem}"
    if mount.read_only:
        return "it is on a read-only file system"
    return None
