"""Globs of paths: what matches, and what may match the same path."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linara_agent.core.effects.glob import intersect, matches, static_directory


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("/x/*", "/x/a", True),
        ("/x/*", "/x/a/b", False),
        ("/x/**", "/x/a/b", True),
        ("/x/**", "/x", False),
        ("**/.env", "/.env", True),
        ("**/.env", "/a/x.env", False),
        ("/x/[^a]", "/x/a", False),
        ("/x/[!a]", "/x/b", True),
        ("/x/[]a]", "/x/]", True),
        ("/x/[*]", "/x/*", True),
        ("/x/[*]", "/x/a", False),
        ("/x/\\*", "/x/*", True),
        ("/x/[z-a]", "/x/b", True),  # no such range: taken for any character
        ("/x/[[:alpha:]]", "/x/a]", True),
    ],
)
def test_matches(pattern: str, path: str, *, expected: bool) -> None:
    """`*` stays within a name, `**` does not, brackets are sets."""
    assert matches(pattern, path) is expected


@pytest.mark.parametrize(
    ("shell", "pattern", "expected"),
    [
        ("/h*me/u/.ssh/x", "/home/u/.ssh/**", True),
        ("/e*c", "/etc", True),
        ("/home/u/.s*/config", "/home/u/.aws/**", False),
        ("/a/*", "**/.env", False),
        ("/a/.e*", "**/.env", True),
        ("/a/foo.e*", "**/.env", False),
        ("/a/id_rs?", "**/id_rsa", True),
        ("/a/my_id_rs?", "**/id_rsa", False),
        ("/**", "/etc/x", True),
        ("/a/b*", "/a/*b", True),
        ("/ab", "/ac", False),
        ("/*/*", "/home/u", True),
        ("/*/x", "/.h/x", False),
    ],
)
def test_two_globs_may_match_one_path(
    shell: str, pattern: str, *, expected: bool
) -> None:
    """A shell's wildcard does not match a leading dot."""
    assert intersect(shell, pattern) is expected


NAMES = st.text("ab*?", min_size=1, max_size=4)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(lambda names: "/" + "/".join(names))
PLAIN = st.lists(st.text("ab", min_size=1, max_size=3), min_size=1, max_size=3)


@given(shell=PATHS, pattern=PATHS, path=PLAIN)
def test_what_both_match_is_never_missed(
    shell: str, pattern: str, path: list[str]
) -> None:
    """If some path is matched by both globs, they are said to meet."""
    text = "/" + "/".join(path)
    if matches(shell, text) and matches(pattern, text):
        assert intersect(shell, pattern)


@given(PATHS)
def test_a_glob_meets_itself(glob: str) -> None:
    """Meeting is reflexive, and its static directory stands at its beginning."""
    assert intersect(glob, glob)
    start = static_directory(glob)
    assert glob.startswith(start)
    assert not re.search(r"[*?\[]", start)
