"""Any sequence of file operations is read as a full comparison sees it."""

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NAMES = st.sampled_from(["a", "b", "c"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
OPERATIONS = st.one_of(
    st.tuples(st.just("write"), PATHS, st.sampled_from(["", "x", "yy", "zz"])),
    st.tuples(st.just("append"), PATHS, st.sampled_from(["x", "yy"])),
    st.tuples(st.just("mkdir"), PATHS),
    st.tuples(st.just("remove"), PATHS),
    st.tuples(st.just("rename"), PATHS, PATHS),
    st.tuples(st.just("rename"), PATHS, PATHS),
    st.tuples(st.just("hard link"), PATHS, PATHS),
    st.tuples(st.just("symlink"), PATHS, PATHS),
    st.tuples(st.just("fifo"), PATHS),
    st.tuples(st.just("chmod"), PATHS, st.sampled_from([0o600, 0o755, 0o2750])),
    st.tuples(st.just("chown"), PATHS, st.sampled_from([0, 12])),
    st.tuples(st.just("utime"), PATHS, st.sampled_from([10**18, 10**18 + 1])),
    st.tuples(st.just("xattr"), PATHS, st.sampled_from([b"", b"\xff=\n"])),
)
SEQUENCES = st.lists(OPERATIONS, max_size=12)


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def write(path: Path, text: str, mode: str = "w") -> None:
    if not path.is_fifo():
        with path.open(mode) as file:
            file.write(text)


def carry_out(root: Path, operations) -> None:
    """Do each operation; one that the file system refuses does nothing."""
    acts: dict[str, Callable[..., object]] = {
        "write": write,
        "append": lambda path, text: write(path, text, "a"),
        "mkdir": Path.mkdir,
        "remove": remove,
        "rename": lambda path, other: path.rename(root / other),
        "hard link": lambda path, other: (root / other).hardlink_to(path),
        "symlink": lambda path, other: path.symlink_to(other),
        "fifo": os.mkfifo,
        "chmod": lambda path, mode: path.chmod(mode),
        "chown": lambda path, uid: os.chown(path, uid, uid, follow_symlinks=False),
        "utime": lambda path, ns: os.utime(path, ns=(ns, ns), follow_symlinks=False),
        "xattr": lambda path, value: os.setxattr(path, "user.x", value),
    }
    for name, path, *rest in operations:
        with suppress(OSError, shutil.Error):
            acts[name](root / path, *rest)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(below=SEQUENCES, script=SEQUENCES)
def test_any_script_is_read_as_a_full_comparison_sees_it(make_twin, below, script):
    """Whatever was done, both ways of reading find the same and the truth."""
    twin = make_twin()
    carry_out(twin.lower, below)
    with twin.mounted() as merged:
        carry_out(merged, script)
        truth = twin.truth()
    assert twin.as_truth(twin.read("process")) == truth
    assert twin.as_truth(twin.read("stream")) == truth
    shutil.rmtree(twin.root)
