"""Places in which sandbox/engine.sh can be tried without touching anybody's engine."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "sandbox" / "engine.sh"
DOCKERD = shutil.which("dockerd")


@dataclass(frozen=True, kw_only=True)
class Place:
    """A short directory (socket paths are limited) and the settings that lead there."""

    path: Path
    settings: dict[str, str] = field(default_factory=dict)
    script: Path = SCRIPT

    @property
    def socket(self) -> Path:
        return self.path / "docker.sock"

    @staticmethod
    def stale_socket(path: Path) -> None:
        """Leave a socket at `path` behind that nobody listens to."""
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(path))

    @staticmethod
    def runs(pid: int) -> bool:
        """Whether it is alive: neither gone nor dead and not yet collected."""
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return False
        return stat.rpartition(")")[2].split()[0] != "Z"

    @property
    def record(self) -> Path:
        return self.path / "state" / "started"

    def call(
        self, *arguments: str, **settings: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.script, *arguments],
            env=self.environment(**settings),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def environment(self, **settings: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME")}
        return kept | self.settings | settings

    def dockerd(self, script: str) -> None:
        """What is started as dockerd; `REAL` in it is the real one, on its own."""
        program = self.path / "dockerd"
        real = f'exec unshare -n {DOCKERD} --bridge=none --iptables=false "$@"'
        program.write_text(f"#!/bin/sh\n{script.replace('REAL', real)}\n")
        program.chmod(0o755)

    def pid(self) -> int:
        lines = self.record.read_text().splitlines()
        return int(dict(line.split("=", 1) for line in lines)["pid"])


@pytest.fixture
def place() -> Iterator[Place]:
    path = Path(tempfile.mkdtemp(prefix="linara-engine-"))
    settings = {
        "SOCKET": path / "docker.sock",
        "STATE": path / "state",
        "DATA_ROOT": path / "data",
        "EXEC_ROOT": path / "exec",
        "PIDFILE": path / "docker.pid",
        "CONTAINERD_SOCKET": path / "containerd.sock",
        "DOCKERD": path / "dockerd",
        "INSTALL": 0,
        "WAIT_S": 60,
    }
    place = Place(
        path=path, settings={f"LINARA_ENGINE_{k}": str(v) for k, v in settings.items()}
    )
    yield place
    place.call("stop")
    # A killed engine leaves its data directory mounted on itself.
    while f" {path / 'data'} " in Path("/proc/self/mountinfo").read_text():
        subprocess.run(["umount", path / "data"], check=True)
    shutil.rmtree(path)


@pytest.fixture
def private(place: Place) -> Place:
    """A place in which `ensure` starts the real dockerd, or what a test puts there."""
    if os.geteuid() != 0 or DOCKERD is None:
        pytest.skip("starts engines: needs root and dockerd")
    place.dockerd("REAL")
    return place
