"""Real overlay mounts with the twin's options, and an oracle that never sees an upper.

The oracle walks the whole merged directory and the whole lower and compares them.
"""

import io
import os
import stat
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import pytest

from linara_agent.core.change import Change
from linara_agent.docker_sandbox import upper_walk
from linara_agent.docker_sandbox.changes import (
    ChangeSet,
    Layer,
    ReadSettings,
    read_changes,
)
from tests.disks import mount, unmount

OPTIONS = "redirect_dir=on,metacopy=on,index=on,xino=on,nosuid,nodev"
KEPT = ("system.posix_acl_access", "system.posix_acl_default", "security.capability")
Seen = dict[str, tuple[Any, ...]]


def stream_of(*uppers: Path, most: int = 1_000_000) -> bytes:
    """What the walker writes when its source is run as a program of its own."""
    source = Path(upper_walk.__file__).read_text()
    call = [sys.executable, "-IS", "-c", source, str(most), *map(str, uppers)]
    return subprocess.run(call, stdout=subprocess.PIPE, check=True, env={}).stdout


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """A lower directory, and a copy-on-write view of it in `merged`."""

    root: Path

    @property
    def lower(self) -> Path:
        return self.root / "lower"

    @property
    def upper(self) -> Path:
        return self.root / "upper"

    @property
    def merged(self) -> Path:
        return self.root / "merged"

    @property
    def blobs(self) -> Path:
        return self.root / "blobs"

    @contextmanager
    def mounted(self) -> Iterator[Path]:
        options = f"lowerdir=lower,upperdir=upper,workdir=work,{OPTIONS}"
        overlay = ["-t", "overlay", "overlay", "-o", options, "merged"]
        assert mount(*overlay, cwd=self.root) is None
        try:
            yield self.merged
        finally:
            unmount(self.merged)

    def run(self, script: str) -> Seen:
        """Run a script in the merged directory; return the true differences."""
        with self.mounted() as merged:
            subprocess.run(["bash", "-ec", script], check=True, cwd=merged)
            return self.truth()

    def do(self, script: str) -> None:
        """Run a script in the merged directory, which nothing else looks at."""
        with self.mounted() as merged:
            subprocess.run(["bash", "-ec", script], check=True, cwd=merged)

    def truth(self) -> Seen:
        return differences(seen(self.lower), seen(self.merged), str(self.lower))

    def stream(self, *, most: int = 1_000_000) -> BinaryIO:
        return io.BytesIO(stream_of(self.upper, most=most))

    def read(self, via: str = "process", **settings: Any) -> ChangeSet:
        """Read the uppers, in the process or from the walker's stream."""
        most = int(settings.get("entries", 1_000_000))
        stream = self.stream(most=most) if via == "stream" else None
        settings.setdefault("started_ns", time.time_ns())
        return self.read_from(stream, **settings)

    def read_from(self, stream: BinaryIO | None, **settings: Any) -> ChangeSet:
        return read_changes(
            [Layer(host=str(self.lower), upper=str(self.upper))],
            stream=stream,
            settings=ReadSettings(blobs=self.blobs, **settings),
        )

    def types(self, root: Path) -> dict[str, str]:
        """Every path of the twin, named as on the host, with its type."""
        names = {code: name for name, code in _FORMATS.items()}
        return {
            str(self.lower) if name == "." else self.path(name): names[state[0]]
            for name, state in seen(root).items()
        }

    def path(self, name: str) -> str:
        return f"{self.lower}/{name}"

    def as_truth(self, found: ChangeSet) -> Seen:
        """The changes in the form of `truth`."""
        return as_seen(found)

    def named(self, found: ChangeSet) -> dict[str, Change]:
        """Changes by their path below the lower."""
        return {os.path.relpath(one.path, self.lower): one for one in found.changes}


def seen(root: Path) -> Seen:
    """Every path below a directory with all that counts of it."""
    found: Seen = {}
    for here, directories, files, fd in os.fwalk(root):
        if here == str(root):
            found["."] = _state(fd, ".")
        for name in (*directories, *files):
            found[os.path.relpath(f"{here}/{name}", root)] = _state(fd, name)
    return found


