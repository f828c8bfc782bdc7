"""Which changes are caches and tool logs."""

import pytest

from linara_agent.core.change import Change, ChangeKind, FileType, PathState
from linara_agent.docker_sandbox.incidental import is_incidental, mark

HOME = "/home/u"
MADE = PathState(type=FileType.DIRECTORY, size=0, mode=0o755, uid=1, gid=1, mtime_ns=1)


def incidental(*paths: str) -> list[str]:
    """Of paths that were created, those that are incidental."""
    changes = tuple(
        Change(path=path, kind=ChangeKind.CREATED, before=None, after=MADE)
        for path in paths
    )
    return [one.path for one in mark(changes, home=HOME) if one.incidental]


@pytest.mark.parametrize(
    "path",
    [
        "/home/u/.cache/x",
        "/home/u/.config/procps",
        "/var/cache/man/cat1/find.1.gz",
        "/w/__pycache__/x.pyc",
    ],
)
def test_what_tools_write_on_the_side(path: str) -> None:
    """Caches and logs of tools are, wherever each of them lies."""
    assert is_incidental(path, home=HOME)


@pytest.mark.parametrize(
    "path", ["/home/u/.config/x", "/var/cache/x", "/home/v/.cache/x", "/w/x"]
)
def test_all_else_is_not(path: str) -> None:
    """A person's own files and others' homes are not."""
    assert not is_incidental(path, home=HOME)


def test_a_directory_made_to_hold_only_such_is_one_too() -> None:
    """`top` makes ~/.config for its own; with anything else in it, it counts."""
    own = ("/home/u/.config", "/home/u/.config/procps")
    assert incidental(*own) == list(own)
    assert incidental(*own, "/home/u/.config/x") == ["/home/u/.config/procps"]
    assert incidental("/home/u/.config") == []
