"""Which step changed what, told from upper directories alone."""

import os
from pathlib import Path

import pytest

from linara_agent.docker_sandbox.step_marks import StepMarks


@pytest.fixture
def upper(tmp_path: Path) -> Path:
    made = tmp_path / "upper"
    made.mkdir()
    return made


def marks_of(upper: Path, *, host: str = "/host", entries: int = 1000) -> StepMarks:
    return StepMarks(uppers={host: str(upper)}, entries=entries)


def test_a_name_belongs_to_the_step_that_changed_it_last(upper: Path) -> None:
    """Also where only its content is other, of the same size."""
    (upper / "seed").mkdir()
    marks = marks_of(upper)
    marks.look(0)
    (upper / "a").write_text("1")
    (upper / "seed" / "b").write_text("1")
    marks.look(1)
    (upper / "a").write_text("2")
    marks.look(2)
    marks.look(3)
    assert marks.step_of("/host/a") == 2
    assert marks.step_of("/host/seed/b") == 1
    assert marks.step_of("/host/seed") is None
    assert marks.step_of("/host/else") is None


def test_a_directory_belongs_to_the_step_that_made_it(upper: Path) -> None:
    """What is put into it later does not change it."""
    marks = marks_of(upper)
    marks.look(0)
    (upper / "d").mkdir()
    marks.look(1)
    (upper / "d" / "x").write_text("1")
    marks.look(2)
    (upper / "d").chmod(0o700)
    assert marks.step_of("/host/d") == 1
    marks.look(3)
    assert marks.step_of("/host/d") == 3
    assert marks.step_of("/host/d/x") == 2


def test_what_went_with_a_tree_belongs_to_the_step_that_took_the_tree(
    upper: Path,
) -> None:
    """A whiteout is one name; a FIFO stands for it here, which anyone may make."""
    marks = marks_of(upper)
    marks.look(0)
    (upper / "d").mkdir()  # copied up, because something in it is changed
    (upper / "d" / "x").write_text("1")
    marks.look(1)
    (upper / "d" / "x").unlink()
    (upper / "d").rmdir()
    os.mkfifo(upper / "d")
    marks.look(2)
    (upper / "d").unlink()
    (upper / "d").mkdir()
    marks.look(3)
    assert marks.step_of("/host/d/y/z") == 2
    assert marks.step_of("/host/d") == 3


def test_what_came_with_a_renamed_tree_belongs_to_the_renaming(
    upper: Path, tmp_path: Path
) -> None:
    """Not to the change of something beside it, before or after."""
    there = tmp_path / "there"
    there.mkdir()
    marks = marks_of(upper, host=str(tmp_path))
    marks.look(0)
    (upper / "there").mkdir()
    (upper / "there" / "x").write_text("1")
    marks.look(1)
    (upper / "there" / "new").mkdir()  # as a rename leaves it: no names below
    marks.look(2)
    (upper / "there" / "new" / "sub").mkdir()
    (upper / "there" / "new" / "sub" / "x").write_text("1")
    marks.look(3)
    assert marks.step_of(f"{there}/new/sub/y") == 2
    assert marks.step_of(f"{there}/new/sub/x") == 3


def test_too_many_names_leave_every_step_unknown(upper: Path) -> None:
    """That is said, and costs no more looks."""
    marks = marks_of(upper, entries=2)
    for name in "abc":
        (upper / name).touch()
    marks.look(0)
    (upper / "a").unlink()
    marks.look(1)
    assert marks.lost
    assert marks.attributed(()) == ()
    assert marks.notes == ("there were too many changes to tell which step made them",)


def test_links_are_not_followed(upper: Path, tmp_path: Path) -> None:
    """What a link in an upper points to is not looked at."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "x").touch()
    marks = marks_of(upper)
    marks.look(0)
    (upper / "link").symlink_to(elsewhere)
    marks.look(1)
    (elsewhere / "x").write_text("1")
    marks.look(2)
    assert marks.step_of("/host/link") == 1
    assert marks.step_of("/host/link/x") == 1