def _state(fd: int, name: str) -> tuple[Any, ...]:
    status = os.stat(name, dir_fd=fd, follow_symlinks=False)
    kind = stat.S_IFMT(status.st_mode)
    path = f"/proc/self/fd/{fd}/{name}"
    xattrs = tuple(
        (key, b64encode(os.getxattr(path, key, follow_symlinks=False)).decode())
        for key in sorted(os.listxattr(path, follow_symlinks=False))
        if key.startswith("user.") or key in KEPT
    )
    content = None
    if stat.S_ISREG(kind):
        content = sha256(Path(path).read_bytes()).hexdigest()
    if stat.S_ISLNK(kind):
        content = os.readlink(name, dir_fd=fd)
    time_ns = None if stat.S_ISDIR(kind) else status.st_mtime_ns
    meta = (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid, time_ns, xattrs)
    return kind, content, meta


def differences(old: Seen, new: Seen, root: str) -> Seen:
    """Path to (kind, state in the twin), the words of the core."""
    found: Seen = {}
    for name in old.keys() | new.keys():
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        path = root if name == "." else f"{root}/{name}"
        if after is None:
            found[path] = ("deleted", None)
        elif before is None:
            found[path] = ("created", after)
        elif before[0] != after[0]:
            found[path] = ("type", after)
        elif before[1] != after[1]:
            found[path] = ("modified", after)
        else:
            found[path] = ("metadata", (after[0], None, after[2]))
    return found


_FORMATS = {
    "file": stat.S_IFREG,
    "directory": stat.S_IFDIR,
    "symlink": stat.S_IFLNK,
    "fifo": stat.S_IFIFO,
    "socket": stat.S_IFSOCK,
    "character device": stat.S_IFCHR,
}


def as_seen(found: ChangeSet) -> Seen:
    """The changes in the oracle's form."""
    result: Seen = {}
    for change in found.changes:
        after = change.after
        if after is None:
            result[change.path] = (str(change.kind), None)
            continue
        kind = _FORMATS[after.type]
        content = after.sha256
        if content is None and change.origin is not None and after.type == "file":
            content = sha256(_bytes(change.origin)).hexdigest()
        if after.type == "symlink" and change.kind != "metadata":
            content = after.link
        time_ns = None if after.type == "directory" else after.mtime_ns
        meta = (after.mode, after.uid, after.gid, time_ns, after.xattrs)
        word = "created" if change.kind == "renamed" else str(change.kind)
        result[change.path] = (word, (kind, content, meta))
    renamed = [one.origin for one in found.changes if one.kind == "renamed"]
    assert all(result[str(origin)] for origin in renamed), "its old name is not listed"
    assert len(result) == len(found.changes), "a path is listed twice"
    return result


def _bytes(path: str) -> bytes:
    """The content of a file whose path may be longer than the kernel takes."""
    here = os.open("/", os.O_PATH)
    for name in path.split("/")[1:-1]:
        below = os.open(name, os.O_PATH | os.O_NOFOLLOW, dir_fd=here)
        os.close(here)
        here = below
    fd = os.open(path.rpartition("/")[2], os.O_RDONLY | os.O_NOFOLLOW, dir_fd=here)
    os.close(here)
    with os.fdopen(fd, "rb") as file:
        return file.read()


class MakeTwin(Protocol):
    def __call__(self, place: Path = ...) -> Twin: ...


@pytest.fixture
def make_twin(tmp_path: Path) -> MakeTwin:
    """Makes a twin below `tmp_path`, or below another directory."""
    if os.geteuid() != 0:
        pytest.skip("overlays are mounted by root")
    count = iter(range(10**6))

    def make(place: Path = tmp_path) -> Twin:
        twin = Twin(root=place / f"twin{next(count)}")
        for name in ("lower", "upper", "work", "merged", "blobs"):
            (twin.root / name).mkdir(parents=True)
        return twin

    return make


@pytest.fixture
def twin(make_twin: MakeTwin) -> Twin:
    return make_twin()


@pytest.fixture(params=["process", "stream"])
def via(request: pytest.FixtureRequest) -> str:
    """Both ways in which uppers are read."""
    return str(request.param)
