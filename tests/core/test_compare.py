"""The host against its preview."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from linara_agent.core.change import Change, ChangeKind, FileType, PathState
from linara_agent.core.compare import differences, drift
from linara_agent.core.preview import Outcome, Preview
from tests.core.gates import assess
from tests.core.previews import change, outcome, preview, state


def found_in(
    seen: Preview,
    ended: Outcome,
    now: PathState | None = None,
    *,
    command: str = "touch x",
    digest: str | None = None,
) -> tuple[str, ...]:
    """The differences where every path is in the state `now`."""
    return differences(
        seen,
        ended,
        assess(command),
        state_of=always(now),
        digest_of=lambda _path: digest,
    )


def always(now: PathState | None) -> Callable[[str], PathState | None]:
    return lambda _path: now


LINK = Change(
    path="/w/l",
    kind=ChangeKind.CREATED,
    before=None,
    after=state(type=FileType.SYMLINK, link="a", mode=0o777),
)


@pytest.mark.parametrize(
    ("done", "now", "expected"),
    [
        (change("/w/x"), state(), ()),
        (change("/w/x"), None, ("/w/x was not made",)),
        (change("/w/x", ChangeKind.MODIFIED), None, ("/w/x is gone",)),
        (change("/w/x", ChangeKind.DELETED), None, ()),
        (change("/w/x", ChangeKind.DELETED), state(), ("/w/x is still there",)),
        (change("/w/x"), state(size=9), ("/w/x has 9 bytes, in the preview 1",)),
        (
            change("/w/x"),
            state(type=FileType.DIRECTORY),
            ("/w/x is a directory, in the preview a file",),
        ),
        (change("/w/x"), state(mode=0o600), ("/w/x has mode 600, in the preview 644",)),
        (LINK, state(type=FileType.SYMLINK, link="a"), ()),
        (
            LINK,
            state(type=FileType.SYMLINK, link="b"),
            ("/w/l points elsewhere than in the preview",),
        ),
        (change("/w/x", incidental=True), None, ()),
    ],
)
def test_paths(done: Change, now: PathState | None, expected: tuple[str, ...]) -> None:
    """Each path is held against the state that the preview left it in."""
    assert found_in(preview(done), outcome(), now) == expected


def test_contents() -> None:
    """Of two files of one size the digests are compared, where the preview has one."""
    digest = "0" * 64
    done = change("/w/x")
    assert done.after is not None
    seen = preview(replace(done, after=replace(done.after, sha256=digest)))
    assert found_in(seen, outcome(), state(), digest=digest) == ()
    assert found_in(seen, outcome(), state(), digest="1" * 64) == (
        "/w/x has another content than in the preview",
    )


@pytest.mark.parametrize(
    ("command", "then", "now", "expected"),
    [
        ("touch x", outcome(), outcome(), ()),
        (
            "touch x",
            outcome(),
            outcome(exit=1),
            ("it ended with exit status 1, in the preview with exit status 0",),
        ),
        (
            "touch x",
            outcome(),
            outcome(exit=None, signal=9),
            ("it ended with signal 9, in the preview with exit status 0",),
        ),
        ("curl http://e/x", outcome(exit=6), outcome(), ()),
        ("ps aux", outcome(), outcome(exit=1), ()),
        ("touch x", outcome(exit=None, signal=9, limits=("time",)), outcome(), ()),
    ],
)
def test_endings(
    command: str, then: Outcome, now: Outcome, expected: tuple[str, ...]
) -> None:
    """How it ended is compared, unless it depends on what the twin did not have."""
    assert found_in(preview(ended=then), now, command=command) == expected


@pytest.mark.parametrize(
    ("done", "now", "expected"),
    [
        (change("/w/x"), None, ()),
        (change("/w/x"), state(), ("/w/x has been made meanwhile",)),
        (change("/w/x", ChangeKind.MODIFIED), state(), ()),
        (change("/w/x", ChangeKind.MODIFIED), None, ("/w/x is gone",)),
        (
            change("/w/x", ChangeKind.MODIFIED),
            state(size=2),
            ("/w/x was written meanwhile",),
        ),
        (
            change("/w/x", ChangeKind.MODIFIED),
            state(mode=0o600),
            ("/w/x has another owner or mode",),
        ),
        (
            change("/w/x", ChangeKind.DELETED),
            state(type=FileType.DIRECTORY),
            ("/w/x is a directory now, it was a file",),
        ),
        (change("/w/x", unsettled=True), state(), ()),
        (change("/w/x", masked=True), state(), ()),
    ],
)
def test_drift(done: Change, now: PathState | None, expected: tuple[str, ...]) -> None:
    """A path that is no longer as the preview found it is named."""
    assert drift(preview(done), state_of=always(now)) == expected
