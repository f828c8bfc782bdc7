"""Grounds for tests to stand on."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.host.ground import Ground
from tests.host.shells import Shell


def _root() -> Path:
    """Below /tmp, where every user may come."""
    root = Path(tempfile.mkdtemp(prefix="linara-test-", dir="/tmp")).resolve()
    root.chmod(0o755)
    return root


@pytest.fixture
def ground() -> Iterator[Ground]:
    root = _root()
    yield Ground(root)
    shutil.rmtree(root)


@pytest.fixture(scope="session")
def make_ground() -> Iterator[Callable[[], Ground]]:
    """Many grounds in one test, one for each example."""
    made: list[Path] = []

    def make() -> Ground:
        made.append(_root())
        return Ground(made[-1])

    yield make
    for root in made:
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture
def shell() -> Iterator[Shell]:
    """With an empty standard input, as under cron."""
    with Path(os.devnull).open("rb") as null:
        yield Shell(null.fileno())
