"""An ordinary user looks around in a twin, and tries to get out of it."""

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from linara_agent.core.preview import Preview
from linara_agent.core.sandbox_plan import Caller, SandboxPlan
from tests.docker_sandbox.conftest import (
    PATH,
    PLANS,
    PREVIEWING,
    SECCOMP,
    OrdinaryUser,
    PlanFor,
)

pytestmark = pytest.mark.docker

_BEFORE = PREVIEWING.partition("with DockerSandbox")[0]
VISITING = f"""{_BEFORE}
from linara_agent.docker_sandbox.visit import Terminal, Visits
with Visits(premises) as sandbox, tempfile.TemporaryDirectory() as blobs:
    preview = sandbox.visit(plan, Terminal(reads=0, writes=0), blobs=Path(blobs))
sys.stdout.write(TypeAdapter(Preview).dump_json(preview).decode())
"""
TRYING = f"""{_BEFORE}
import json
from linara_agent.docker_sandbox.trials import in_twin, trials
with DockerSandbox(premises) as sandbox:
    found = list(trials(in_twin(sandbox, plan), premises))
sys.stdout.write(json.dumps([(one.name, one.ok, one.detail) for one in found]))
"""


def test_their_shell_is_theirs(ordinary_user: OrdinaryUser, plan_for: PlanFor):
    """It runs as them without any right, and its changes are read back."""
    caller = Caller(
        uid=ordinary_user.uid,
        gid=ordinary_user.uid,
        groups=(),
        name="ordinary",
        home=str(ordinary_user.home),
    )
    plan = replace(
        plan_for("", caller=caller),
        cwd=str(ordinary_user.home),
        environment=(("HOME", str(ordinary_user.home)), ("PATH", PATH)),
    )
    master, slave = os.openpty()
    asked = b"id -u > who; grep CapEff /proc/self/status >> who; exit 3\n"
    try:
        os.write(master, asked)
        done = subprocess.run(
            [*ordinary_user.command, "-c", VISITING, dumped(plan), SECCOMP],
            stdin=slave,
            capture_output=True,
            check=False,
            cwd=ordinary_user.home,
            env={
                "HOME": str(ordinary_user.home),
                "PATH": PATH,
                "PYTHONPATH": str(ordinary_user.python_path),
                "DOCKER_HOST": os.environ.get("DOCKER_HOST", ""),
            },
        )
    finally:
        os.close(master)
        os.close(slave)
    assert done.returncode == 0, done.stderr.decode()
    preview = TypeAdapter(Preview).validate_json(done.stdout)
    assert preview.outcome.exit == 3
    (change,) = preview.changes
    assert Path(change.path).name == "who"
    assert f"+{ordinary_user.uid}\n" in (change.diff or "")
    assert "+CapEff:\t0000000000000000" in (change.diff or "")
    assert not (ordinary_user.home / "who").exists()


def dumped(plan: SandboxPlan) -> str:
    return PLANS.dump_json(plan).decode()


def test_they_cannot_get_out_either(ordinary_user: OrdinaryUser, plan_for: PlanFor):
    """Every attempt is stopped for somebody who is not root, too."""
    caller = Caller(
        uid=ordinary_user.uid,
        gid=ordinary_user.uid,
        groups=(),
        name="ordinary",
        home=str(ordinary_user.home),
    )
    plan = plan_for("", caller=caller, cwd="/")
    done = ordinary_user.run(TRYING, dumped(plan), SECCOMP)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [row for row in found if not row[1]] == []
    assert len(found) > 20
