"""What a hostile script leaves behind is read without harm, on the real engine."""

import os
import resource
import sys
import time
from pathlib import Path

import pytest

from linara_agent.core.sandbox_plan import Limits
from linara_agent.docker_sandbox.scratch import candidates
from tests.docker_sandbox.conftest import PlanFor, PreviewOf

pytestmark = pytest.mark.docker

MAKING = """
import os, sys
os.mkdir("crowd")
for number in range(int(sys.argv[1])):
    os.mknod(f"crowd/{number}")
"""
TRAPS = """
import os, socket
os.symlink("/etc", "out")
os.symlink("/etc/passwd", "file")
os.symlink("loop", "loop")
os.mkfifo("fifo")
socket.socket(socket.AF_UNIX).bind("socket")
open("\\xe4" * 127 + "x", "w").write("long name")
open(b"new\\nline\\xff", "w").write("odd name")
for depth in range(100):
    os.mkdir("d" * 255)
    os.chdir("d" * 255)
open("bottom", "w").write("deep")
"""
FULL = (1_000_000, 400.0)
SMALL = (2_000, 60.0)
MIB = 1 << 20


def python(program: str, *arguments: object) -> str:
    words = " ".join(str(one) for one in arguments)
    Path("program.py").write_text(program)
    return f"{sys.executable} -S program.py {words}"


def test_links_pipes_and_depth_do_not_mislead(preview_of: PreviewOf) -> None:
    """Links are read as links, nothing is waited for, and all of it is listed."""
    started = time.monotonic()
    preview = preview_of(python(TRAPS))
    assert time.monotonic() - started < 30
    assert (preview.outcome.exit, preview.outcome.stderr) == (0, b"")
    here = f"{Path.cwd()}/"
    after = {
        change.path.removeprefix(here): change.after
        for change in preview.changes
        if change.after is not None
    }
    links = {name: state.link for name, state in after.items() if state.link}
    assert links == {"out": "/etc", "file": "/etc/passwd", "loop": "loop"}
    kinds = {name: str(after[name].type) for name in ("fifo", "socket")}
    assert kinds == {"fifo": "FIFO".lower(), "socket": "socket"}
    bottom = "/".join(["d" * 255] * 100) + "/bottom"
    assert after[bottom].size == len("deep")
    assert after["ä" * 127 + "x"].size == len("long name")
    assert after["new\nline\udcff"].size == len("odd name")
    assert not any(name.startswith(("out/", "loop/")) for name in after)


def test_more_names_than_the_limit_end_as_a_finding(
    preview_of: PreviewOf, request: pytest.FixtureRequest
) -> None:
    """The reading stops with a sample, soon, in little memory, and all is removed.

    `make fuzz` does it with the real limit, which takes two minutes.
    """
    fuzz = request.config.getoption("--hypothesis-profile") == "fuzz"
    entries, wall_s = FULL if fuzz else SMALL
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    preview = preview_of(
        python(MAKING, entries + 1), limits=Limits(entries=entries, wall_s=wall_s)
    )
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert preview.outcome.exit == 0
    assert "too-many-changes" in [finding.rule for finding in preview.findings]
    assert 0 < len(preview.changes) <= 1000
    assert all(change.unsettled for change in preview.changes)
    assert grown < 256 * MIB


def test_nothing_of_it_stays_in_the_scratch(
    preview_of: PreviewOf, plan_for: PlanFor
) -> None:
    """Deep and odd trees are removed like any other."""
    preview_of(python(TRAPS))
    run = plan_for("").run
    places = candidates(os.environ, os.getuid())
    left = [one for place in places for one in Path(place).glob(f"{run}.*")]
    assert left == []
