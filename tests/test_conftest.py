"""The net under the other tests: it must hold, and catch."""

import os
from pathlib import Path

import docker
import pytest

from tests.conftest import RUN_LABEL, leftovers


def test_a_test_has_no_home_and_no_key_of_the_person(tmp_path: Path):
    """Home, XDG directories and working directory lie below the test's own."""
    assert Path.home().is_relative_to(tmp_path)
    assert Path.cwd().is_relative_to(tmp_path)
    xdg = {name: value for name, value in os.environ.items() if name.startswith("XDG_")}
    assert xdg
    assert [name for name in xdg if not xdg[name].startswith(str(tmp_path))] == []
    kept = [name for name in os.environ if name.startswith(("OPENROUTER_", "LINARA_"))]
    assert kept == []


@pytest.mark.docker
def test_what_a_session_leaves_in_the_engine_is_found(
    engine: docker.DockerClient, tmp_path: Path
):
    """A labelled volume in the session's directory is found, one elsewhere is not."""

    def made_in(directory: Path) -> str:
        options = {"type": "none", "device": str(directory), "o": "bind"}
        labels = {RUN_LABEL: "test-of-the-net"}
        volume = engine.volumes.create(
            driver="local", driver_opts=options, labels=labels
        )
        return str(volume.name)

    here = made_in(tmp_path / "here")
    elsewhere = made_in(tmp_path / "elsewhere")
    found = leftovers(engine, str(tmp_path / "here"))
    for name in (here, elsewhere):
        engine.volumes.get(name).remove()

    assert found == [f"volume {here}"]
    assert leftovers(engine, str(tmp_path / "here")) == []
