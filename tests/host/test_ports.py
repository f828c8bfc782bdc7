"""The adapters fit the ports they are made for."""

import io
from pathlib import Path

from linara_agent.core.review import Way
from linara_agent.host.apply import HostFiles
from linara_agent.host.rerun import HostShell, Streams
from linara_agent.plans.store import PlanStore
from linara_agent.ports import Applier, Plans, Rerunner
from tests.host.ground import Ground, approved, make_plan, make_sandbox


def test_both_ways_lead_to_the_host(ground: Ground, tmp_path: Path) -> None:
    """An apply changes files and a rerun runs the text, through the ports."""
    files: Applier = HostFiles()
    plan = ground.preview(lambda twin: (twin / "n").write_text("new"))
    assert files.apply(approved(plan), plan, blobs=ground.blobs).paths == 1
    assert (ground.host / "n").read_text() == "new"
    out = io.BytesIO()
    shell: Rerunner = HostShell(
        environment={"PATH": "/usr/bin:/bin"},
        streams=Streams(stdout=out, stderr=out),
    )
    sandbox = make_sandbox(text="pwd", cwd=str(tmp_path))
    plan = make_plan(text="pwd", sandbox=sandbox)
    assert shell.rerun(approved(plan, way=Way.RERUN), plan).exit == 0
    assert out.getvalue().decode() == f"{tmp_path}\n"


def test_the_store_is_the_port(tmp_path: Path) -> None:
    """A plan is made, saved, loaded and marked through the port."""
    plans: Plans = PlanStore(tmp_path / "plans")
    plan = make_plan()
    plans.new(plan.id)
    plans.save(plan)
    assert plans.load(plan.id) == plan
    assert list(plans.list()) == [plan]
