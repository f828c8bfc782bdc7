"""File systems of their own, for as long as a test wants one."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

LARGE_ENOUGH = {"ext4": 64 << 20, "xfs": 320 << 20, "btrfs": 128 << 20}
"""Bytes that the file system takes at least; the image is sparse."""


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
    mounted = subprocess.run(
        ["mount", *options, point], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"no {kind} here: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        # Other tests may look at it through twins of their own, which end soon.
        subprocess.run(["umount", "--lazy", point], check=True)
