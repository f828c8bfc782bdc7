"""Diffs that turn one text into the other, or none at all."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linara_agent.docker_sandbox.diff import DiffLimits, unified

LINES = st.lists(st.sampled_from(["a\n", "b\n", "\r\n", "\x0c\n", "\n"]), max_size=30)
TEXTS = st.tuples(LINES, st.sampled_from(["", "end", "a"])).map(
    lambda parts: "".join(parts[0]) + parts[1]
)
HEADER = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@\n")


def split(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def patched(old: str, diff: str) -> str:
    """Apply a unified diff as patch(1) does, with no tolerance."""
    lines, result, at = split(old), [], 0
    body = iter(split(diff.replace("\n\\ No newline at end of file\n", "\0\n"))[2:])
    for line in body:
        header = HEADER.fullmatch(line)
        if header:
            start = int(header[1]) - (header[2] != "0")
            result += lines[at:start]
            at = start
            continue
        text = line[1:].replace("\0\n", "")
        if line[0] != "+":
            assert lines[at] == text
            at += 1
        if line[0] != "-":
            result.append(text)
    return "".join([*result, *lines[at:]])


@given(old=TEXTS, new=TEXTS)
def test_a_diff_turns_the_old_text_into_the_new(old, new):
    """Applied strictly, line numbers included, it gives the new text."""
    diff = unified("/f", old.encode(), new.encode(), DiffLimits())
    if old == new:
        assert diff is None
    else:
        assert diff is not None
        assert patched(old, diff) == new


def test_common_lines_far_away_do_not_shift_the_numbers():
    """Only the middle is compared, but hunks are numbered in the whole file."""
    lines = [f"{number}\n" for number in range(5000)]
    changed = [*lines[:4000], "new\n", *lines[4001:]]
    diff = unified("/f", "".join(lines).encode(), "".join(changed).encode(), LARGE)
    assert diff is not None
    assert "@@ -3998,7 +3998,7 @@\n" in diff
    assert patched("".join(lines), diff) == "".join(changed)


LARGE = DiffLimits(bytes=1 << 20)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"a\0", b"b"),
        (b"a", b"\xff"),
        (b"a", b"x" * (64 * 1024 + 1)),
        (b"", b"a\n" * 399),
        (b"a\n" * 2000, b"b\n" * 2000),
    ],
)
def test_no_diff_of_what_is_long_or_no_text(old, new):
    """Binary, large and much changed files have none."""
    assert unified("/f", old, new, DiffLimits()) is None


def test_a_path_stays_on_its_line():
    """A line feed or an invalid byte in a name cannot forge a part of the diff."""
    diff = unified("/a\n@@ -1 +1 @@\udcff", None, b"x\n", DiffLimits())
    assert diff == ("--- /dev/null\n+++ b/a\\n@@ -1 +1 @@\\udcff\n@@ -0,0 +1 @@\n+x\n")
