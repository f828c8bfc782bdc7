"""The engine's runtime, where the person names one."""

from pathlib import Path

import docker
import pytest

from linara_agent.docker_sandbox.sandbox import DockerSandbox
from linara_agent.errors import SandboxUnavailable
from tests.docker_sandbox.conftest import PlanFor, PreviewOf, labelled

pytestmark = pytest.mark.docker


def test_the_default_is_not_mentioned_and_works_by_its_name(
    preview_of: PreviewOf, engine: docker.DockerClient
) -> None:
    """A preview says whose it is only where that is unusual."""
    default = engine.info()["DefaultRuntime"]
    for name in (None, default):
        preview = preview_of("echo here", runtime=name)
        assert preview.outcome.stdout == b"here\n"
        assert preview.runtime is None


def test_another_one_that_the_engine_has_is_used_and_named(
    preview_of: PreviewOf, engine: docker.DockerClient
) -> None:
    """Every preview of it says so."""
    info = engine.info()
    others = sorted(set(info["Runtimes"]) - {info["DefaultRuntime"]})
    usable = [name for name in others if name.endswith(("runc.v2", "crun", "runsc"))]
    if not usable:
        pytest.skip("the engine has but one runtime")
    preview = preview_of("echo here", runtime=usable[0])
    assert preview.outcome.stdout == b"here\n"
    assert preview.runtime == usable[0]


def test_one_that_the_engine_lacks_is_refused_with_those_it_has(
    sandbox: DockerSandbox, plan_for: PlanFor, engine: docker.DockerClient
) -> None:
    """Nothing is made, and nothing of it is left."""
    with pytest.raises(SandboxUnavailable, match="no runtime 'nosuch'") as said:
        sandbox.prepare(plan_for("true", runtime="nosuch"))
    for name in engine.info()["Runtimes"]:
        assert name in said.value.what
    assert "--runtime" in said.value.remedy
    assert labelled(engine) == []


def test_a_twin_is_made_anew_for_another_runtime(
    sandbox: DockerSandbox, plan_for: PlanFor, engine: docker.DockerClient
) -> None:
    """What was started with one runtime does not run a text that is for another."""
    twin = sandbox.prepare(plan_for(""))
    with pytest.raises(SandboxUnavailable, match="no runtime"):
        twin.run(
            plan_for("true", runtime="nosuch"), digest="the-digest", blobs=Path.cwd()
        )
    sandbox.settle()
    assert labelled(engine) == []
