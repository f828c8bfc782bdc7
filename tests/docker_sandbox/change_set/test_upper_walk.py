"""The walk of an upper, and the stream that carries it elsewhere."""

import ast
import io
import json
import os
import sys
from pathlib import Path

import pytest

from linara_agent.docker_sandbox import upper_walk
from linara_agent.docker_sandbox.blobs import Blobs
from linara_agent.docker_sandbox.upper import build, read_in_process, read_stream
from linara_agent.errors import SandboxUnavailable

Found = tuple[upper_walk.Found, str | None]
SOURCE = Path(upper_walk.__file__).read_text()


@pytest.fixture
def upper(tmp_path):
    """An upper-like directory with one of each kind of entry."""
    root = tmp_path / "upper"
    (root / "d" / "e").mkdir(parents=True)
    (root / "d" / "text").write_text("hello\n")
    (root / "d" / "same").hardlink_to(root / "d" / "text")
    (root / "empty").touch()
    (root / "link").symlink_to(os.fsdecode(b"to \xff\n"))
    (root / os.fsdecode(b"odd\xff\n")).write_bytes(b"\0\xff" * 700_000)
    os.mkfifo(root / "fifo")
    with (root / "holes").open("wb") as file:
        file.seek(1 << 20)
        file.write(b"x" * 5000)
        file.truncate(3 << 20)
    return root


def stream_of(upper: Path) -> bytes:
    out = io.BytesIO()
    upper_walk.write([str(upper)], out, most=1000)
    return out.getvalue()


def read_back(data: bytes, blobs: Path) -> list[Found]:
    return list(read_stream(io.BytesIO(data), Blobs(blobs)))


def without_access(read: list[Found]) -> list[Found]:
    """The time of access left out: reading changes it."""
    assert all(isinstance(found, upper_walk.Entry) for found, _ in read)
    return [
        (found._replace(atime_ns=0), digest)
        for found, digest in read
        if isinstance(found, upper_walk.Entry)
    ]


def test_the_stream_says_what_the_walk_in_process_says(upper, tmp_path):
    """Every field of every entry and every content comes through."""
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    direct = list(read_in_process([str(upper)], Blobs(tmp_path / "one"), most=1000))
    assert len(direct) == 10
    streamed = read_back(stream_of(upper), tmp_path / "other")
    assert without_access(streamed) == without_access(direct)
    kept = [sorted(p.name for p in (tmp_path / n).iterdir()) for n in ("one", "other")]
    assert kept[0] == kept[1]
    assert len(kept[0]) == 4


def test_holes_are_not_sent(upper):
    """The stream carries the data of a file and not its holes."""
    assert len(stream_of(upper)) < 2 << 20


@pytest.mark.parametrize("part", [0.0, 0.001, 0.5, 0.9, 0.999])
def test_a_cut_stream_is_refused(upper, tmp_path, part):
    """Whatever is missing at the end, the reading does not pass for complete."""
    whole = stream_of(upper)
    with pytest.raises(SandboxUnavailable, match="could not be read"):
        read_back(whole[: int(len(whole) * part)], tmp_path)


def entry(**fields: object) -> bytes:
    plain = {
        "layer": 0,
        "path": ["f"],
        "mode": 0o100644,
        "size": 0,
        "link": None,
        "xattrs": [],
        "extents": [],
        "repeats": False,
    }
    numbers = ("uid", "gid", "atime_ns", "mtime_ns", "ctime_ns", "rdev", "nlink")
    zeros = dict.fromkeys((*numbers, "inode"), 0)
    return json.dumps({**zeros, **plain, **fields}).encode() + b"\n"


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"something else\n",
        upper_walk.MAGIC + b"not JSON\n",
        upper_walk.MAGIC + b"[1]\n",
        upper_walk.MAGIC + b'{"layer": 0}\n',
        upper_walk.MAGIC + b'{"end": 3}\n',
        upper_walk.MAGIC + entry() + b'{"end": 2}\n',
        upper_walk.MAGIC + entry(path=[".."]) + b'{"end": 1}\n',
        upper_walk.MAGIC + entry(path=["a/b"]) + b'{"end": 1}\n',
        upper_walk.MAGIC + entry(path=[""]) + b'{"end": 1}\n',
        upper_walk.MAGIC + entry(path=["a\0"]) + b'{"end": 1}\n',
        upper_walk.MAGIC + entry(path=["\u20ac"]) + b'{"end": 1}\n',
        upper_walk.MAGIC + entry(size=9, extents=[[0, 9]]) + b"short",
        upper_walk.MAGIC + entry(mode="x") + b'{"end": 1}\n',
        upper_walk.MAGIC + entry(extra=1) + b'{"end": 1}\n',
    ],
)
def test_a_damaged_stream_is_refused(tmp_path, damaged):
    """What is not the walker's own output is an error of ours, never a traceback."""
    with pytest.raises(SandboxUnavailable):
        read_back(damaged, tmp_path)


def test_a_missing_upper_is_an_error_of_ours(tmp_path):
    """An upper that cannot be opened stops the reading."""
    with pytest.raises(SandboxUnavailable, match="No such file"):
        list(read_in_process([str(tmp_path / "none")], Blobs(tmp_path), most=1000))


def test_a_full_disk_is_an_error_of_ours(upper, tmp_path):
    """Content that cannot be stored stops the reading and leaves no part behind."""
    with pytest.raises(SandboxUnavailable, match="could not be stored"):
        list(read_in_process([str(upper)], Blobs(tmp_path / "none"), most=1000))


def open_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_no_descriptor_is_left_open(upper, tmp_path):
    """Neither a whole walk nor one that was given up keeps anything open."""
    before = open_descriptors()
    list(read_in_process([str(upper)], Blobs(tmp_path), most=1000))
    half = read_in_process([str(upper)], Blobs(tmp_path), most=1000)
    for _ in range(4):
        next(half)
    half.close()
    assert open_descriptors() == before


def test_the_source_runs_on_any_python_of_a_host():
    """It is read by Python 3.8 and imports the standard library alone."""
    tree = ast.parse(SOURCE, feature_version=(3, 8))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(str(node.module))
    assert {name.partition(".")[0] for name in names} <= set(sys.stdlib_module_names)


@pytest.mark.parametrize(
    "lines",
    [
        b'{"end": 0}\n',
        entry(path=[]) + entry(path=["d", "f"]) + b'{"end": 2}\n',
        entry(path=[]) + entry(path=[], layer=1) + b'{"end": 2}\n',
    ],
)
def test_a_stream_of_other_layers_is_refused(tmp_path, lines):
    """Each layer must come, with every directory before what is in it."""
    read = read_stream(io.BytesIO(upper_walk.MAGIC + lines), Blobs(tmp_path))
    with pytest.raises(SandboxUnavailable):
        build(read, layers=1, entries=100)
