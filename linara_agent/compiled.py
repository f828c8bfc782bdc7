"""The catalogue in one file that is quick to read, kept in the caller's cache.

TOML is slow to read (0.1 s for the whole catalogue, 20 ms for git alone). So what
the files say is kept as JSON, one program a line, and a program is checked against
its schema when it is asked for. A kept file that is not wholly ours and wholly of
these sources counts for nothing; then the sources are read.

    digest     SHA-256 of everything behind this line
    key        our version, and name, size, times and inode of every source
    names      of each name and alias, which of the following lines it is
    program    …
"""

import json
import os
import secrets
import stat
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pydantic import ValidationError

from linara_agent import __version__
from linara_agent.core.effects.catalogue import Program

NAME = "catalogue"
_FORMAT = 1
_LARGEST = 1 << 26
_OPEN = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """What the sources say, as lines of JSON."""

    names: Mapping[str, int]
    lines: Sequence[bytes]

    def program(self, name: str) -> Program | None:
        """None where the line does not fit the schema: its source says why.

        Raises KeyError where no program is called so.
        """
        line = self.lines[self.names[name]]
        try:
            return Program.model_validate_json(line)
        except ValidationError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """The kept file in `directory`, made from `sources`.

    A source that changed less than `settled_ns` ago could change once more without
    its times telling; then nothing is kept.
    """

    directory: Path
    sources: tuple[Path, ...]
    settled_ns: int = 2_000_000_000

    def load(self) -> Compiled | None:
        """What was kept; None where it cannot be used."""
        try:
            key, _ = self._key()
            with _opened(self.directory) as directory:
                raw = _read(directory)
        except OSError:
            return None
        digest, _, rest = raw.partition(b"\n")
        if digest != sha256(rest).hexdigest().encode():
            return None
        kept, names, *lines = rest.split(b"\n")
        return Compiled(names=json.loads(names), lines=lines) if kept == key else None

    def make(self) -> Compiled | None:
        """Read all sources and keep what they say; None where that cannot be done."""
        try:
            _make_directory(self.directory)
            with _opened(self.directory) as directory, _temporary(directory) as file:
                return self._made(directory, file)
        except (OSError, ValueError, TypeError):
            return None  # the sources are read one by one, and say what is wrong

    def _made(self, directory: int, file: "_Temporary") -> Compiled | None:
        key, changed = self._key()
        found = _compiled(self.sources)
        settled = os.fstat(file.descriptor).st_mtime_ns - changed >= self.settled_ns
        if not settled or self._key()[0] != key:
            return found
        names = json.dumps(found.names, separators=(",", ":")).encode()
        rest = b"\n".join((key, names, *found.lines))
        digest = sha256(rest).hexdigest().encode()
        with os.fdopen(file.descriptor, "wb", closefd=False) as stream:
            stream.write(digest + b"\n" + rest)
        os.replace(file.name, NAME, src_dir_fd=directory, dst_dir_fd=directory)
        return found

    def _key(self) -> tuple[bytes, int]:
        """What the kept file must be made of, and when a source last changed (ns).

        Raises OSError.
        """
        found = [(path, path.stat()) for path in self.sources]
        listed = [
            (str(path), one.st_size, one.st_mtime_ns, one.st_ctime_ns, one.st_ino)
            for path, one in found
        ]
        key = json.dumps((_FORMAT, __version__, listed), separators=(",", ":"))
        return key.encode(), max((one.st_ctime_ns for _, one in found), default=0)


def _compiled(sources: tuple[Path, ...]) -> Compiled:
    """Raises OSError or ValueError where a source cannot be read as TOML.

    A program is found by the name of its file before any alias.
    """
    names = {path.stem: number for number, path in enumerate(sources)}
    lines: list[bytes] = []
    for number, path in enumerate(sources):
        data = tomllib.loads(path.read_bytes().decode("utf-8"))
        lines.append(json.dumps(data, separators=(",", ":")).encode())
        aliases = data.get("aliases", [])
        for alias in aliases if isinstance(aliases, list) else ():
            names.setdefault(str(alias), number)
    return Compiled(names=names, lines=lines)


@contextmanager
def _opened(directory: Path) -> Iterator[int]:
    """Raises OSError where others could have put something into the directory."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | _OPEN)
    try:
        _must_be_ours(os.fstat(descriptor), others=0o022)
        yield descriptor
    finally:
        os.close(descriptor)


def _read(directory: int) -> bytes:
    descriptor = os.open(NAME, os.O_RDONLY | _OPEN, dir_fd=directory)
    with os.fdopen(descriptor, "rb") as stream:
        state = os.fstat(descriptor)
        _must_be_ours(state, others=0o077)
        if not stat.S_ISREG(state.st_mode) or state.st_size > _LARGEST:
            raise OSError("it is no file of ours")
        return stream.read(_LARGEST)


def _must_be_ours(state: os.stat_result, *, others: int) -> None:
    if state.st_uid != os.geteuid() or state.st_mode & others:
        raise PermissionError("others may have written it")


def _make_directory(directory: Path) -> None:
    """Not in a place of somebody else's, as after `sudo` with their HOME."""
    if directory.is_dir():
        return
    above = next(one for one in directory.parents if one.is_dir())
    if above.stat().st_uid != os.geteuid():
        raise PermissionError("it is another's place")
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)


@dataclass(frozen=True, slots=True)
class _Temporary:
    descriptor: int
    name: str


@contextmanager
def _temporary(directory: int) -> Iterator[_Temporary]:
    """A private file that is gone afterwards, unless it was given another name."""
    name = f".{NAME}-{secrets.token_hex(8)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _OPEN
    descriptor = os.open(name, flags, 0o600, dir_fd=directory)
    try:
        yield _Temporary(descriptor, name)
    finally:
        os.close(descriptor)
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=directory)
