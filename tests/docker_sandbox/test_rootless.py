"""A rootless engine that is really started, in a user namespace of its own.

Without control groups of version 2 that are delegated to it, which is how it is started
here, it drops the limits of a container.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from linara_agent.docker_sandbox import probe
from linara_agent.docker_sandbox.engine import connect
from linara_agent.docker_sandbox.sandbox import DockerSandbox, Premises
from linara_agent.errors import SandboxUnavailable
from tests.docker_sandbox.conftest import PlanFor

pytestmark = pytest.mark.docker
PATIENCE_S = 40.0

STARTING = """
mount -t tmpfs none /run
exec dockerd --rootless --group 0 --bridge=none --iptables=false \\
  --data-root "$0/data" --exec-root "$0/exec" --pidfile "$0/pid" \\
  --host "unix://$0/docker.sock"
"""


def answers(engine: "subprocess.Popen[bytes]", address: str) -> bool:
    """Wait for it; False if it ended, as where user namespaces are forbidden."""
    until = time.monotonic() + PATIENCE_S
    while engine.poll() is None and time.monotonic() < until:
        try:
            connect({"DOCKER_HOST": address}).close()
        except SandboxUnavailable:
            time.sleep(0.2)
        else:
            return True
    return False


@pytest.fixture
def rootless(tmp_path: Path) -> Iterator[str]:
    """Its address."""
    if os.getuid() != 0 or shutil.which("dockerd") is None:
        pytest.skip("it takes root and an installed dockerd to start a rootless engine")
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="rootless-") as place:
        log = (tmp_path / "log").open("wb")
        engine = subprocess.Popen(
            ["unshare", "--user", "--map-root-user", "--mount", "--net",
             "sh", "-c", STARTING, place],
            stdout=log, stderr=log, start_new_session=True,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": place,
                 "XDG_RUNTIME_DIR": place},
        )  # fmt: skip
        address = f"unix://{place}/docker.sock"
        try:
            if not answers(engine, address):
                pytest.skip(f"no rootless engine here: see {tmp_path}/log")
            yield address
        finally:
            engine.send_signal(signal.SIGTERM)
            engine.wait(PATIENCE_S)
            log.close()


def test_an_engine_that_drops_limits_makes_no_preview(
    rootless: str, premises: Premises, plan_for: PlanFor, tmp_path: Path
) -> None:
    """It is asked what it can limit, told apart, and refused before anything starts."""
    theirs = replace(premises, environment={"DOCKER_HOST": rootless})
    engine = connect(theirs.environment)
    facts = engine.facts()
    assert (facts.rootless, facts.limits) == (True, False)
    with DockerSandbox(theirs) as sandbox, pytest.raises(SandboxUnavailable) as told:
        sandbox.preview(plan_for("touch x"), digest="d", blobs=tmp_path)
    assert "cannot limit memory and processes" in told.value.what
    assert engine.containers() == ()
    engine.close()


def test_doctor_says_the_same(
    rootless: str, premises: Premises, plan_for: PlanFor
) -> None:
    """And does not send anybody to a view that would be refused too."""
    theirs = replace(premises, environment={"DOCKER_HOST": rootless})
    found = list(probe.probe(theirs, plan_for("").caller, run="doctor"))
    checks = {check.name: check for check in found}
    assert not checks[probe.ENGINE].ok
    assert "cannot limit" in checks[probe.ENGINE].detail
    assert "--view copy" not in (checks[probe.ENGINE].remedy or "")
    assert not checks[probe.OVERLAY].ok


def test_the_systems_engine_keeps_limits(premises: Premises) -> None:
    """Or no test of a limit here would mean anything."""
    engine = connect(premises.environment)
    assert engine.facts().limits
    engine.close()
