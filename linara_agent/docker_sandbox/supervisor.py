"""PID 1 of the twin: runs the script as a child and tells what became of it.

Self-contained (standard library only): its source is sent to the twin's own python3
by `assembly.BOOT`. It never is the script: the script gets two pipes and no way to
the stream on which this process speaks, which is not even visible to it, because
PID 1 is not dumpable (prctl(2), proc(5)). Signals from inside do not reach PID 1
(pid_namespaces(7)).

It speaks in frames on its stdout: one byte for the kind, four big-endian bytes for
the length, the data. It reads one line of JSON, the orders, on its stdin.
"""

import ctypes
import json
import os
import resource
import select
import signal
import time
from pathlib import Path
from typing import Any, NoReturn

HELLO, STDOUT, STDERR, REPORT, FAILED = 1, 2, 3, 4, 5
GRACE_S = 2.0
ALARM_S = 0.5
PIECE = 1 << 16
PR_SET_DUMPABLE = 4
MAX_ARG_STRLEN = 131072  # with the byte that ends it, execve(2)
IDLE_S = 1.0
LOOK_S = 0.2
MOST_PEERS = 1000
WHOLE_SCREEN = b"\x1b[?1049h"  # what vim, watch, htop begin with (terminfo: smcup)
WORST_SCORE = b"1000"  # the kernel ends the script before its supervisor

Orders = dict[str, Any]


def frame(kind: int, data: bytes) -> None:
    """Write one frame whole."""
    rest = memoryview(bytes([kind]) + len(data).to_bytes(4, "big") + data)
    while rest:
        rest = rest[os.write(1, rest) :]


def say(kind: int, value: object) -> None:
    frame(kind, json.dumps(value).encode())


def set_dumpable(value: int) -> None:
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, value, 0, 0, 0)


def identities(paths: list[str]) -> list[list[int] | None]:
    """Size, mtime and inode of each path, None for one that cannot be seen."""
    found: list[list[int] | None] = []
    for path in paths:
        try:
            state = os.lstat(path)
        except OSError:
            found.append(None)
            continue
        found.append([state.st_size, state.st_mtime_ns, state.st_ino])
    return found


def read_orders(standby_s: float) -> Orders | None:
    """Wait for the line; None when nobody will send it."""
    deadline = time.monotonic() + standby_s
    line = b""
    while not line.endswith(b"\n"):
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([0], [], [], left)[0]:
            return None
        data = os.read(0, PIECE)
        if not data:
            return None
        line += data
    orders: Orders = json.loads(line)
    return orders


