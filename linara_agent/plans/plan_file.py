"""A plan that travels: a zip of a plan's directory, or such a directory.

Nothing of it is trusted: only the names that a plan has are read, sizes are capped
before anything is unpacked, and nothing is written under a name taken from it.
"""

import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from linara_agent.errors import PlanProblem
from linara_agent.plans.saved import BLOB, LARGEST_PLAN, bytes_of, not_written

LARGEST_FILE = 16 << 30
"""Bytes of all members of a plan file together, unpacked."""

_PIECE = 1 << 16
_ZEROS = bytes(_PIECE)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
# All that zipfile raises over a file that is no good zip.
_BAD_ZIP = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    EOFError,
    ValueError,
    RuntimeError,  # an encrypted member, or an unknown compression
)


class PlanFile(Protocol):
    """A plan from elsewhere; every method raises PlanProblem."""

    source: Path

    def plan(self) -> bytes: ...

    def state(self) -> bytes: ...

    def copy_blob(self, name: str, target: Path) -> None: ...


def _unusable(source: Path, why: str) -> PlanProblem:
    return PlanProblem(
        f"{source} is not a plan file: {why}.",
        not_done="Nothing was carried out.",
        remedy="Name a plan's id (see `linara-agent plan list`) or its file.",
    )


@contextmanager
def open_file(path: Path) -> Iterator[PlanFile]:
    """A plan file or a plan's directory; raises PlanProblem."""
    if path.is_dir():
        yield _Directory(path)
        return
    if not path.is_file():
        # A FIFO would be waited for.
        raise _unusable(path, "there is no such file")
    try:
        with zipfile.ZipFile(path) as archive:
            yield _Zip(path, archive)
    except _BAD_ZIP as error:
        raise _unusable(path, str(error) or type(error).__name__) from error
    except OSError as error:
        raise _unusable(path, error.strerror or "it cannot be read") from error


class _Directory:
    def __init__(self, source: Path) -> None:
        self.source = source

    def plan(self) -> bytes:
        return bytes_of(self.source / "plan.json")

    def state(self) -> bytes:
        return bytes_of(self.source / "state")

    def copy_blob(self, name: str, target: Path) -> None:
        try:
            descriptor = os.open(self.source / "blobs" / name, _READ)
            with os.fdopen(descriptor, "rb") as stream:
                _write(stream, target)
        except OSError as error:
            raise _unusable(self.source, f"{name}: {error.strerror}") from error


class _Zip:
    def __init__(self, source: Path, archive: zipfile.ZipFile) -> None:
        self.source = source
        self._archive = archive
        members = [one for one in archive.infolist() if not one.is_dir()]
        names = [member.filename for member in members]
        if len(set(names)) != len(names):
            raise _unusable(source, "a member is there twice")
        for name in names:
            if not _known(name):
                raise _unusable(source, f"{name!r} is no part of a plan")
        if sum(member.file_size for member in members) > LARGEST_FILE:
            raise _unusable(source, f"it unpacks to more than {LARGEST_FILE} bytes")

    def plan(self) -> bytes:
        return self._small("plan.json")

    def state(self) -> bytes:
        return self._small("state")

    def copy_blob(self, name: str, target: Path) -> None:
        with self._member(f"blobs/{name}") as stream:
            _write(stream, target)

    def _small(self, name: str) -> bytes:
        with self._member(name) as stream:
            content = stream.read(LARGEST_PLAN + 1)
        if len(content) > LARGEST_PLAN:
            raise _unusable(self.source, f"{name} is larger than any plan")
        return content

    def _member(self, name: str) -> AbstractContextManager[BinaryIO]:
        try:
            return self._archive.open(name)  # type: ignore[return-value]  # typeshed: IO[bytes]
        except KeyError as error:
            raise _unusable(self.source, f"{name} is missing") from error


def _known(name: str) -> bool:
    if name in ("plan.json", "state"):
        return True
    directory, _, blob = name.partition("/")
    return directory == "blobs" and BLOB.fullmatch(blob) is not None


def _write(source: BinaryIO, target: Path) -> None:
    """Copy to a new file of our own; runs of zeros become holes."""
    with os.fdopen(os.open(target, _NEW, 0o600), "wb") as stream:
        while piece := source.read(_PIECE):
            if piece == _ZEROS:
                stream.seek(len(piece), os.SEEK_CUR)
            else:
                stream.write(piece)
        stream.truncate()


def write_file(directory: Path, target: Path) -> None:
    """Zip a plan's directory: plan.json, state and blobs; raises PlanProblem."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with (
            os.fdopen(os.open(target, flags, 0o600), "wb") as stream,
            zipfile.ZipFile(
                stream, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False
            ) as archive,
        ):
            archive.writestr("plan.json", bytes_of(directory / "plan.json"))
            archive.writestr("state", bytes_of(directory / "state"))
            for blob in sorted((directory / "blobs").iterdir()):
                if BLOB.fullmatch(blob.name):
                    archive.write(blob, f"blobs/{blob.name}")
    except FileExistsError as error:
        raise PlanProblem(
            f"{target} exists already.",
            not_done="The plan file was not written.",
            remedy="Name a file that does not exist.",
        ) from error
    except OSError as error:
        target.unlink(missing_ok=True)
        raise not_written(target, error) from error
