"""The container's configuration: what the script can see and may do.

Promises, each of them tested from inside: no network interface but the loopback, no
capability (a root caller keeps CHOWN, DAC_OVERRIDE, FOWNER and FSETID), no new
privileges, a seccomp profile, a read-only root under the overlays, limits on
memory, processes, open files and file size. Every directory of the host is an
overlay that Docker's `local` driver mounts (never a bind mount: sockets and FIFOs
of the host are reachable through binds and not through overlays).
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from linara_agent.core.sandbox_plan import SandboxPlan
from linara_agent.docker_sandbox.host_view import HostView
from linara_agent.docker_sandbox.scratch import Scratch
from linara_agent.docker_sandbox.seeds import Layout
from linara_agent.docker_sandbox.system_calls import profile

ROOT_KEEPS = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID")
OVERLAY_OPTIONS = "redirect_dir=on,metacopy=on,index=on,xino=on,nosuid,nodev"
_VOLATILE_SINCE = (5, 10)
_OWN_PROCESSES = 5  # the supervisor, strace, and what the runtime starts it with
_SMALLEST = 6 << 20  # the engine refuses less memory than this


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What is the same for every container of a run."""

    image: str
    command: Sequence[str]
    labels: Mapping[str, str]


def twin_config(
    plan: SandboxPlan,
    *,
    start: Start,
    mounts: Sequence[Mapping[str, Any]],
    seccomp: str,
) -> dict[str, Any]:
    """In the form of POST /containers/create of the Engine API."""
    limits, caller = plan.limits, plan.runs_as
    memory = max(limits.memory, _SMALLEST)
    allowed = profile(seccomp, traced=plan.tracer is not None)
    host = shut() | {
        "ReadonlyRootfs": True,
        "CapAdd": list(ROOT_KEEPS) if caller.uid == 0 else [],
        "SecurityOpt": ["no-new-privileges", f"seccomp={allowed}"],
        "GroupAdd": [str(group) for group in caller.groups],
        "PidsLimit": limits.processes + _OWN_PROCESSES,
        "Memory": memory,
        "MemorySwap": memory,
        "Ulimits": [
            {"Name": "core", "Soft": 0, "Hard": 0},
            {"Name": "fsize", "Soft": limits.file_size, "Hard": limits.file_size},
        ],
        "Mounts": list(mounts),
    }
    configured = shell(start) | {
        "Hostname": plan.hostname,
        "User": f"{caller.uid}:{caller.gid}",
        "HostConfig": host,
    }
    if plan.network:
        configured["NetworkDisabled"] = False
        host["NetworkMode"] = "bridge"
    return configured


def shell(start: Start) -> dict[str, Any]:
    """The part of a configuration that every container of ours has."""
    return {
        "Image": start.image,
        "Entrypoint": list(start.command[:1]),
        "Cmd": list(start.command[1:]),
        "Env": ["PATH=/usr/bin:/bin"],
        "WorkingDir": "/",
        "OpenStdin": True,
        "StdinOnce": True,
        "AttachStdin": True,
        "AttachStdout": True,
        "AttachStderr": True,
        "Tty": False,
        "NetworkDisabled": True,
        "StopTimeout": 1,
        "Labels": dict(start.labels),
    }


def shut() -> dict[str, Any]:
    return {
        "CapDrop": ["ALL"],
        "UsernsMode": "host",
        "IpcMode": "private",
        "LogConfig": {"Type": "none"},
        "Init": False,
    }


def twin_mounts(
    view: HostView, layout: Layout, scratch: Scratch, labels: Mapping[str, str]
) -> list[dict[str, Any]]:
    """One anonymous volume for each layer, and a lid on what cannot be shown."""
    mounts = [
        {
            "Type": "volume",
            "Target": lower.path,
            "VolumeOptions": {
                "NoCopy": True,
                "Labels": dict(labels),
                "DriverConfig": {
                    "Name": "local",
                    "Options": {
                        "type": "overlay",
                        "device": "overlay",
                        "o": overlay_options(
                            scratch.empty if lower.path in layout.blind else lower.path,
                            scratch.upper(number),
                            scratch.work(number),
                            kernel=os.uname().release,
                        )
                        + (",ro" if lower.read_only else ""),
                    },
                },
            },
        }
        for number, lower in enumerate(layout.lowers)
    ]
    lids = [
        {
            "Type": "tmpfs",
            "Target": point,
            "ReadOnly": True,
            "TmpfsOptions": {"SizeBytes": 4096, "Mode": 0o555},
        }
        for point, _ in view.lids
    ]
    return mounts + lids


def overlay_options(lower: str, upper: str, work: str, *, kernel: str) -> str:
    """For mount(2); what separates options and layers is escaped with a backslash.

    Nothing in a twin outlives a crash of the machine, so where the kernel's release
    knows how, nothing is synced: else each unmount writes out the whole disk.
    """
    parts = (f"lowerdir={_escaped(lower)}", f"upperdir={_escaped(upper)}")
    whole = (*parts, f"workdir={_escaped(work)}", OVERLAY_OPTIONS)
    return ",".join((*whole, "volatile") if _forgets(kernel) else whole)


def _forgets(kernel: str) -> bool:
    """Whether overlayfs takes `volatile` (Documentation/filesystems/overlayfs)."""
    match = re.match(r"(\d+)\.(\d+)", kernel)
    return match is not None and (int(match[1]), int(match[2])) >= _VOLATILE_SINCE


def _escaped(path: str) -> str:
    for special in ("\\", ":", ","):
        path = path.replace(special, "\\" + special)
    return path
