"""The toolbox image: what it is made of, and when it is stale."""

from pathlib import Path

import pytest

from linara_agent.docker_sandbox import bootstrap, toolbox
from linara_agent.docker_sandbox.engine import connect
from linara_agent.docker_sandbox.sandbox import Premises
from linara_agent.docker_sandbox.toolbox import Recipe
from linara_agent.errors import SandboxUnavailable


def test_the_dockerfile_is_the_one_list_of_packages():
    """Both ways to the image read base and packages from the same file."""
    recipe = Recipe.ours()
    assert recipe.source == "debian:bookworm-slim"
    assert {"bash", "coreutils", "python3", "git", "jq"} <= set(recipe.packages)


def test_another_dockerfile_is_another_image():
    """The tag is a digest of the text, so an old image is never taken for a new one."""
    recipe = Recipe.ours()
    other = Recipe(text=recipe.text + "# more\n")
    assert other.image != recipe.image
    assert other.labels[toolbox.LABEL] == other.digest


def test_without_mmdebstrap_the_command_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """What to install stands in the remedy, word by word."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxUnavailable) as caught:
        bootstrap.bootstrap(("bash",), tmp_path / "out.tar", lambda _: None)
    assert "sudo apt-get install mmdebstrap" in caught.value.remedy


def test_a_failing_mmdebstrap_is_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Its last words are the reason."""
    if not bootstrap.KEYRING.exists():
        pytest.skip("no keyring of Debian")
    program = tmp_path / "mmdebstrap"
    program.write_text("#!/bin/sh\necho E: no such mirror\nexit 25\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(SandboxUnavailable, match="no such mirror"):
        bootstrap.bootstrap(("bash",), tmp_path / "out.tar", lambda _: None)


@pytest.mark.docker
def test_an_image_of_another_dockerfile_is_stale(
    premises: Premises, toolbox_image: str
):
    """It is told apart from none at all, and the remedy builds it."""
    assert toolbox_image
    engine = connect(premises.environment)
    try:
        with pytest.raises(SandboxUnavailable, match="another version") as caught:
            toolbox.required(engine, Recipe(text="FROM scratch\n"))
        assert toolbox.required(engine, Recipe.ours()) == toolbox_image
    finally:
        engine.close()
    assert "sandbox build" in caught.value.remedy
