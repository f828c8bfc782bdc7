"""What stands in the uppers before the script runs.

The merged directory of an overlay shows the owner, mode and times of the *upper*,
so each upper starts as a copy of its lower's; else an ordinary user could delete
the files of others in a twin's `/tmp`. Masked places are seeded too, as
placeholders: a file becomes an empty one of the same owner and mode, a directory an
opaque empty one. Mounts upon single files are seeded as copies.
"""

import io
import os
import stat
import tarfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from linara_agent.docker_sandbox.host_view import HostView, Lower
from linara_agent.docker_sandbox.mountinfo import is_below
from linara_agent.docker_sandbox.upper_walk import MASK

OPAQUE = ("trusted.overlay.opaque", b"y")
_LARGEST_FILE = 1 << 20
_DEFAULT_ACL = "system.posix_acl_default"
_COPIED_XATTRS = ("system.posix_acl_access", _DEFAULT_ACL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """A directory or file in an upper; `place` is relative to the run's directory."""

    place: str
    path: str
    directory: bool
    mode: int
    uid: int
    gid: int
    mtime_ns: int
    xattrs: tuple[tuple[str, bytes], ...] = ()
    content: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The layers in mounting order, what is seeded in them, and what that hides.

    `blind` are the layers masked whole, whose lower is an empty directory.
    """

    lowers: tuple[Lower, ...]
    seeds: tuple[Seed, ...]
    placeholders: tuple[str, ...]
    blind: tuple[str, ...]

    @property
    def directories(self) -> tuple[str, ...]:
        """The paths seeded only to hold something: no changes in themselves."""
        hidden = set(self.placeholders)
        return tuple(seed.path for seed in self.seeds if seed.path not in hidden)


def lay_out(view: HostView, masks: Iterable[str]) -> Layout:
    """Decide what stands where; the caller's rights limit what can be looked at."""
    hidden = _real_masks(masks)
    lowers = tuple(
        lower
        for lower in view.lowers
        if not any(is_below(lower.path, mask) for mask in hidden)
    )
    numbers = {lower.path: number for number, lower in enumerate(lowers)}
    shown = replace(view, lowers=lowers)
    seeds: dict[str, Seed] = {}
    for lower in lowers:
        root = _seed(lower.path, f"{numbers[lower.path]}/upper")
        if root is not None:
            seeds[lower.path] = root
    blind = tuple(path for path in hidden if path in numbers)
    placeholders = [*blind]
    for path in (*hidden, *view.files):
        holder = shown.lower_of(path)
        if holder is None or path == holder.path or _inside(path, hidden):
            continue
        if _seed_path(path, holder, numbers[holder.path], seeds, masked=path in hidden):
            placeholders += [path] if path in hidden else []
    return Layout(
        lowers=lowers,
        seeds=tuple(seeds.values()),
        placeholders=tuple(placeholders),
        blind=blind,
    )


def _real_masks(masks: Iterable[str]) -> tuple[str, ...]:
    """Where the masked things really are, without those inside of others."""
    real = sorted({os.path.realpath(mask) for mask in masks if os.path.lexists(mask)})
    return tuple(path for path in real if not _inside(path, real))


def _inside(path: str, others: Iterable[str]) -> bool:
    return any(is_below(path, other) for other in others)


def _seed_path(
    path: str, holder: Lower, number: int, seeds: dict[str, Seed], *, masked: bool
) -> bool:
    """Seed a path and the directories that lead to it; False if it cannot be seen."""
    names = path[len(holder.path.rstrip("/")) + 1 :].split("/")
    added: dict[str, Seed] = {}
    for depth in range(1, len(names) + 1):
        inner = "/".join(names[:depth])
        here = f"{holder.path.rstrip('/')}/{inner}"
        seed = seeds.get(here) or _seed(here, f"{number}/upper/{inner}")
        if seed is None:
            return False
        added[here] = seed
    last = added[path]
    if masked:
        # The mark goes along when the placeholder is moved, and tells it from a file.
        emptied = (OPAQUE,) if last.directory else ()
        last = replace(last, xattrs=(*last.xattrs, *emptied, (MASK, b"1")))
    else:
        content = _content(path)
        if content is None:
            return False
        last = replace(last, content=content)
    seeds.update(added)
    seeds[path] = last
    return True


def _seed(path: str, place: str) -> Seed | None:
    """A seed that looks like the path; None for what is neither file nor directory."""
    try:
        state = os.lstat(path)
    except OSError:
        return None
    directory = stat.S_ISDIR(state.st_mode)
    if not directory and not stat.S_ISREG(state.st_mode):
        return None
    return Seed(
        place=place,
        path=path,
        directory=directory,
        mode=stat.S_IMODE(state.st_mode),
        uid=state.st_uid,
        gid=state.st_gid,
        mtime_ns=state.st_mtime_ns,
        xattrs=_xattrs(path),
    )


def _xattrs(path: str) -> tuple[tuple[str, bytes], ...]:
    found = []
    for name in _COPIED_XATTRS:
        try:
            found.append((name, os.getxattr(path, name, follow_symlinks=False)))
        except OSError:
            continue  # none set, or a file system without any
    return tuple(found)


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 — a str path as the kernel gives it
            content = file.read(_LARGEST_FILE + 1)
    except OSError:
        return None
    return content if len(content) <= _LARGEST_FILE else None


def plant(seeds: Sequence[Seed], run: str) -> None:
    """Make the seeds; only root can give them to their owners."""
    for seed in seeds:
        target = f"{run}/{seed.place}"
        if seed.directory:
            os.mkdir(target)  # noqa: PTH102 — a str path as the kernel gives it
        else:
            with open(target, "xb") as file:  # noqa: PTH123 — see above
                file.write(seed.content)
        os.chown(target, seed.uid, seed.gid)
        os.chmod(target, seed.mode)  # noqa: PTH101 — see above
    for seed in reversed(seeds):  # a parent's time changes with its children,
        for name, value in seed.xattrs:  # and they inherit its default ACL
            os.setxattr(f"{run}/{seed.place}", name, value)
        os.utime(f"{run}/{seed.place}", ns=(seed.mtime_ns, seed.mtime_ns))


def pack(seeds: Sequence[Seed]) -> bytes:
    """The same seeds as a tar for the engine, which sets owners and xattrs as root.

    The engine reads nanoseconds from the PAX record `mtime` and xattrs from
    `SCHILY.xattr.*`; the latter must be UTF-8 text for Python's writer, so ACLs go
    as surrogates. Default ACLs come last, or what follows would inherit them.
    """
    buffer = io.BytesIO()
    with tarfile.open(
        fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT, encoding="utf-8"
    ) as tar:
        for seed in seeds:
            tar.addfile(_member(seed, late=False), io.BytesIO(seed.content))
        for seed in seeds:
            if any(name == _DEFAULT_ACL for name, _ in seed.xattrs):
                tar.addfile(_member(seed, late=True))
    return buffer.getvalue()


def _member(seed: Seed, *, late: bool) -> tarfile.TarInfo:
    member = tarfile.TarInfo(seed.place)
    member.type = tarfile.DIRTYPE if seed.directory else tarfile.REGTYPE
    member.mode, member.uid, member.gid = seed.mode, seed.uid, seed.gid
    member.size = len(seed.content)
    seconds, nanoseconds = divmod(seed.mtime_ns, 10**9)
    member.mtime = seconds
    member.pax_headers = {"mtime": f"{seconds}.{nanoseconds:09d}"}
    for name, value in seed.xattrs:
        if name == _DEFAULT_ACL and not late:
            continue
        text = value.decode("utf-8", "surrogateescape")
        member.pax_headers[f"SCHILY.xattr.{name}"] = text
    return member
