"""Places where a twin cannot be made, or not a faithful one: which of them is this?

The table of sandbox/README.md, each row probed from what the kernel and the engine
say of themselves; nothing is mounted or written.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from linara_agent.core.check import Check
from linara_agent.docker_sandbox.engine import EngineFacts
from linara_agent.docker_sandbox.host_view import HostView
from linara_agent.docker_sandbox.mountinfo import Mount, is_below

_NETWORK = frozenset(("nfs", "nfs4", "9p", "virtiofs", "ceph", "afs"))


def awkward(
    facts: EngineFacts, view: HostView, mounts: Iterable[Mount]
) -> tuple[Check, ...]:
    """One line for each kind of place; ok where this machine is not one."""
    return tuple(_rows(facts, view, tuple(mounts)))


def _rows(
    facts: EngineFacts, view: HostView, mounts: tuple[Mount, ...]
) -> Iterator[Check]:
    yield _row(
        "rootless engine",
        [facts.system] if facts.rootless else [],
        "it may not mount faithful overlays: `docker context use default`",
    )
    yield _row(
        "virtual machine's engine",
        [facts.system] if "desktop" in facts.system.lower() else [],
        "its files are not this machine's: use an engine that runs directly on it",
    )
    yield _row(
        "snap's engine",
        [facts.root] if facts.root.startswith("/var/snap/") else [],
        "it sees a part of the files: install the engine from your distribution",
    )
    yield _row(
        "WSL",
        ["the kernel"] if _says("/proc/sys/kernel/osrelease", "microsoft") else [],
        "Docker Desktop's engine has other files: install one in the distribution",
    )
    yield _row(
        "SELinux",
        ["enforcing"] if _says("/sys/fs/selinux/enforce", "1") else [],
        "the policy may refuse reading the overlays: look at `ausearch -m avc`",
    )
    yield from _file_systems(facts, view, mounts)


def _file_systems(
    facts: EngineFacts, view: HostView, mounts: tuple[Mount, ...]
) -> Iterator[Check]:
    kinds = {lower.path: lower.filesystem for lower in view.lowers}
    apart = ("/proc", "/sys", "/dev", "/run", facts.root)
    unshown = [
        f"{point} ({kind})"
        for point, kind in view.lids
        if not any(is_below(point, place) for place in apart)
    ]
    yield _row(
        "FUSE, FAT, CIFS",
        unshown,
        "they are empty in the twin: who stands there previews in a copy",
    )
    yield _row(
        "network file systems",
        [path for path, kind in kinds.items() if kind in _NETWORK],
        "root may be refused there (root_squash): work on a local disk",
    )
    yield _row(
        "overlay on overlay",
        [path for path, kind in kinds.items() if kind == "overlay"],
        "this machine is a container itself; the kernel may refuse a third layer",
    )
    yield _row(
        "zfs",
        [mount.point for mount in mounts if mount.filesystem == "zfs"],
        "not tried there: run `linara-agent doctor --sandbox`",
    )
    yield _row(
        "NixOS, Guix",
        [place for place in ("/nix/store", "/gnu/store") if Path(place).is_dir()],
        "not tried there: run `linara-agent doctor --sandbox`",
    )


def _row(name: str, found: Iterable[str], remedy: str) -> Check:
    """Awkward places are worth knowing; whether a preview works, `probe` tries."""
    named = ", ".join(dict.fromkeys(found))
    return Check(
        name=name,
        ok=not named,
        detail=named or "no",
        remedy=remedy if named else None,
        required=False,
    )


def _says(path: str, word: str) -> bool:
    try:
        return word in Path(path).read_text(encoding="ascii", errors="replace").lower()
    except OSError:
        return False
