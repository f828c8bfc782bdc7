"""The host against its preview."""

import pytest

from linara_agent.core.change import Change, ChangeKind, FileType, PathState
from linara_agent.core.compare import differences
from linara_agent.core.preview import Outcome
from tests.core.gates import assess
from tests.core.previews import change, outcome, preview, state

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
        (change("/w/x"), None, ("/w/x is gone",)),
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
    found = differences(
        preview(done), outcome(), assess("touch x"), state_of=lambda _: now
    )
    assert found == expected


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
    found = differences(
        preview(ended=then), now, assess(command), state_of=lambda _: None
    )
    assert found == expected
