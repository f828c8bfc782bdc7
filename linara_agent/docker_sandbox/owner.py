"""Who owns what a run leaves: labels that tell a living client from a dead one.

A process number alone can be used again; with the start time of the process and
the boot it names one process for ever.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from socket import gethostname
from typing import Self

PREFIX = "org.linara-agent."
OURS = PREFIX + "run"
_MACHINE = PREFIX + "machine"
_START_FIELD = 19  # of the fields after the name, which may hold spaces (proc(5))
_ENDED = ("Z", "X")
"""Its parent has not asked how, and may never do so."""


@cache
def machine() -> str:
    """A name for this machine that lasts over boots, and tells nobody its id."""
    for place in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        with suppress(OSError):
            known = Path(place).read_bytes().strip()
            if known:
                return sha256(b"linara-agent " + known).hexdigest()[:12]
    return sha256(b"linara-agent " + gethostname().encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A process of a user; `start` in clock ticks since the boot.

    `boot` is the beginning of the boot's id; `namespace` the number of the process
    namespace: clients in other ones share the engine, and their numbers mean nothing
    here. `client` is the process that it works for, if not for itself.
    """

    uid: int
    pid: int
    start: str
    boot: str
    namespace: str
    client: int | None = None

    @classmethod
    def of(cls, pid: int, uid: int, *, client: int | None = None) -> Self | None:
        """The running process of that number, None if there is none."""
        try:
            line = Path(f"/proc/{pid}/stat").read_text()
            namespace = Path("/proc/self/ns/pid").readlink().name
        except OSError:
            return None
        state, *fields = line.rpartition(")")[2].split()
        if state in _ENDED:
            return None
        return cls(
            uid=uid,
            pid=pid,
            client=client,
            start=fields[_START_FIELD - 1],
            boot=Path("/proc/sys/kernel/random/boot_id").read_text()[:8],
            namespace="".join(filter(str.isdigit, namespace)),
        )

    def labels(self, run: str) -> dict[str, str]:
        return {
            OURS: run,
            PREFIX + "uid": str(self.uid),
            PREFIX + "pid": str(self.pid),
            PREFIX + "client": str(self.client or self.pid),
            PREFIX + "start": self.start,
            PREFIX + "boot": self.boot,
            PREFIX + "namespace": self.namespace,
            _MACHINE: machine(),
        }

    @classmethod
    def from_labels(cls, labels: dict[str, str]) -> Self | None:
        """Read the labels back; None if they are not complete, or another machine's.

        Several machines can share an engine, and each knows of its own boots alone.
        """
        if labels.get(_MACHINE, machine()) != machine():
            return None
        try:
            return cls(
                uid=int(labels[PREFIX + "uid"]),
                pid=int(labels[PREFIX + "pid"]),
                start=labels[PREFIX + "start"],
                boot=labels[PREFIX + "boot"],
                namespace=labels[PREFIX + "namespace"],
            )
        except (KeyError, ValueError):
            return None

    def directory(self, run: str) -> str:
        """The name of a run's scratch directory, from which its owner can be read."""
        return ".".join((run, str(self.pid), self.start, self.boot, self.namespace))

    @classmethod
    def from_directory(cls, name: str, uid: int) -> Self | None:
        """Read such a name back; None for any other name."""
        parts = name.split(".")
        if len(parts) != len(("run", "pid", "start", "boot", "namespace")):
            return None
        _, pid, start, boot, namespace = parts
        if not pid.isdigit():
            return None
        return cls(uid=uid, pid=int(pid), start=start, boot=boot, namespace=namespace)

    def is_gone(self, observer: "Owner") -> bool:
        """Whether the process certainly lives no more, seen by another one."""
        if self.boot != observer.boot:
            return True
        if self.namespace != observer.namespace:
            return False
        now = Owner.of(self.pid, self.uid)
        return now is None or now.start != self.start


def process_name(uid: int) -> str | None:
    """This process as the journal names it, so that one can tell when it is gone."""
    owner = Owner.of(os.getpid(), uid)
    return None if owner is None else owner.directory("process")


def is_over(name: str, uid: int) -> bool:
    """Whether the process of such a name certainly lives no more."""
    owner, observer = Owner.from_directory(name, uid), Owner.of(os.getpid(), uid)
    return owner is not None and observer is not None and owner.is_gone(observer)
