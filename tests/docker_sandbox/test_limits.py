"""Limits: no script can take more than it is given."""

from pathlib import Path

import pytest

from linara_agent.core.sandbox_plan import Limits
from tests.docker_sandbox.conftest import PreviewOf

pytestmark = pytest.mark.docker
MIB = 1 << 20


def test_a_sleeping_script_ends_at_the_wall(preview_of: PreviewOf) -> None:
    """Time is enforced inside, and told."""
    outcome = preview_of("sleep 1000", limits=Limits(wall_s=1.0)).outcome
    assert (outcome.limits, outcome.signal) == (("time",), 15)


def test_a_deaf_script_ends_as_well(preview_of: PreviewOf) -> None:
    """Ignoring the request to end, and stopping oneself, do not help."""
    text = "trap '' TERM; (kill -STOP $BASHPID) & while :; do sleep 0.1; done"
    outcome = preview_of(text, limits=Limits(wall_s=1.0)).outcome
    assert (outcome.limits, outcome.signal) == (("time",), 9)


def test_leftovers_end_at_the_wall(preview_of: PreviewOf) -> None:
    """A daemon does not outlive the preview; what it wrote is a change."""
    text = "(echo started > d; exec setsid sleep 1000) > /dev/null 2>&1 & exit 0"
    preview = preview_of(text, limits=Limits(wall_s=1.0))
    assert (preview.outcome.exit, preview.outcome.limits) == (0, ("time",))
    assert preview.outcome.leftovers == 1
    assert [Path(change.path).name for change in preview.changes] == ["d"]


def test_a_memory_hog_is_ended(preview_of: PreviewOf) -> None:
    """The kernel ends the script and not its supervisor."""
    text = "python3 -c 'x = bytearray(400 << 20); print(len(x))'; echo after"
    outcome = preview_of(text, limits=Limits(memory=128 * MIB)).outcome
    assert outcome.limits == ("memory",)
    assert outcome.stdout == b"after\n"


def test_a_fork_bomb_is_contained(preview_of: PreviewOf) -> None:
    """No more processes than allowed, and all of them gone at the end."""
    limits = Limits(wall_s=2.0, processes=64)
    outcome = preview_of(":(){ :|:& };: 2>/dev/null", limits=limits).outcome
    assert set(outcome.limits) == {"time", "processes"}


def test_output_is_cut_and_drained(preview_of: PreviewOf) -> None:
    """The script runs to its end; what is kept is bounded, and said to be cut."""
    limits = Limits(output=MIB)
    preview = preview_of("yes | head -c 300M; echo end >&2; touch done", limits=limits)
    outcome = preview.outcome
    assert (len(outcome.stdout), outcome.truncated, outcome.stderr) == (
        MIB,
        True,
        b"end\n",
    )
    assert [Path(change.path).name for change in preview.changes] == ["done"]


def test_whole_output_is_not_called_cut(preview_of: PreviewOf) -> None:
    """Exactly as much as allowed is all of it."""
    outcome = preview_of("printf 1234", limits=Limits(output=4)).outcome
    assert (outcome.stdout, outcome.truncated) == (b"1234", False)


def test_a_full_scratch_ends_the_script(preview_of: PreviewOf) -> None:
    """Many files, none of them too large, are ended as a whole."""
    text = "for i in {1..400}; do head -c 8M /dev/zero > f$i || exit; done; sleep 60"
    outcome = preview_of(text, limits=Limits(scratch=64 * MIB)).outcome
    assert (outcome.limits, outcome.signal) == (("scratch",), 9)


def test_deleted_files_count_as_well(preview_of: PreviewOf) -> None:
    """Keeping files open while removing their names hides nothing."""
    text = (
        'for n in {10..90}; do eval "exec $n>f"; rm f; head -c 8M /dev/zero >&$n;'
        " done; sleep 60"
    )
    outcome = preview_of(text, limits=Limits(scratch=64 * MIB)).outcome
    assert outcome.limits == ("scratch",)


def test_one_file_cannot_grow_for_ever(preview_of: PreviewOf) -> None:
    """The size of a single file has its own limit."""
    preview = preview_of("head -c 3M /dev/zero > f", limits=Limits(file_size=MIB))
    (change,) = preview.changes
    assert preview.outcome.limits == ("file-size",)
    assert change.after is not None
    assert change.after.size == MIB


def test_whoever_asks_for_a_file_that_is_too_large_is_told(
    preview_of: PreviewOf,
) -> None:
    """Also where a command of several was ended, and the shell told of it."""
    text = "head -c 3M /dev/zero > f; exit $?"
    outcome = preview_of(text, limits=Limits(file_size=MIB)).outcome
    assert (outcome.exit, outcome.limits) == (153, ("file-size",))


def test_open_files_are_limited(preview_of: PreviewOf) -> None:
    """The script has as many open files as the plan says."""
    outcome = preview_of("ulimit -n; ulimit -c", limits=Limits(open_files=77)).outcome
    assert outcome.stdout == b"77\n0\n"


def test_the_use_of_resources_is_told(preview_of: PreviewOf) -> None:
    """Time, processor time and memory of the script are measured."""
    outcome = preview_of(
        "python3 -c 'x = bytearray(50 << 20); sum(range(10**6))'"
    ).outcome
    assert outcome.peak_memory is not None
    assert outcome.peak_memory > 50 * MIB
    assert outcome.cpu_s
    assert outcome.duration_s > 0
