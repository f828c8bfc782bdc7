"""Applying previewed changes to real files."""

from collections.abc import Callable

import pytest

from linara_agent.core.plan import Plan
from linara_agent.errors import ApplyFailed
from linara_agent.host.apply import HostFiles
from linara_agent.host.recover import unfinished
from tests.host.ground import Ground, approved, inodes, rows
from tests.host.scripts import change_everything, everything


def test_everything_is_as_in_the_twin(ground: Ground) -> None:
    """Created, modified, deleted, metadata and type changes arrive exactly."""
    everything(ground.host)
    plan = ground.preview(change_everything)
    applied = ground.apply(plan)
    assert rows(ground.host) == ground.expected
    assert ground.leftovers() == []
    assert applied.paths == len(plan.preview.changes)
    assert applied.skipped == 0


class Stop(OSError):
    """A failure put in at a chosen instant."""


def instants(ground: Ground, plan: Plan, **options: bool) -> list[str]:
    """The names of all instants of an apply, which is carried out."""
    names: list[str] = []
    files = HostFiles(instant=names.append, **options)
    files.apply(approved(plan), plan, blobs=ground.blobs)
    return names


@pytest.mark.parametrize("exchange", [True, False])
@pytest.mark.parametrize("failure", [Stop(28, "No space left"), KeyboardInterrupt()])
def test_a_failure_at_any_instant_is_taken_back(
    make_ground: Callable[[], Ground], failure: BaseException, *, exchange: bool
) -> None:
    """Whatever goes wrong and whenever, the tree is exactly as before, same inodes."""
    trial = make_ground()
    everything(trial.host)
    names = instants(trial, trial.preview(change_everything), exchange=exchange)
    last = names.index("committed")
    for number in range(last):
        ground = make_ground()
        everything(ground.host)
        plan = ground.preview(change_everything)
        before = rows(ground.host, directory_times=True), inodes(ground.host)

        def fail(instant: str, *, at: str = names[number]) -> None:
            if instant == at:
                raise failure

        files = HostFiles(instant=fail, exchange=exchange)
        expected = ApplyFailed if isinstance(failure, OSError) else KeyboardInterrupt
        with pytest.raises(expected):
            files.apply(approved(plan), plan, blobs=ground.blobs)
        after = rows(ground.host, directory_times=True), inodes(ground.host)
        assert after == before, names[number]
        assert ground.leftovers() == []
        assert unfinished(ground.root) == ()
