"""An engine of one's own, which may be killed: the machine's other one is not touched.

It lives in a network namespace of its own (without that it would take the other
engine's bridge away), and its containers in a containerd namespace of their own, for
where a containerd of the system runs both engines would share it. Everything of it lies
in one directory below /var/lib/containers, whose mounts no twin ever looks at, and its
containers in control groups of one name.
"""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

from linara_agent.docker_sandbox.engine import connect
from linara_agent.errors import SandboxUnavailable

_STORE = Path("/var/lib/containers")
_STARTING_S = 60.0
_ENDING_S = 30.0


class SecondEngine:
    """Started by `with`, and gone with its processes, mounts and files at its end."""

    def __init__(self) -> None:
        self._made_store = not _STORE.exists()
        _STORE.mkdir(exist_ok=True)
        self.place = Path(tempfile.mkdtemp(dir=_STORE, prefix="linara-chaos-"))
        # containerd wants other names than mkdtemp makes, which may end in `_`.
        self._namespace = f"linara-chaos-{secrets.token_hex(4)}"
        self._log = self.place / "log"
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def possible() -> bool:
        """Whether this process may start one."""
        return os.geteuid() == 0 and shutil.which("dockerd") is not None

    @property
    def address(self) -> str:
        return f"unix://{self.place}/docker.sock"

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def start(self) -> None:
        """Start it, also after it was killed, and wait until it answers."""
        self._clear_stale()
        options = {
            "data-root": self.place / "data",
            "exec-root": self.place / "exec",
            "pidfile": self.place / "docker.pid",
            "host": self.address,
            "bridge": "none",
            "exec-opt": "native.cgroupdriver=cgroupfs",
            "cgroup-parent": f"/{self.place.name}",
            "containerd-namespace": self._namespace,
            "containerd-plugins-namespace": f"{self._namespace}-plugins",
        }
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *("unshare", "-n", "dockerd", "--iptables=false"),
                    *(f"--{name}={value}" for name, value in options.items()),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + _STARTING_S
        while not self.answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the second engine does not start:\n{self.told()}")
            time.sleep(0.1)

    def _clear_stale(self) -> None:
        """As sandbox/engine.sh does: a new engine would wait for the old containerd."""
        for name in ("containerd.pid", "containerd.sock", "containerd.sock.ttrpc"):
            (self.place / "exec" / "containerd" / name).unlink(missing_ok=True)

    def answers(self) -> bool:
        try:
            connect({"DOCKER_HOST": self.address}, timeout_s=5).close()
        except SandboxUnavailable:
            return False
        return True

    def kill(self) -> None:
        """End it in the middle of whatever it does, as a crash would."""
        self._end(signal.SIGKILL)

    def told(self) -> str:
        """The end of its log."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-20:])

    def close(self) -> None:
        self._end(signal.SIGTERM)
        deadline = time.monotonic() + _ENDING_S
        while (left := self.processes() + self.contained()) and (
            time.monotonic() < deadline
        ):
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
        for group in self._groups():
            for below in sorted(group.rglob("*/"), reverse=True):
                below.rmdir()
            group.rmdir()
        for point in reversed(self.mounts()):
            subprocess.run(["umount", point], check=True)
        shutil.rmtree(self.place)
        if self._made_store and not any(_STORE.iterdir()):
            _STORE.rmdir()

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(_ENDING_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def processes(self) -> list[int]:
        """Of its own: daemons, and one for each container that lives."""
        numbers = (int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit())
        return [pid for pid in numbers if str(self.place) in _words(pid)]

    def contained(self) -> list[int]:
        """The processes in its containers, also in those that it forgot.

        If it is killed between making a container's first process and starting it, it
        knows nothing of that process any more, which waits for ever (`is_forgotten`).
        """
        lists = [one for group in self._groups() for one in group.rglob("cgroup.procs")]
        return sorted({int(pid) for one in lists for pid in one.read_text().split()})

    @staticmethod
    def is_forgotten(pid: int) -> bool:
        """Whether nothing but the runtime's own waiting is left, before any program."""
        return _words(pid) == "runc\0init\0"

    def _groups(self) -> list[Path]:
        """One, or with version 1 of the control groups one for each controller."""
        top, name = Path("/sys/fs/cgroup"), self.place.name
        return [path for path in (top / name, *top.glob(f"*/{name}")) if path.is_dir()]

    def mounts(self) -> list[str]:
        """Where something is mounted below its directory, in the order of mounting."""
        lines = Path("/proc/self/mountinfo").read_text().splitlines()
        points = [line.split()[4] for line in lines]
        return [point for point in points if point.startswith(f"{self.place}/")]

    def overlays(self) -> list[str]:
        """The mounts that a container's volumes and root are."""
        return [m for m in self.mounts() if "/volumes/" in m or "/overlay2/" in m]


def _words(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except OSError:
        return ""
