"""Is the twin made of the caller's own files?"""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import docker
import pytest

from linara_agent.core.sandbox_plan import View
from linara_agent.docker_sandbox.host_view import HostView, Lower
from linara_agent.docker_sandbox.identity import (
    Foreign,
    Outdated,
    choose_witnesses,
    compare,
    look,
)
from linara_agent.docker_sandbox.seeds import lay_out
from linara_agent.errors import SandboxUnavailable
from tests.docker_sandbox.conftest import PLANS, PREVIEWING, ROOT, SECCOMP, PlanFor

URL = "unix:///engine.sock"


@pytest.fixture
def lower(tmp_path: Path) -> Path:
    place = tmp_path / "lower"
    place.mkdir()
    for name in ("a", "b", "c", "d"):
        (place / name).write_text(name * 10)
    (place / "directory").mkdir()
    return place


def witnesses_of(place: Path):
    view = HostView(entries=(), lowers=(Lower(path=str(place), filesystem="ext4"),))
    return choose_witnesses(lay_out(view, ()))


def test_files_bear_witness_before_directories(lower: Path) -> None:
    """Directories change with every file in them, so files are asked first."""
    names = [Path(witness.path).name for witness in witnesses_of(lower)]
    assert set(names) < {"a", "b", "c", "d"}
    assert len(names) == 3


def test_equal_files_agree(lower: Path) -> None:
    """The same disk passes, and so does the inode that an overlay marks on top."""
    chosen = witnesses_of(lower)
    seen = [look(witness.path) for witness in chosen]
    compare(chosen, seen, url=URL)
    marked = [
        (size, mtime, inode | 1 << 62) for size, mtime, inode in filter(None, seen)
    ]
    compare(chosen, marked, url=URL)


def test_one_changed_witness_does_not_matter(lower: Path) -> None:
    """A file may change at any time; one that agrees is enough."""
    chosen = witnesses_of(lower)
    seen = [look(witness.path) for witness in chosen]
    compare(chosen, [None, None, seen[2]], url=URL)


def test_other_files_are_another_machine(lower: Path) -> None:
    """Same names and sizes with other inodes are refused, and the path is named."""
    chosen = witnesses_of(lower)
    other = [(10, 1, 1)] * len(chosen)
    with pytest.raises(SandboxUnavailable, match=str(lower)) as caught:
        compare(chosen, other, url=URL)
    assert URL in caught.value.what


def test_missing_files_are_another_machine(lower: Path) -> None:
    """What the twin does not see proves nothing."""
    chosen = witnesses_of(lower)
    with pytest.raises(SandboxUnavailable):
        compare(chosen, [None] * len(chosen), url=URL)


def test_one_lower_among_many_may_have_just_been_mounted(lower: Path) -> None:
    """Where others agree it is worth another look; where none does it is not."""
    chosen = witnesses_of(lower)
    other = replace(chosen[0], lower="/elsewhere")
    for seen, partly in ((look(chosen[0].path), True), (None, False)):
        with pytest.raises(Foreign) as caught:
            compare([chosen[0], other], [seen, (10, 1, 1)], url=URL)
        assert caught.value.partly is partly
        assert caught.value.may_pass(None) is partly
        assert not caught.value.may_pass(caught.value)


def test_a_host_that_moved_is_no_other_machine(lower: Path) -> None:
    """If the witnesses themselves changed since, the twin is made anew."""
    chosen = witnesses_of(lower)
    for name in os.listdir(lower):  # noqa: PTH208 — names are enough
        if (lower / name).is_file():
            (lower / name).write_text("other")
    with pytest.raises(Outdated):
        compare(chosen, [(10, 1, 1)] * len(chosen), url=URL)


def test_an_empty_lower_has_no_witness(tmp_path: Path) -> None:
    """Nothing in it, nothing to compare."""
    (tmp_path / "empty").mkdir()
    assert witnesses_of(tmp_path / "empty") == ()


@pytest.mark.docker
@pytest.mark.skipif(os.getuid() != 0, reason="only root can mount")
@pytest.mark.parametrize(
    ("mounting", "said"),
    [
        # another /opt than the engine's
        ("mount -t tmpfs none /opt && touch /opt/mine", "/opt/mine is another one"),
        # a mount in a directory that the engine does not have
        (
            "mount -t tmpfs none /opt && mkdir /opt/m && mount -t tmpfs none /opt/m",
            "/opt/m is another one",
        ),
    ],
)
def test_an_engine_that_sees_other_files_is_refused(
    mounting: str,
    said: str,
    plan_for: PlanFor,
    hermetic_home: Path,
    engine: docker.DockerClient,
) -> None:
    """A client whose files are not the engine's gets no twin, and leaves nothing."""
    wanted = plan_for("touch ran", run="elsewhere", view=View.TWIN)
    plan = PLANS.dump_json(wanted).decode()
    done = subprocess.run(
        [
            *("unshare", "--mount", "bash", "-c", f'{mounting} && exec "$@"', "-"),
            *(sys.executable, "-c", PREVIEWING, plan, SECCOMP),
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "identity.Foreign" in done.stderr
    assert said in done.stderr
    assert (
        engine.containers.list(
            all=True,
            filters={"label": "org.linara-agent.run=elsewhere"},
            ignore_removed=True,
        )
        == []
    )
    assert list((hermetic_home / ".cache/linara-agent/scratch").iterdir()) == []
