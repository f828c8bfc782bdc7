"""Engines that are named by DOCKER_HOST or a context, by a port, TLS or ssh."""

import hashlib
import json
import os
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from linara_agent.core.sandbox_plan import View
from linara_agent.docker_sandbox.endpoint import find_endpoint
from linara_agent.docker_sandbox.engine import connect
from linara_agent.docker_sandbox.owner import Owner
from linara_agent.docker_sandbox.sandbox import DockerSandbox, Premises
from linara_agent.errors import SandboxUnavailable
from tests.docker_sandbox.conftest import PlanFor
from tests.docker_sandbox.engine_proxy import Proxy


def context(config: Path, name: str, url: str) -> Path:
    """Write a context as the docker command does; returns where its TLS files go."""
    folder = hashlib.sha256(name.encode()).hexdigest()
    meta = config / "contexts/meta" / folder
    meta.mkdir(parents=True)
    told = {"Name": name, "Endpoints": {"docker": {"Host": url}}}
    (meta / "meta.json").write_text(json.dumps(told))
    return config / "contexts/tls" / folder / "docker"


def certificates(folder: Path) -> None:
    """One key pair that is its own authority, for 127.0.0.1, as server and client."""
    folder.mkdir(parents=True)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    (folder / "ca.pem").write_bytes((folder / "cert.pem").read_bytes())


def socket_of_engine() -> str:
    address = os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
    if not address.startswith("unix://"):
        pytest.skip("the engine has no socket here")
    return address.removeprefix("unix://")


@pytest.fixture
def tls(tmp_path: Path) -> Iterator[tuple[Proxy, Path]]:
    folder = tmp_path / "certificates"
    certificates(folder)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    server.load_verify_locations(folder / "ca.pem")
    server.verify_mode = ssl.CERT_REQUIRED
    proxy = Proxy(socket_of_engine(), server)
    yield proxy, folder
    proxy.close()


@pytest.mark.docker
@pytest.mark.usefixtures("toolbox_image")
@pytest.mark.parametrize("view", [View.TWIN, View.COPY])
def test_a_preview_by_tls(
    tls: tuple[Proxy, Path],
    premises: Premises,
    plan_for: PlanFor,
    tmp_path: Path,
    view: View,
):
    """The whole preview goes through TLS: streams, archives and all."""
    proxy, folder = tls
    environment = {
        **premises.environment,
        "DOCKER_HOST": f"tcp://127.0.0.1:{proxy.port}",
        "DOCKER_TLS_VERIFY": "1",
        "DOCKER_CERT_PATH": str(folder),
    }
    work, blobs = tmp_path / "there", tmp_path / "blobs"
    work.mkdir()
    blobs.mkdir()
    text = "seq 100000; touch made"
    with DockerSandbox(replace(premises, environment=environment)) as sandbox:
        plan = plan_for(text, cwd=str(work), view=view)
        seen = sandbox.preview(plan, digest="the-digest", blobs=blobs)
    assert [change.path for change in seen.changes] == [f"{work}/made"]
    assert seen.outcome.stdout.splitlines()[-1] == b"100000"


@pytest.mark.docker
def test_a_context_with_certificates(tls: tuple[Proxy, Path], tmp_path: Path):
    """The files of `docker context create --docker ca=…,cert=…,key=…` are used."""
    proxy, folder = tls
    config = tmp_path / "config"
    place = context(config, "far", f"tcp://127.0.0.1:{proxy.port}")
    place.parent.mkdir(parents=True)
    folder.rename(place)
    engine = connect({"DOCKER_CONFIG": str(config), "DOCKER_CONTEXT": "far"})
    try:
        assert engine.facts().version
    finally:
        engine.close()


@pytest.mark.docker
def test_a_strange_certificate_is_said(tls: tuple[Proxy, Path], tmp_path: Path):
    """A server that another authority vouches for is not talked to."""
    proxy, _ = tls
    other = tmp_path / "other"
    certificates(other)
    environment = {
        "DOCKER_HOST": f"tcp://127.0.0.1:{proxy.port}",
        "DOCKER_TLS_VERIFY": "1",
        "DOCKER_CERT_PATH": str(other),
    }
    with pytest.raises(SandboxUnavailable, match="certificates"):
        connect(environment)


def test_lacking_certificates_are_named(tmp_path: Path):
    """Which file is missing where is said before anything is sent."""
    environment = {
        "DOCKER_HOST": "tcp://127.0.0.1:1",
        "DOCKER_TLS_VERIFY": "1",
        "DOCKER_CERT_PATH": str(tmp_path),
    }
    with pytest.raises(SandboxUnavailable, match=r"lacks ca\.pem"):
        find_endpoint(environment)


def test_without_a_path_the_configuration_holds_them(tmp_path: Path):
    """DOCKER_TLS_VERIFY alone means the files in ~/.docker."""
    certificates(tmp_path / ".docker")
    found = find_endpoint(
        {
            "DOCKER_HOST": "tcp://127.0.0.1:1",
            "DOCKER_TLS_VERIFY": "1",
            "HOME": str(tmp_path),
        }
    )
    assert found.certificates == str(tmp_path / ".docker")


def test_ssh_says_how_to_pass_the_socket_on():
    """What to type instead stands in the remedy, port included."""
    with pytest.raises(SandboxUnavailable) as caught:
        find_endpoint({"DOCKER_HOST": "ssh://me@there:2222"})
    assert "-p 2222 me@there" in caught.value.remedy


def test_nobody_at_a_port_is_said():
    """The remedy is about the engine that was named, not about installing one."""
    with pytest.raises(SandboxUnavailable, match="named by DOCKER_HOST"):
        connect({"DOCKER_HOST": "tcp://127.0.0.1:1"})


def test_another_machines_run_is_nobody_here():
    """On a shared engine only what this machine made can be known to be left over."""
    owner = Owner.of(os.getpid(), os.getuid())
    assert owner is not None
    labels = owner.labels("run")
    assert Owner.from_labels(labels) == owner
    other = {**labels, "org.linara-agent.machine": "another"}
    assert Owner.from_labels(other) is None
