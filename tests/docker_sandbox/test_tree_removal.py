"""Removing what a hostile script built."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from linara_agent.docker_sandbox.tree_removal import empty, remove_tree

DEPTH = 3000  # a path of 6,000 characters, beyond PATH_MAX and any recursion


def nest(top: Path) -> None:
    """Directories within directories, made one step at a time."""
    handle = os.open(top, os.O_RDONLY)
    for _ in range(DEPTH):
        os.mkdir("d", dir_fd=handle)
        below = os.open("d", os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = below
    os.close(handle)


def test_depth_does_not_matter(tmp_path: Path) -> None:
    """A tree deeper than any path can name is removed."""
    top = tmp_path / "top"
    top.mkdir()
    nest(top)
    remove_tree(str(top))
    assert not top.exists()


def test_links_are_not_followed(tmp_path: Path) -> None:
    """A link goes, what it points to stays."""
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_text("x")
    top = tmp_path / "top"
    top.mkdir()
    (top / "link").symlink_to(kept)
    (top / "dangling").symlink_to("nowhere")
    remove_tree(str(top))
    assert (top.exists(), (kept / "file").read_text()) == (False, "x")


def test_shut_directories_and_special_files_go(tmp_path: Path) -> None:
    """Modes that forbid reading, and files that block on opening, are no hindrance."""
    shut = tmp_path / "top" / "shut"
    shut.mkdir(parents=True)
    (shut / "file").write_text("x")
    os.mkfifo(shut / "fifo")
    shut.chmod(0)
    remove_tree(str(tmp_path / "top"))
    assert not (tmp_path / "top").exists()


def test_emptying_keeps_the_directory(tmp_path: Path) -> None:
    """Only what is inside goes; names that look like ours do not collide."""
    top = tmp_path / "top"
    (top / "a" / "b").mkdir(parents=True)
    (top / "a" / ".removed-1" / "c").mkdir(parents=True)
    empty(str(top))
    assert list(top.iterdir()) == []


def test_what_an_interrupted_removal_left_is_no_hindrance(tmp_path: Path) -> None:
    """It had moved directories up to the top under names of its own making."""
    top = tmp_path / "top"
    for number in range(9):
        (top / f".removed-{number}" / "below" / "deep").mkdir(parents=True)
        (top / "upper" / str(number) / "file").mkdir(parents=True)
    remove_tree(str(top))
    assert not top.exists()


def test_nothing_there_is_fine(tmp_path: Path) -> None:
    """Removing twice is what was wanted."""
    remove_tree(str(tmp_path / "never"))


def test_two_at_once_leave_nothing(tmp_path: Path) -> None:
    """What another one removes meanwhile is no reason to leave the rest."""
    top = tmp_path / "top"
    for number in range(200):
        (top / str(number) / "below").mkdir(parents=True)
    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(remove_tree, str(top)) for _ in range(4)]
    assert [one.exception() for one in done] == [None] * 4
    assert not top.exists()
