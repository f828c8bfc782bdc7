"""The attempts of `doctor --sandbox`: stopped in a twin, and only there."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from linara_agent.core.preview import Outcome, Preview
from linara_agent.core.sandbox_plan import Limits
from linara_agent.docker_sandbox.attempts import ATTEMPTS
from linara_agent.docker_sandbox.exhaustion import EXHAUSTIONS
from linara_agent.docker_sandbox.sandbox import DockerSandbox, Premises
from linara_agent.docker_sandbox.trials import Runner, answers_of, in_twin, trials
from tests.docker_sandbox.conftest import PlanFor

# A datagram socket is connected to an address outside, and sends nothing there.
pytestmark = pytest.mark.allow_hosts(["127.0.0.1", "::1", "192.0.2.1"])

HARMLESS_OUTSIDE = (
    "network by address",
    "a host's socket",
    "an abstract socket",
    "host processes",
    "masked secret",
    "write in workspace",
    "links read back",
)


def preview_with(stdout: bytes) -> Preview:
    outcome = Outcome(exit=0, signal=None, stdout=stdout, stderr=b"")
    return Preview(digest="", view="none", outcome=outcome, changes=())


def on_the_host(
    text: str, *, limits: Limits, masks: tuple[str, ...], blobs: Path
) -> Preview:
    """No sandbox at all."""
    del limits, masks, blobs
    done = subprocess.run(["bash", "-c", text], capture_output=True, check=True)
    return preview_with(done.stdout)


@pytest.mark.docker
def test_a_twin_stops_every_attempt(
    sandbox: DockerSandbox, plan_for: PlanFor, premises: Premises
):
    """Each way out is shut and each limit holds, as seen from both sides."""
    found = list(trials(in_twin(sandbox, plan_for("")), premises))

    assert [one.name for one in found if not one.ok] == [], found
    expected = [*ATTEMPTS, *(one.name for one in EXHAUSTIONS)]
    assert [one.name for one in found] == expected
    assert all(one.detail and one.remedy is None for one in found)


def test_without_a_sandbox_they_succeed(premises: Premises):
    """The attempts are real: outside, each of these is seen to be open."""
    found = list(trials(on_the_host, premises, only=HARMLESS_OUTSIDE))

    assert [one.name for one in found if one.ok] == [], found
    assert [one.name for one in found] == list(HARMLESS_OUTSIDE)
    assert all(one.remedy for one in found)


@pytest.mark.docker
def test_a_secret_that_is_not_masked_is_seen(
    sandbox: DockerSandbox, plan_for: PlanFor, premises: Premises
):
    """A weaker twin fails in what it is weaker in, and in nothing else."""
    shut = in_twin(sandbox, plan_for(""))

    def unmasked(
        text: str, *, limits: Limits, masks: tuple[str, ...], blobs: Path
    ) -> Preview:
        del masks
        return shut(text, limits=limits, masks=(), blobs=blobs)

    names = ("masked secret", "write in workspace", "network by address")
    found = {one.name: one.ok for one in trials(unmasked, premises, only=names)}
    assert found == {
        "masked secret": False,
        "write in workspace": True,
        "network by address": True,
    }


@pytest.mark.docker
def test_limits_that_do_not_hold_are_seen(
    sandbox: DockerSandbox, plan_for: PlanFor, premises: Premises
):
    """Under wide limits the exhausting programs get all they want, and say so."""
    twin = in_twin(sandbox, plan_for(""))

    def wide(
        text: str, *, limits: Limits, masks: tuple[str, ...], blobs: Path
    ) -> Preview:
        del limits
        return twin(text, limits=Limits(wall_s=60.0), masks=masks, blobs=blobs)

    found = {one.name: one.ok for one in trials(wide, premises)}
    loose = {"file size", *(one.name for one in EXHAUSTIONS)}
    assert {name for name, ok in found.items() if not ok} == loose


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"nonsense\n",
        b'{"name": "mount"}\n',
        b'{"name": "mount", "open": null, "saw": ""}\n',
    ],
)
def test_no_answer_is_no_proof(premises: Premises, said: bytes):
    """What says nothing, or that it failed, was not stopped."""
    silent: Callable[..., Preview] = lambda *_a, **_k: preview_with(said)  # noqa: E731 — a runner that runs nothing
    runner: Runner = silent

    (found,) = trials(runner, premises, only=("mount",))
    assert not found.ok


def test_answers_are_read_line_by_line():
    """A line that is no answer is passed over."""
    said = b'x\n{"name": "mount", "open": false, "saw": "EPERM"}\n[]\n'
    assert answers_of(said) == {"mount": (False, "EPERM")}
