"""What goes on in the twin, as `/proc` and the control groups tell PID 1 of it."""

import time
from pathlib import Path

IDLE_S = 1.0
WHOLE_SCREEN = b"\x1b[?1049h"  # what vim, watch, htop begin with (terminfo: smcup)


def processes() -> dict[str, tuple[str, str, int]]:
    """What is alive besides PID 1: name, state and clock ticks; zombies are not."""
    alive = {}
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or process.name == "1":
            continue
        try:
            text = (process / "stat").read_text(errors="replace")
        except OSError:
            continue
        name = text.partition("(")[2].rpartition(")")[0]
        fields = text.rpartition(")")[2].split()
        if fields[0] != "Z":
            alive[process.name] = name, fields[0], int(fields[11]) + int(fields[12])
    return alive


class Idleness:
    """Tells when nothing goes on any more but waiting for a person.

    Only where an interactive program (by its name) is there, or one that took over
    the whole screen, although there is none: all else may sleep as long as it likes.
    """

    def __init__(self, names: list[str]) -> None:
        self.names = {name[:15] for name in names}  # as the kernel keeps them
        self.screen = False
        self.moved = 0
        self.seen: object = None
        self.since = 0.0

    @property
    def possible(self) -> bool:
        return self.screen or bool(self.names)

    def output(self, data: bytes) -> None:
        self.moved += len(data)
        self.screen |= WHOLE_SCREEN in data

    def waits(self) -> bool:
        """Whether all have slept, without output, for a while."""
        now, alive = time.monotonic(), processes()
        seen = self.moved, {pid: found[2] for pid, found in alive.items()}
        sleeping = all(state in "SI" for _, state, _ in alive.values())
        if seen != self.seen or not sleeping:
            self.seen, self.since = seen, now
        meant = self.screen or any(name in self.names for name, *_ in alive.values())
        return meant and now - self.since >= IDLE_S


def counter(candidates: list[str], key: str) -> int:
    """The number after a key in the first of these files that is there."""
    for path in candidates:
        try:
            lines = Path(path).read_text().splitlines()
        except OSError:
            continue
        for line in lines:
            name, _, value = line.partition(" ")
            if name.strip() == key:
                return int(value)
    return 0


def oom_kills() -> int:
    base = "/sys/fs/cgroup/"
    files = [base + "memory/memory.oom_control", base + "memory.events"]
    return counter(files, "oom_kill")


def refused_forks() -> int:
    base = "/sys/fs/cgroup/"
    return counter([base + "pids/pids.events", base + "pids.events"], "max")


def network() -> int:
    """How often a program here tried to send something: only the loopback exists."""
    tried = 0
    wanted = {("Ip", "OutNoRoutes"), ("Tcp", "ActiveOpens"), ("Udp", "OutDatagrams")}
    try:
        lines = Path("/proc/net/snmp").read_text().splitlines()
    except OSError:
        lines = []
    for names, values in zip(lines[::2], lines[1::2], strict=False):
        protocol = names.partition(":")[0]
        for name, value in zip(names.split(), values.split(), strict=False):
            tried += int(value) if (protocol, name) in wanted else 0
    for key in ("Ip6OutNoRoutes", "Udp6OutDatagrams"):
        tried += counter(["/proc/net/snmp6"], key)
    return tried


def peers() -> set[str]:
    """Whom the sockets here are, or were lately, tied to: as hexadecimal digits."""
    found = set()
    for protocol in ("tcp", "tcp6", "udp", "udp6"):
        table = Path("/proc/net", protocol)
        lines = table.read_text().splitlines()[1:] if table.exists() else []
        found |= {f"{protocol} {line.split()[2]}" for line in lines}
    return found


def tracer_of(pid: int) -> str | None:
    """The process that traces it, if one does."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(errors="replace").splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith("TracerPid:")]
    return next((one for one in found if one != "0"), None)
