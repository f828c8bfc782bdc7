"""A crash at any instant of an apply, and of its recovery."""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest

from linara_agent.core.plan import Plan
from linara_agent.errors import PlanProblem
from linara_agent.host.apply import HostFiles
from linara_agent.host.manifest import Stage
from linara_agent.host.recover import unfinished
from tests.host.ground import (
    Ground,
    approved,
    die,
    in_child,
    inodes,
    rows,
)
from tests.host.scripts import change_everything, everything

CHANGING = (
    "os.chmod",
    "os.chown",
    "os.link",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.setxattr",
    "os.symlink",
    "os.truncate",
    "os.utime",
)
LONGEST = 10_000


class Fuse:
    """Kills the process at the N-th moment: an instant of the apply, or a system
    call that changes something (Python's audit events tell of those).
    """

    def __init__(self, number: int) -> None:
        self.left = number
        sys.addaudithook(self._audit)

    def burn(self, name: str) -> None:
        del name
        self.left -= 1
        if self.left == 0:
            die()

    def _audit(self, event: str, arguments: tuple[object, ...]) -> None:
        writes = event == "open" and isinstance(arguments[2], int)
        if event in CHANGING or (writes and int(str(arguments[2])) & os.O_WRONLY):
            self.burn(event)


def crash(work: Callable[[Fuse], object], number: int) -> bool:
    """Whether the work, in a process of its own, was killed at the N-th moment."""
    status = in_child(lambda: work(Fuse(number)))
    assert status in (0, signal.SIGKILL)
    return status != 0


def apply_with(fuse: Fuse, *, ground: Ground, plan: Plan, exchange: bool) -> None:
    files = HostFiles(instant=fuse.burn, exchange=exchange)
    files.apply(approved(plan), plan, blobs=ground.blobs)


def recover_with(fuse: Fuse, *, ground: Ground, plan: Plan) -> None:
    with suppress(PlanProblem):
        ground.recover(plan, instant=fuse.burn)


class Story:
    """A ground with a plan, and the host before it."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        everything(ground.host)
        self.plan = ground.preview(change_everything)
        self.before = self.now

    @property
    def now(self) -> tuple[object, object]:
        host = self.ground.host
        return rows(host, directory_times=True), inodes(host)

    def recovered(self) -> Stage:
        """Recover if there is need; the host must then be wholly old or wholly new."""
        if unfinished(self.ground.root):
            self.ground.recover(self.plan)
        assert unfinished(self.ground.root) == ()
        assert self.ground.leftovers() == []
        if self.now == self.before:
            return Stage.ROLLED_BACK
        assert rows(self.ground.host) == self.ground.expected
        return Stage.DONE


@pytest.mark.parametrize("exchange", [True, False])
def test_a_crash_at_any_moment_is_recovered(
    make_ground: Callable[[], Ground], *, exchange: bool
) -> None:
    """After kill -9 at the N-th moment, for every N, recovery leaves the tree
    exactly as before or exactly as reviewed, and nothing of ours.
    """
    ends: list[Stage] = []
    for number in range(1, LONGEST):
        story = Story(make_ground())
        work = partial(
            apply_with, ground=story.ground, plan=story.plan, exchange=exchange
        )
        killed = crash(work, number)
        ends.append(story.recovered())
        if not killed:
            break
    assert len(ends) > 60
    assert ends == sorted(ends, key=[Stage.ROLLED_BACK, Stage.DONE].index)


@pytest.mark.parametrize("kind", ["commit ", "put away ", "committed"])
def test_a_crash_of_the_recovery_is_recovered(
    make_ground: Callable[[], Ground], kind: str
) -> None:
    """A recovery that is killed at any moment of its own can be done again."""
    names: list[str] = []
    trial = Story(make_ground())
    trial.ground.apply(trial.plan, instant=names.append)
    instant = [name for name in names if name.startswith(kind)][-1]

    def stop(name: str) -> None:
        if name == instant:
            die()

    for number in range(1, LONGEST):
        story = Story(make_ground())
        status = in_child(partial(story.ground.apply, story.plan, instant=stop))
        assert status == signal.SIGKILL
        work = partial(recover_with, ground=story.ground, plan=story.plan)
        killed = crash(work, number)
        end = story.recovered()
        assert end is (Stage.DONE if kind == "committed" else Stage.ROLLED_BACK)
        if not killed:
            break
    assert number > 5
