"""File systems of their own, for as long as a test wants one."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

LARGE_ENOUGH = {"ext4": 64 << 20, "xfs": 320 << 20, "btrfs": 128 << 20}
"""Bytes that the file system takes at least; the image is sparse."""

_LOCK = Path(tempfile.gettempdir()) / "linara-agent-tests.mounts"


@contextmanager
def mounts_stay() -> Iterator[None]:
    """No test mounts or unmounts meanwhile: whoever prepares a twin would make it anew.

    Not for tests that mount something themselves.
    """
    with _locked(fcntl.LOCK_SH):
        yield


@contextmanager
def _locked(how: int) -> Iterator[None]:
    descriptor = os.open(_LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)


def mount(*words: str | Path, cwd: Path | None = None) -> str | None:
    """What `mount` said if it failed."""
    with _locked(fcntl.LOCK_EX):
        done = subprocess.run(
            ["mount", *words], capture_output=True, text=True, check=False, cwd=cwd
        )
    return done.stderr.strip() or "it failed" if done.returncode else None


def unmount(point: Path) -> None:
    """At once for whoever asks by path; twins of other tests may still see it."""
    with _locked(fcntl.LOCK_EX):
        subprocess.run(["umount", "--lazy", point], check=True)


@contextmanager
def disk(kind: str, point: Path, size: int) -> Iterator[None]:
    """Mount a new file system of so many bytes at a directory; `tmpfs` has no image.

    Skips the test where that cannot be had.
    """
    if os.geteuid() != 0:
        pytest.skip("only root can mount")
    options = ["-t", "tmpfs", "-o", f"size={size}", "tmpfs"]
    if kind != "tmpfs":
        if shutil.which(f"mkfs.{kind}") is None:
            pytest.skip(f"no mkfs.{kind}")
        image = point.with_name(f"{point.name}.image")
        with image.open("wb") as file:
            file.truncate(size)
        # Every kind has `-m`, with another meaning.
        reserved = ["-m", "0"] if kind == "ext4" else []
        subprocess.run([f"mkfs.{kind}", "-q", *reserved, image], check=True)
        options = ["-t", kind, "-o", "loop", str(image)]
    if problem := mount(*options, point):
        pytest.skip(f"no {kind} here: {problem}")
    try:
        yield
    finally:
        unmount(point)
