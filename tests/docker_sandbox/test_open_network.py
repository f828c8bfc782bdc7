"""The network of a preview: shut, unless the person opened it for the one run."""

import socket
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from tests.docker_sandbox.conftest import PreviewOf

pytestmark = pytest.mark.docker


@pytest.fixture
def listener(engine: docker.DockerClient) -> Iterator[tuple[str, int]]:
    """Something that answers, where only a container on the bridge finds it."""
    attributes = engine.networks.get("bridge").attrs
    gateway = attributes["IPAM"]["Config"][0].get("Gateway")
    if gateway is None:
        pytest.skip("the engine has no bridge")
    with socket.socket() as server:
        try:
            server.bind((gateway, 0))
        except OSError:
            pytest.skip("the bridge is not on this machine")
        server.listen()
        yield gateway, server.getsockname()[1]


def test_it_is_shut_by_default(
    preview_of: PreviewOf, listener: tuple[str, int]
) -> None:
    """Without the person's word nobody is reached."""
    host, port = listener
    preview = preview_of(f"exec 3<>/dev/tcp/{host}/{port}")
    assert preview.outcome.exit == 1
    assert (preview.network_open, preview.connections) == (False, ())
    assert [one.rule for one in preview.findings] == ["needs-network"]


def test_opened_it_lists_whom_it_spoke_to(
    preview_of: PreviewOf, listener: tuple[str, int], tmp_path: Path
) -> None:
    """The connection is made and named; secrets stay hidden, and changes here."""
    host, port = listener
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    preview = preview_of(
        f"exec 3<>/dev/tcp/{host}/{port} && echo in > made; cat {secret}; sleep 0.5",
        network=True,
        masks=(str(secret),),
    )
    assert preview.outcome.exit == 0, preview.outcome.stderr
    assert preview.outcome.stdout == b""
    assert preview.network_open
    assert preview.connections == (f"tcp {host}:{port}",)
    rules = [one.rule for one in preview.findings]
    assert "network-open" in rules
    assert "needs-network" not in rules
    assert "made" in {Path(one.path).name for one in preview.changes}
    assert not Path("made").exists()
