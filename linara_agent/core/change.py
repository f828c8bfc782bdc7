"""One path's difference between the host and its twin."""

from dataclasses import dataclass
from enum import StrEnum

from linara_agent.core.wire import Integer, Path


class FileType(StrEnum):
    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"
    FIFO = "fifo"
    SOCKET = "socket"
    CHARACTER_DEVICE = "character device"
    BLOCK_DEVICE = "block device"


class ChangeKind(StrEnum):
    CREATED = "created"
    RENAMED = "renamed"
    MODIFIED = "modified"
    DELETED = "deleted"
    METADATA = "metadata"
    TYPE = "type"


@dataclass(frozen=True, slots=True, kw_only=True)
class PathState:
    """What a path is: the guard of an apply, and what an apply makes.

    `size` in bytes (of a directory: 0); `mode` the permission bits with setuid,
    setgid and sticky; `link` a symlink's target; `sha256` the hex digest of a
    regular file's content, known for what the twin wrote; `ctime_ns` only of paths
    on the host; `inode` of those, and of what shares one file with other names in
    the twin (equal numbers there are one file); `xattrs` are pairs of name and
    base64 of the value (ACLs are among them), sorted by name.
    """

    type: FileType
    size: Integer
    mode: int
    uid: int
    gid: int
    mtime_ns: Integer
    ctime_ns: Integer | None = None
    inode: Integer | None = None
    link: Path | None = None
    sha256: str | None = None
    xattrs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A path that is different in the twin; `before` or `after` is None if absent.

    A deleted tree is one change for each entry in it. `incidental` (caches, tool
    logs) is listed and never applied; `masked` was hidden from the twin;
    `unsettled` changed on the host during the preview. The last two cannot be
    applied. `diff` is a unified diff where both sides are short texts.

    `origin` is the host's path (its state: `origin_state`) of the very file or
    directory that bears this name in the twin: its content is not saved, and an
    apply gives the file another name. A path is `renamed` if it is new and its
    origin is no longer there; then that one is listed as deleted or changed too.
    `apart` tells that other names of the file that stood here keep that file. `step`
    (from 1) is the one in which it was last changed, of a script run step by step.
    """

    path: Path
    kind: ChangeKind
    before: PathState | None
    after: PathState | None
    diff: str | None = None
    incidental: bool = False
    masked: bool = False
    unsettled: bool = False
    origin: Path | None = None
    origin_state: PathState | None = None
    apart: bool = False
    step: int | None = None