def become_script(orders: Orders, out: int, err: int) -> NoReturn:
    """In the child: everything the script inherits, then the program itself."""
    try:
        set_dumpable(1)
        os.setsid()
        nothing = os.open("/dev/null", os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(out, 1)
        os.dup2(err, 2)
        os.closerange(3, 64)
        signal.setitimer(signal.ITIMER_REAL, 0)
        Path("/proc/self/oom_score_adj").write_bytes(WORST_SCORE)
        for name, value in orders["rlimits"].items():
            resource.setrlimit(getattr(resource, name), (value, value))
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.umask(orders["umask"])
        os.chdir(orders["cwd"])
        environment = dict(orders["env"])
        os.execve(orders["program"], orders["argv"], environment)  # noqa: S606 — the very purpose: bash, in the twin
    except OSError as exc:
        where = os.fsencode(exc.filename or orders["program"])
        os.write(2, b"%s: %s\n" % (where, (exc.strerror or "failed").encode()))
    os._exit(125)


def check_start(orders: Orders) -> str | None:
    """Say why the script cannot even start, in words for the person."""
    cwd = orders["cwd"]
    try:
        os.chdir(cwd)
    except OSError as exc:
        return f"the directory {cwd} cannot be entered ({exc.strerror})"
    finally:
        os.chdir("/")
    if not os.access(orders["program"], os.X_OK):
        return f"{orders['program']} is not there or cannot be run"
    longest = max(len(os.fsencode(word)) for word in orders["argv"])
    if longest >= MAX_ARG_STRLEN:
        return "the text is longer than the 131,071 bytes that execve(2) takes"
    return None


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


class Run:
    """One script from its start until no process is left."""

    def __init__(self, orders: Orders) -> None:
        self.orders = orders
        self.caps = {STDOUT: orders["output"], STDERR: orders["output"]}
        self.truncated = False
        self.shell = 0
        self.status: int | None = None
        self.leftovers = 0
        self.limits: list[str] = []
        self.killing: float | None = None
        self.pipes: dict[int, int] = {}
        self.peers: set[str] = set()
        self.idleness = Idleness(orders.get("interactive", []))
        self.started = time.monotonic()

    def start(self) -> None:
        out_read, out_write = os.pipe()
        err_read, err_write = os.pipe()
        self.pipes = {out_read: STDOUT, err_read: STDERR}
        self.started = time.monotonic()
        # A client that reads no more blocks our writing, but not this alarm.
        signal.signal(signal.SIGALRM, lambda _number, _stack: self.enforce())
        signal.setitimer(signal.ITIMER_REAL, self.orders["wall_s"], ALARM_S)
        self.shell = os.fork()
        if self.shell == 0:
            become_script(self.orders, out_write, err_write)
        os.close(out_write)
        os.close(err_write)

    def watch(self, woken: int) -> None:
        """Move output, reap and enforce the time, until all are gone."""
        sources = [0, woken]
        while True:
            ready = select.select([*sources, *self.pipes], [], [], self.patience())[0]
            if woken in ready:
                os.read(woken, PIECE)
            for pipe in [p for p in self.pipes if p in ready]:
                self.pass_on(pipe)
            if 0 in ready and not os.read(0, PIECE):
                sources.remove(0)
                self.end_all("client")
            if not self.reap():
                break
            self.enforce()
            self.end_waiting()
            self.peers |= peers() if self.orders.get("network") else set()
        for pipe in list(self.pipes):
            while pipe in self.pipes:
                self.pass_on(pipe)

    def patience(self) -> float:
        deadline: float = self.started + self.orders["wall_s"]
        if self.killing is not None:
            deadline = self.killing
        elif self.idleness.possible or self.orders.get("network"):
            deadline = min(deadline, time.monotonic() + LOOK_S)
        return max(0.01, deadline - time.monotonic())

    def pass_on(self, pipe: int) -> None:
        """Send a piece on, or only drain it once the cap is reached."""
        data = os.read(pipe, PIECE)
        if not data:
            os.close(pipe)
            del self.pipes[pipe]
            return
        self.idleness.output(data)
        kind = self.pipes[pipe]
        kept = data[: self.caps[kind]]
        self.caps[kind] -= len(kept)
        self.truncated |= len(kept) < len(data)
        if kept:
            frame(kind, kept)

    def reap(self) -> bool:
        """Collect who has ended; False when there is nobody left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self.shell:
                self.status = status
                self.leftovers = len(processes())

    def enforce(self) -> None:
        now = time.monotonic()
        if self.killing is not None:
            if now >= self.killing:
                send_all(signal.SIGKILL)
                self.killing = now + 0.1
        elif now >= self.started + self.orders["wall_s"]:
            self.end_all("time")

    def end_waiting(self) -> None:
        idleness = self.idleness
        if idleness.possible and self.killing is None and idleness.waits():
            self.end_all("terminal")

    def end_all(self, why: str) -> None:
        """Ask every process to end, and two seconds later make it."""
        if self.killing is None:
            self.limits.append(why)
            self.killing = time.monotonic() + GRACE_S
            send_all(signal.SIGTERM)
            send_all(signal.SIGCONT)  # a stopped process answers too

    def report(self) -> Orders:
        code = os.waitstatus_to_exitcode(self.status or 0)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return {
            "exit": code if code >= 0 else None,
            "signal": -code if code < 0 else None,
            "duration_s": time.monotonic() - self.started,
            "cpu_s": used.ru_utime + used.ru_stime,
            "peak_memory": used.ru_maxrss * 1024,
            "leftovers": self.leftovers,
            "limits": self.limits,
            "peers": sorted(self.peers)[:MOST_PEERS],
            "truncated": self.truncated,
        }


def send_all(number: int) -> None:
    try:
        os.kill(-1, number)
    except ProcessLookupError:
        return


def wake_on_children() -> int:
    """A pipe that becomes readable when a child ends."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda _number, _stack: None)
    return reader


def main(witnesses: list[str], standby_s: float) -> int:
    """Serve one script; `witnesses` are the paths that prove whose files these are.

    Ends with status 0 and without a report if no orders come within `standby_s`.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    set_dumpable(0)
    woken = wake_on_children()
    say(HELLO, identities(witnesses))
    orders = read_orders(standby_s)
    if orders is None:
        return 0
    problem = check_start(orders)
    if problem is not None:
        say(FAILED, problem)
        return 0
    before = oom_kills(), refused_forks(), network()
    run = Run(orders)
    run.start()
    run.watch(woken)
    limits = run.limits
    limits += ["memory"] if oom_kills() > before[0] else []
    limits += ["processes"] if refused_forks() > before[1] else []
    say(REPORT, {**run.report(), "network_tried": network() > before[2]})
    return 0
