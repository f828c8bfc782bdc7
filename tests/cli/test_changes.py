"""How the changes of a preview are listed."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from linara_agent.cli.changes import listed
from linara_agent.core.change import Change, ChangeKind, FileType, PathState

NAMES = ("a", "one two  three", "名前" * 9, "x" * 90)


def created(path: str) -> Change:
    state = PathState(type=FileType.FILE, mode=0o644, uid=0, gid=0, size=3, mtime_ns=0)
    return Change(path=path, kind=ChangeKind.CREATED, before=None, after=state)


def screen(change: Change, width: int) -> list[str]:
    """The lines of a screen that is so many columns wide."""
    out = io.StringIO()
    console = Console(file=out, width=width)
    for one in listed([change], full=True):
        console.print(one)
    return out.getvalue().splitlines()


@pytest.mark.parametrize("name", NAMES)
def test_a_path_stands_whole_on_any_screen(name: str):
    """A line that fits is one line; a longer one folds, and no character is lost."""
    path = f"/srv/{name}"
    whole = f"  + {path}  file, 3 B"
    assert screen(created(path), cell_len(whole)) == [whole]
    for width in range(24, cell_len(whole)):
        lines = screen(created(path), width)
        assert len(lines) > 1
        assert all(cell_len(line) <= width for line in lines)
        assert "".join("".join(lines).split()) == "".join(whole.split())
