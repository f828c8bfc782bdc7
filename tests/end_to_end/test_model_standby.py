"""The twin stands while the model still thinks, and is the one that runs the answer."""

import time
from pathlib import Path

import docker
import pytest

from tests.conftest import RUN_LABEL
from tests.end_to_end.conftest import Left, Made
from tests.end_to_end.program import LONGEST_S, Program
from tests.openrouter_double.cases.case import answer
from tests.openrouter_double.reply import Reply
from tests.openrouter_double.server import KEY, Double

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("steady_mounts")]


class Patient:
    """A model that thinks until there is a twin whose supervisor waits."""

    def __init__(self, engine: docker.DockerClient) -> None:
        self.engine = engine
        self.pid = 0
        self.stood: list[str] = []

    def __call__(self, _: Double) -> Reply:
        deadline = time.monotonic() + LONGEST_S
        while time.monotonic() < deadline and not self.stood:
            self.stood = [one for one in self._running() if self._waits(one)]
            time.sleep(0.01)
        return answer("echo made > file")

    def _running(self) -> list[str]:
        labels = [RUN_LABEL, f"org.linara-agent.client={self.pid}"]
        found = self.engine.containers.list(
            filters={"label": labels, "status": "running"}, ignore_removed=True
        )
        return [str(one.id) for one in found]

    def _waits(self, container: str) -> bool:
        """Whether its first process sleeps, as one does that reads an empty pipe."""
        try:
            pid = self.engine.api.inspect_container(container)["State"]["Pid"]
            return "\nState:\tS" in Path(f"/proc/{pid}/status").read_text()
        except (docker.errors.NotFound, OSError):
            return False


def test_the_twin_that_stood_before_the_answer_runs_it(
    linara: Program, engine: docker.DockerClient, made: Made, left: Left
):
    """No twin is made after the answer: the one that was waiting is used."""
    patient = Patient(engine)
    with Double(official=False) as double:
        double.play(patient)
        asking = linara.with_(OPENROUTER_API_KEY=KEY, OPENROUTER_BASE_URL=double.url)
        with asking.started("do", "--no-input", "--json", "make a file") as process:
            patient.pid = process.pid
            out, said = process.communicate(timeout=LONGEST_S)

    assert process.returncode == 10, said
    assert b'"path"' in out
    assert patient.stood != []
    assert set(made(process.pid)) == set(patient.stood)
    assert left() == []
