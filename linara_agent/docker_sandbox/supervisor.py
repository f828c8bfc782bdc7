"""PID 1 of the twin: runs the script as a child and tells what became of it.

It stands alone with `frames`, `vitals`, `launch` and `fed_script` (standard library
only): their source is sent to the twin's own python3 by `assembly.BOOT`. It never is
the script: the script gets two pipes and no way to the stream on which this process
speaks, which is not even visible to it, because PID 1 is not dumpable (prctl(2),
proc(5)). Signals from inside do not reach PID 1 (pid_namespaces(7)).

It speaks in `frames`. It reads one line of JSON, the orders, on its stdin, and then a
line for each step that may begin.
"""

import json
import os
import resource
import select
import signal
import time

from linara_agent.docker_sandbox.fed_script import FedScript
from linara_agent.docker_sandbox.frames import (
    FAILED,
    HELLO,
    REPORT,
    STDERR,
    STDOUT,
    STEP,
    TRACE,
    frame,
    say,
)
from linara_agent.docker_sandbox.launch import (
    Orders,
    become_script,
    check_start,
    set_dumpable,
)
from linara_agent.docker_sandbox.vitals import (
    Idleness,
    network,
    oom_kills,
    peers,
    processes,
    refused_forks,
    tracer_of,
)

GRACE_S = 2.0
ALARM_S = 0.5
PIECE = 1 << 16
LOOK_S = 0.2
OPENING_S = 0.002
MOST_PEERS = 1000
CREDIT_S = 20.0  # less than the client waits beyond the wall time
SIGNALLED = 128  # what a shell adds to the number of the signal that ended a command


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


class Run:
    """One script from its start until no process is left."""

    def __init__(self, orders: Orders) -> None:
        self.orders = orders
        output = orders["output"]
        self.caps = {STDOUT: output, STDERR: output, TRACE: orders["trace"]}
        self.cut: set[int] = set()
        self.shell = 0
        self.tracer: str | None = None
        self.status: int | None = None
        self.leftovers = 0
        self.limits: list[str] = []
        self.killing: float | None = None
        self.pipes: dict[int, int] = {}
        self.peers: set[str] = set()
        self.idleness = Idleness(orders.get("interactive", []))
        self.fed: FedScript | None = None
        self.ended = 0.0
        self.credit_s = CREDIT_S
        self.started = time.monotonic()

    def start(self) -> str | None:
        """Says why it cannot be, where only trying tells."""
        if self.orders["steps"]:
            steps = [step.encode() for step in self.orders["steps"]]
            self.fed = FedScript(self.orders["script"], steps)
            problem = self.fed.plant()
            if problem is not None:
                return problem
        kinds = (STDOUT, STDERR, TRACE)
        ends = [os.pipe() for _ in kinds]
        self.pipes = {ends[number][0]: kind for number, kind in enumerate(kinds)}
        self.started = time.monotonic()
        # A client that reads no more blocks our writing, but not this alarm.
        signal.signal(signal.SIGALRM, lambda _number, _stack: self.enforce())
        signal.setitimer(signal.ITIMER_REAL, self.orders["wall_s"], ALARM_S)
        self.shell = os.fork()
        if self.shell == 0:
            become_script(self.orders, *(writer for _, writer in ends))
        for _, writer in ends:
            os.close(writer)
        return None

    def watch(self, woken: int) -> None:
        """Move output, reap and enforce the time, until all are gone."""
        sources = [0, woken]
        while True:
            reading = [*sources, *self.pipes]
            ready, free, _ = select.select(reading, self.feeding(), [], self.patience())
            if woken in ready:
                os.read(woken, PIECE)
            for pipe in [p for p in self.pipes if p in ready]:
                self.pass_on(pipe)
            if 0 in ready and not self.hear():
                sources.remove(0)
            self.feed(free)
            if not self.reap():
                break
            self.enforce()
            self.end_waiting()
            self.peers |= peers() if self.orders.get("network") else set()
        self.finish()

    def finish(self) -> None:
        """Nobody is left; some of what they wrote may still lie in the pipes."""
        for pipe in list(self.pipes):
            while pipe in self.pipes:
                self.pass_on(pipe)
        if self.fed is not None:
            self.fed.end()

    def hear(self) -> bool:
        """A line lets the next step begin; False when there is no client any more."""
        said = os.read(0, PIECE)
        if b"\n" in said and self.fed is not None and self.fed.waiting:
            self.credit(time.monotonic() - self.ended)
            self.fed.go_on()
        if not said:
            self.end_all("client")
        return bool(said)

    def feeding(self) -> list[int]:
        """The pipe that bash reads its script from, while there is more for it."""
        fed = self.fed
        if fed is None or fed.waiting or (fed.pipe is None and fed.begun):
            return []
        if fed.pipe is None and not fed.open():
            return []
        return [] if fed.pipe is None else [fed.pipe]

    def feed(self, free: list[int]) -> None:
        if free and self.fed is not None and self.fed.feed():
            self.ended = time.monotonic()
            say(STEP, self.fed.begun)

    def credit(self, waited: float) -> None:
        """The script is not charged for the client's look between two steps."""
        given = min(waited, self.credit_s)
        self.credit_s -= given
        self.started += given

    def patience(self) -> float:
        deadline: float = self.started + self.orders["wall_s"]
        if self.killing is not None:
            deadline = self.killing
        elif self.idleness.possible or self.orders.get("network"):
            deadline = min(deadline, time.monotonic() + LOOK_S)
        if self.fed is not None and not self.fed.begun:
            deadline = min(deadline, time.monotonic() + OPENING_S)
        return max(OPENING_S, deadline - time.monotonic())

    def pass_on(self, pipe: int) -> None:
        """Send a piece on, or only drain it once the cap is reached."""
        data = os.read(pipe, PIECE)
        kind = self.pipes[pipe]
        if not data:
            os.close(pipe)
            del self.pipes[pipe]
            # strace ends when nobody is left, unless somebody ended it.
            early = kind == TRACE and self.tracer and self.others()
            self.cut |= {TRACE} if early else set()
            return
        if kind != TRACE:
            self.idleness.output(data)
        elif self.tracer is None:
            self.tracer = tracer_of(self.shell)
        kept = data[: self.caps[kind]]
        self.caps[kind] -= len(kept)
        self.cut |= {kind} if len(kept) < len(data) else set()
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
                self.leftovers = len(self.others())

    def others(self) -> set[str]:
        """Who is alive beside us."""
        return processes().keys() - {self.tracer or ""}

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

    def grew_too_far(self) -> bool:
        """The kernel's signal for it ended the shell, or its last command."""
        code = os.waitstatus_to_exitcode(self.status or 0)
        return code in (-signal.SIGXFSZ, SIGNALLED + signal.SIGXFSZ)

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
            "truncated": bool(self.cut & {STDOUT, STDERR}),
            "trace_cut": TRACE in self.cut,
            "steps": self.fed.begun if self.fed is not None else 0,
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
    problem = run.start()
    if problem is not None:
        say(FAILED, problem)
        return 0
    run.watch(woken)
    limits = run.limits
    limits += ["memory"] if oom_kills() > before[0] else []
    limits += ["processes"] if refused_forks() > before[1] else []
    limits += ["file-size"] if run.grew_too_far() else []
    say(REPORT, {**run.report(), "network_tried": network() > before[2]})
    return 0
