"""A sandbox on the real engine, and plans for it."""

import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import docker
import pytest
from pydantic import TypeAdapter

from linara_agent.core.preview import Preview
from linara_agent.core.sandbox_plan import Caller, Limits, SandboxPlan
from linara_agent.docker_sandbox import toolbox
from linara_agent.docker_sandbox.sandbox import DockerSandbox, Premises
from linara_agent.docker_sandbox.scratch import candidates

ROOT = Path(__file__).resolve().parents[2]
SECCOMP = (ROOT / "sandbox" / "seccomp.json").read_text()
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PREVIEWS = TypeAdapter(Preview)
PLANS = TypeAdapter(SandboxPlan)

PlanFor = Callable[..., SandboxPlan]
PreviewOf = Callable[..., Preview]


@pytest.fixture
def premises() -> Premises:
    environment = dict(os.environ)
    return Premises(
        environment=environment,
        places=candidates(environment, os.getuid()),
        seccomp=SECCOMP,
        pid=os.getpid(),
        uid=os.getuid(),
    )


@pytest.fixture
def sandbox(premises: Premises) -> Iterator[DockerSandbox]:
    with DockerSandbox(premises) as made:
        yield made


@pytest.fixture
def plan_for(hermetic_home: Path) -> PlanFor:
    """Plans as the caller of the tests, in the working directory of the test."""
    home = str(hermetic_home)
    plan = SandboxPlan(
        run="test",
        text="",
        caller=Caller(
            uid=os.getuid(),
            gid=os.getgid(),
            groups=tuple(os.getgroups()),
            name="tester",
            home=home,
        ),
        cwd=str(Path.cwd()),
        environment=(("HOME", home), ("PATH", PATH), ("LC_ALL", "C")),
        umask=0o022,
        hostname=socket.gethostname(),
        limits=Limits(wall_s=60.0),
    )
    return lambda text, **fields: replace(plan, text=text, **fields)


@pytest.fixture
def preview_of(sandbox: DockerSandbox, plan_for: PlanFor, tmp_path: Path) -> PreviewOf:
    """Preview a text in a twin of this machine."""
    blobs = tmp_path / "blobs"
    blobs.mkdir()

    def preview(text: str, **fields: Any) -> Preview:
        plan = plan_for(text, **fields)
        return sandbox.preview(plan, digest="the-digest", blobs=blobs)

    return preview


@pytest.fixture(scope="session")
def toolbox_image() -> str:
    """Large, and made of Debian's packages: no test makes it."""
    recipe = toolbox.Recipe.ours()
    engine = docker.from_env()
    try:
        found = engine.images.list(name=recipe.image)
    finally:
        engine.close()
    if not found:
        pytest.skip("no toolbox image: `linara-agent sandbox build` makes it")
    return recipe.image


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdinaryUser:
    """Someone who is not root and may use the engine."""

    uid: int
    home: Path
    command: tuple[str, ...]
    python_path: Path

    def run(self, program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a Python program that can import the package, as that user."""
        return subprocess.run(
            [*self.command, "-c", program, *arguments],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            cwd=self.home,
            env={
                "HOME": str(self.home),
                "PATH": PATH,
                "PYTHONPATH": str(self.python_path),
                "PYTHONDONTWRITEBYTECODE": "1",
                "DOCKER_HOST": os.environ.get("DOCKER_HOST", ""),
            },
        )

    def preview(self, plan: SandboxPlan) -> Preview:
        """What a preview of theirs shows; fails the test if there is none."""
        caller = Caller(
            uid=self.uid,
            gid=self.uid,
            groups=(),
            name="ordinary",
            home=str(self.home),
        )
        theirs = replace(
            plan,
            caller=caller,
            cwd=str(self.home),
            environment=(
                ("HOME", str(self.home)),
                ("PATH", PATH),
                ("LC_ALL", "C"),
            ),
        )
        done = self.run(PREVIEWING, PLANS.dump_json(theirs).decode(), SECCOMP)
        assert done.returncode == 0, done.stderr
        return PREVIEWS.validate_json(done.stdout)


PREVIEWING = """
import os, sys, tempfile
from pathlib import Path
from pydantic import TypeAdapter
from linara_agent.core.preview import Preview
from linara_agent.core.sandbox_plan import SandboxPlan
from linara_agent.docker_sandbox.sandbox import DockerSandbox, Premises
from linara_agent.docker_sandbox.scratch import candidates

plan = TypeAdapter(SandboxPlan).validate_json(sys.argv[1])
premises = Premises(
    environment=os.environ,
    places=candidates(os.environ, os.getuid()),
    seccomp=sys.argv[2],
    pid=os.getpid(),
    uid=os.getuid(),
)
with DockerSandbox(premises) as sandbox, tempfile.TemporaryDirectory() as blobs:
    preview = sandbox.preview(plan, digest="the-digest", blobs=Path(blobs))
sys.stdout.write(TypeAdapter(Preview).dump_json(preview).decode())
"""


@pytest.fixture(scope="session")
def python_path() -> Iterator[Path]:
    """A copy of the package and of what it imports, which everyone may read."""
    folder = Path(tempfile.mkdtemp(dir="/var/tmp", prefix="linara-test-path-"))
    folder.chmod(0o755)
    shutil.copytree(ROOT / "linara_agent", folder / "linara_agent")
    shutil.copytree(ROOT / "sandbox", folder / "linara_agent" / "_data" / "sandbox")
    installed = Path(sysconfig.get_paths()["purelib"])
    for name in (
        "annotated_types",
        "certifi",
        "charset_normalizer",
        "docker",
        "idna",
        "pydantic",
        "pydantic_core",
        "requests",
        "rfc8785",
        "typing_inspection",
        "urllib3",
    ):
        shutil.copytree(installed / name, folder / name)
    shutil.copy(installed / "typing_extensions.py", folder)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def ordinary_user(python_path: Path) -> Iterator[OrdinaryUser]:
    """A user with a home who is in the group of the engine's socket; takes root."""
    if os.getuid() != 0:
        pytest.skip("only root can become another user")
    minor = f"python{sys.version_info.major}.{sys.version_info.minor}"
    python = shutil.which(minor, path="/usr/bin:/usr/local/bin")
    if python is None:
        pytest.skip(f"no {minor} that another user could run")
    address = os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
    group = Path(address.removeprefix("unix://")).stat().st_gid
    uid = 54_321
    home = Path(tempfile.mkdtemp(dir="/var/tmp", prefix="linara-test-home-"))
    os.chown(home, uid, uid)
    yield OrdinaryUser(
        uid=uid,
        home=home,
        command=(
            "setpriv",
            f"--reuid={uid}",
            f"--regid={uid}",
            f"--groups={group}",
            python,
        ),
        python_path=python_path,
    )
    shutil.rmtree(home)


def labelled(engine: docker.DockerClient) -> list[str]:
    """Containers and volumes of this very process."""
    label: dict[str, str | list[str] | bool] = {
        "label": f"org.linara-agent.pid={os.getpid()}"
    }
    found = [
        *engine.containers.list(all=True, filters=label, ignore_removed=True),
        *engine.volumes.list(filters=label),
    ]
    return [str(thing.id) for thing in found]
