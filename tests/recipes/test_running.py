"""Harmless recipes, really run in a directory of their own."""

import os
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

from linara_agent.core.intent import Intent
from linara_agent.recipes.book import RecipeBook

DAY = 86_400


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory with a few files of every sort, one of them old."""
    place = tmp_path / "it's a place"
    (place / "sub" / "empty").mkdir(parents=True)
    (place / "b.txt").write_text("two\none\ntwo\n")
    (place / "-n.txt").write_text("dash\n")
    (place / "big file.log").write_bytes(b"x" * 3_000_000)
    (place / "sub" / "copy.txt").write_text("two\none\ntwo\n")
    (place / "sub" / "Data.CSV").write_text("id,name\n1,Ana\n2,Bo\n")
    (place / "sub" / "old.tmp").write_text("old\n")
    long_ago = time.time() - 30 * DAY
    os.utime(place / "sub" / "old.tmp", (long_ago, long_ago))
    return place


def run(words: str, place: Path) -> str:
    book = RecipeBook(user=str(os.getuid()), temp=str(place))
    home = str(place.parent)
    proposal = book.propose(Intent(words=words, cwd=str(place), home=home))
    done = subprocess.run(
        ["bash", "-c", proposal.text],
        cwd=place,
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": home},
    )
    return done.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("find files larger than 1 MB", {"./big file.log"}),
        ("find files older than 2 weeks", {"./sub/old.tmp"}),
        ("find csv files", {"./sub/Data.CSV"}),
        ("find empty folders", {"./sub/empty"}),
        ('find file "big file.log"', {"./big file.log"}),
        ("find files with OPY in the name", {"./sub/copy.txt"}),
        ("find files containing dash", {"./-n.txt"}),
        ("show unique lines of b.txt", {"one", "two"}),
        ("search for one in b.txt", {"2:one"}),
        ("show column 2 of sub/Data.CSV", {"name", "Ana", "Bo"}),
        ("show file -n.txt", {"dash"}),
        ("show first 1 lines of b.txt", {"two"}),
        ("count files in this folder", {"6"}),
        ("count lines in b.txt", {"3 b.txt"}),
        ("convert -n.txt to uppercase", {"DASH"}),
        ("show lines 2 to 3 of b.txt", {"one", "two"}),
        ("show old temp files", {"{place}/sub/old.tmp"}),
    ],
)
def test_answers(place: Path, words: str, expected: set[str]):
    """A question is answered with exactly these lines."""
    wanted = {line.replace("{place}", str(place)) for line in expected}
    assert set(run(words, place).splitlines()) == wanted


def test_duplicates(place: Path):
    """Files of the same content are found, and no others."""
    lines = run("find duplicate files", place).split("\n")
    assert {line[66:] for line in lines if line} == {"./b.txt", "./sub/copy.txt"}


def test_clean_temp_files(place: Path):
    """Only the old regular file goes; folders and fresh files stay."""
    before = set(place.rglob("*"))
    assert run("clean temp files", place) == f"{place}/sub/old.tmp\n"
    assert before - set(place.rglob("*")) == {place / "sub" / "old.tmp"}


def test_remove_folder(place: Path):
    """The named folder goes with what is in it, and nothing else."""
    (place / "a; b").mkdir()
    (place / "a; b" / "x").write_text("")
    run("remove folder a; b", place)
    assert not (place / "a; b").exists()
    assert (place / "b.txt").exists()


def test_remove_by_pattern_stays_in_the_folder(place: Path):
    """Deleting by a pattern takes the files of this folder, not of those below."""
    assert run("remove all files named *.txt", place).split() != []
    assert {path.name for path in place.rglob("*.txt")} == {"copy.txt"}


def test_rename_replaces_nothing(place: Path):
    """A rename to a name that is taken leaves both files as they were."""
    with pytest.raises(subprocess.CalledProcessError):
        run("rename missing.txt to other.txt", place)
    run("rename b.txt to New Name.txt", place)
    assert (place / "New Name.txt").read_text() == "two\none\ntwo\n"
    assert not (place / "b.txt").exists()


def test_replace_text(place: Path):
    """Every occurrence in the one file is replaced."""
    run("replace two with t/w&o in b.txt", place)
    assert (place / "b.txt").read_text() == "t/w&o\none\nt/w&o\n"
    assert (place / "sub" / "copy.txt").read_text() == "two\none\ntwo\n"


def test_archive_and_back(place: Path):
    """What is packed can be listed and extracted again."""
    run("compress folder sub into packed.tar.gz", place)
    with tarfile.open(place / "packed.tar.gz") as archive:
        assert "sub/copy.txt" in archive.getnames()
    (place / "out").mkdir()
    run("extract packed.tar.gz to out", place)
    assert (place / "out" / "sub" / "old.tmp").read_text() == "old\n"
    assert "sub/old.tmp" in run("list contents of packed.tar.gz", place)


def test_create_copy_and_permissions(place: Path):
    """Folders and copies are made where they are named, and marked as told."""
    run("create folder My Things", place)
    run('copy b.txt to "My Things"', place)
    run("make b.txt executable", place)
    run("make file -n.txt private", place)
    assert (place / "My Things" / "b.txt").read_text() == "two\none\ntwo\n"
    assert (place / "b.txt").stat().st_mode & 0o100
    assert (place / "-n.txt").stat().st_mode & 0o077 == 0


def test_line_ends(place: Path):
    """Windows line ends become Unix ones, trailing blanks go."""
    (place / "w.txt").write_bytes(b"a \r\nb\t\r\n")
    run("convert line endings of w.txt to unix", place)
    run("remove trailing whitespace from w.txt", place)
    assert (place / "w.txt").read_bytes() == b"a\nb\n"
