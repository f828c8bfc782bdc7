"""What a path is, seen without following a symlink, and how it differs."""

import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from linara_agent.core.change import FileType, PathState
from linara_agent.host.directories import Directories, split
from linara_agent.host.path_state import differences, moment, state_of
from tests.host.ground import Ground

OWN = Path("/proc/self/fd")


@pytest.fixture
def place(ground: Ground) -> Path:
    return ground.host


def seen(path: Path) -> PathState | None:
    with Directories() as directories:
        return state_of(str(path), directories=directories, xattrs=True)


def test_every_type_is_told(place: Path) -> None:
    """Each type of file is seen as itself, with the numbers that lstat gives."""
    (place / "file").write_text("text")
    (place / "directory").mkdir()
    (place / "symlink").symlink_to("file")
    os.mkfifo(place / "fifo")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(place / "socket"))
    for kind in ("file", "directory", "symlink", "fifo", "socket"):
        state = seen(place / kind)
        status = (place / kind).lstat()
        assert state is not None
        assert state.type is FileType(kind)
        assert (state.mtime_ns, state.ctime_ns) == (
            status.st_mtime_ns,
            status.st_ctime_ns,
        )
        assert (state.inode, state.uid, state.gid) == (
            status.st_ino,
            status.st_uid,
            status.st_gid,
        )
        assert state.mode == status.st_mode & 0o7777
    assert seen(Path("/dev/null")).type is FileType.CHARACTER_DEVICE  # type: ignore[union-attr]  # every Linux has it
    file, link = seen(place / "file"), seen(place / "symlink")
    assert file is not None
    assert file.size == 4
    assert link is not None
    assert link.link == "file"


def test_attributes_are_base64(place: Path) -> None:
    """Extended attributes are told with any bytes, sorted, without the system's."""
    (place / "file").write_text("")
    os.setxattr(place / "file", "user.b", b"\xff")
    os.setxattr(place / "file", "user.a", b"text")
    state = seen(place / "file")
    assert state is not None
    assert state.xattrs == (("user.a", "dGV4dA=="), ("user.b", "/w=="))


def test_what_is_absent_is_none(place: Path) -> None:
    """A missing path, and one below a missing directory, are both absent."""
    assert seen(place / "missing") is None
    assert seen(place / "missing/below") is None


def test_no_component_may_be_a_symlink(place: Path) -> None:
    """A path through a symlink or a file is refused, with the component named."""
    (place / "real/sub").mkdir(parents=True)
    (place / "real/sub/file").write_text("")
    (place / "link").symlink_to("real")
    for path, culprit in (
        ("link/sub", "link"),
        ("link/sub/file", "link"),
        ("link/missing/x", "link"),
        ("real/sub/file/below", "real/sub/file"),
    ):
        with pytest.raises(NotADirectoryError) as caught:
            seen(place / path)
        assert caught.value.filename == str(place / culprit)


def test_a_kept_directory_is_not_used_for_another(place: Path) -> None:
    """After a directory was replaced, its path leads to the new one, not a symlink."""
    (place / "d").mkdir()
    (place / "d/first").write_text("")
    (place / "other").mkdir()
    with Directories() as directories:

        def names() -> list[str]:
            opened = directories.open(str(place / "d"))
            return [each.name for each in Path(f"/proc/self/fd/{opened}").iterdir()]

        assert names() == ["first"]
        (place / "d").rename(place / "moved")
        (place / "d").mkdir()
        (place / "d/second").write_text("")
        assert names() == ["second"]
        (place / "d").rename(place / "gone")
        (place / "d").symlink_to("other")
        with pytest.raises(NotADirectoryError):
            names()
        (place / "d").unlink()
        with pytest.raises(FileNotFoundError):
            names()


def test_descriptors_are_few_and_closed(place: Path) -> None:
    """A thousand directories are visited with few open descriptors, none left."""
    before = len(list(OWN.iterdir()))
    with Directories() as directories:
        for number in range(1000):
            (place / str(number)).mkdir()
            directories.open(str(place / str(number)))
        assert len(list(OWN.iterdir())) < before + 200
    assert len(list(OWN.iterdir())) == before


def test_a_path_is_split() -> None:
    """Directory and name of a plain path."""
    assert split("/a") == ("/", "a")
    assert split("/a/b c") == ("/a", "b c")


STATE = PathState(
    type=FileType.FILE,
    size=3,
    mode=0o644,
    uid=1,
    gid=2,
    mtime_ns=1_700_000_000_123_456_789,
    ctime_ns=5,
    inode=9,
)


@pytest.mark.parametrize(
    ("actual", "words"),
    [
        (STATE, ()),
        (None, ("is gone, was a file",)),
        (replace(STATE, size=5), ("size 5, was 3",)),
        (replace(STATE, mode=0o4755), ("mode 4755, was 0644",)),
        (replace(STATE, uid=0), ("owner 0:2, was 1:2",)),
        (replace(STATE, gid=0), ("owner 1:0, was 1:2",)),
        (
            replace(STATE, mtime_ns=1_700_000_001_000_000_000),
            (
                (
                    "modified at 2023-11-14T22:13:21.000000000Z,"
                    " was 2023-11-14T22:13:20.123456789Z"
                ),
            ),
        ),
        (replace(STATE, type=FileType.SYMLINK), ("is now a symlink, was a file",)),
        (
            replace(STATE, inode=8, ctime_ns=6),
            ("was replaced by another file that looks the same",),
        ),
        (
            replace(STATE, ctime_ns=6_000_000_000),
            (
                (
                    "was written or changed at 1970-01-01T00:00:06.000000000Z"
                    " and its time set back, or its attributes changed"
                ),
            ),
        ),
        (
            replace(STATE, size=5, mode=0o600),
            ("size 5, was 3", "mode 0600, was 0644"),
        ),
    ],
)
def test_differences_in_words(actual: PathState | None, words: tuple[str, ...]) -> None:
    """Each difference is said with what is and what was."""
    assert differences(STATE, actual) == words


def test_what_should_be_absent() -> None:
    """Something in the place of nothing is a difference; nothing is none."""
    assert differences(None, None) == ()
    assert differences(None, STATE) == ("is now a file, was absent",)


def test_what_is_not_known_is_not_compared() -> None:
    """A plan that knows no ctime or inode compares the rest."""
    expected = replace(STATE, ctime_ns=None, inode=None)
    assert differences(expected, STATE) == ()
    assert differences(replace(expected, size=1), STATE) == ("size 3, was 1",)


def test_links_are_compared_by_target() -> None:
    """A symlink that leads elsewhere is different, whatever its size."""
    link = replace(STATE, type=FileType.SYMLINK, link="a\n")
    assert differences(link, replace(link, size=7)) == ()
    (words,) = differences(link, replace(link, link="b"))
    assert words == "leads to 'b', was 'a\\n'"


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "1970-01-01T00:00:00.000000000Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
        (2**63 - 1, "2262-04-11T23:47:16.854775807Z"),
        (10**30, "1000000000000000000000.000000000 s after 1970"),
    ],
)
def test_moments(nanoseconds: int, text: str) -> None:
    """Any time that a file can have is printed, in UTC."""
    assert moment(nanoseconds) == text
