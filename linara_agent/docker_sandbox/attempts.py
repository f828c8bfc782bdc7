"""Attempts to get out of a sandbox, made by a program of ours inside it.

Self-contained (standard library only): its source is run in the twin. Every attempt
is harmless where it succeeds: it talks to listeners that `trials` opened for it,
opens and does not write, writes back what it read, and works in a directory made for
it. Each is made in a child of its own; each line of the output is one answer:
`{"name", "open", "saw"}`.
"""

import ctypes
import errno
import hashlib
import json
import os
import platform
import shutil
import signal
import socket
import stat
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

Ground = dict[str, Any]
Answer = tuple[bool, str]
"""Whether the way was open, and what was seen."""

Address = Any
"""Of a socket: a path, or a host and a port."""

PATIENCE_S = 2.0
LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000
PTRACE_ATTACH, PTRACE_DETACH = 16, 17
PR_GET_NO_NEW_PRIVS = 39
NOBODY = 65534
# Numbers of system calls (asm/unistd.h).
SYSCALLS = {
    "x86_64": {"add_key": 248, "keyctl": 250, "bpf": 321, "userfaultfd": 323,
               "perf_event_open": 298, "io_uring_setup": 425},
    "aarch64": {"add_key": 217, "keyctl": 219, "bpf": 280, "userfaultfd": 282,
                "perf_event_open": 241, "io_uring_setup": 425},
}  # fmt: skip


def errno_name() -> str:
    return errno.errorcode.get(ctypes.get_errno(), "failed")


def refused(exc: OSError) -> str:
    return errno.errorcode.get(exc.errno or 0, type(exc).__name__)


def one_of(tries: dict[str, Callable[[], None]]) -> Answer:
    """Open if one of them raises nothing."""
    said, is_open = [], False
    for what, attempt in tries.items():
        try:
            attempt()
            is_open = True
            said.append(f"{what}: open")
        except OSError as exc:
            said.append(f"{what}: {refused(exc)}")
    return is_open, ", ".join(said)


def connect(family: int, address: Address) -> None:
    with socket.socket(family) as made:
        made.settimeout(PATIENCE_S)
        made.connect(address)


def open_only(path: str, flags: int) -> None:
    os.close(os.open(path, flags | os.O_CLOEXEC))


def network(ground: Ground) -> Answer:
    return one_of({
        f"{host}:{port}": partial(connect, socket.AF_INET, (host, port))
        for host, port in ground["tcp"]
    })  # fmt: skip


def name_service(ground: Ground) -> Answer:
    """A question for the root's name servers, to our listeners and the real ones."""
    question = b"\x12\x34\1\0\0\1\0\0\0\0\0\0\0\0\2\0\1"

    def ask(address: Address) -> None:
        with socket.socket(type=socket.SOCK_DGRAM) as made:
            made.settimeout(PATIENCE_S / 2)
            made.connect(address)
            made.send(question)
            if not made.recv(1):
                raise OSError(errno.ENODATA, "nothing")

    servers = [tuple(one) for one in ground["udp"]]
    for line in Path("/etc/resolv.conf").read_text().splitlines():
        words = line.split()
        if words[:1] == ["nameserver"] and ":" not in words[1]:
            servers.append((words[1], 53))
    return one_of({f"{a[0]}:{a[1]}": partial(ask, a) for a in servers})


def host_socket(ground: Ground) -> Answer:
    return one_of({"socket": lambda: connect(socket.AF_UNIX, ground["socket"])})


def engine_socket(ground: Ground) -> Answer:
    path = ground["engine"]
    if path is None:
        return False, "the engine has no socket file"
    return one_of({path: lambda: connect(socket.AF_UNIX, path)})


def abstract_socket(ground: Ground) -> Answer:
    name = "\0" + ground["abstract"]
    return one_of({"socket": lambda: connect(socket.AF_UNIX, name)})


def kernel_files(_ground: Ground) -> Answer:
    """Opened, never written: each of them would command the host's kernel."""
    paths = ["/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern", "/proc/kcore"]
    paths += ["/sys/kernel/uevent_helper", "/sys/power/state"]
    groups = ("memory", "pids", "cpu", "rdma")
    paths += [f"/sys/fs/cgroup/{group}/release_agent" for group in groups]
    found = [path for path in paths if os.path.lexists(path)]
    return one_of({path: partial(open_only, path, os.O_WRONLY) for path in found})


def kernel_settings(_ground: Ground) -> Answer:
    """Writes back the very value that was read."""
    path = Path("/proc/sys/vm/swappiness")
    value = path.read_bytes()
    return one_of({str(path): lambda: open_and_write(path, value)})


def open_and_write(path: Path, value: bytes) -> None:
    with path.open("wb", buffering=0) as file:
        file.write(value)


def mounting(ground: Ground) -> Answer:
    target = os.fsencode(ground["directory"]) + b"/mount-point"
    Path(os.fsdecode(target)).mkdir(exist_ok=True)
    if LIBC.mount(b"none", target, b"tmpfs", 0, None) == 0:
        LIBC.umount(target)
        return True, "a file system was mounted"
    return False, errno_name()


def unsharing(_ground: Ground) -> Answer:
    said, is_open = [], False
    for name, flag in (("mounts", CLONE_NEWNS), ("users", CLONE_NEWUSER)):
        done = LIBC.unshare(flag) == 0
        is_open |= done
        said.append(f"{name}: {'a new one' if done else errno_name()}")
    return is_open, ", ".join(said)


def tracing(_ground: Ground) -> Answer:
    """Of a child of ours, which the kernel itself would permit."""
    child = os.fork()
    if child == 0:
        time.sleep(PATIENCE_S)
        os._exit(0)
    try:
        if LIBC.ptrace(PTRACE_ATTACH, child, None, None) == 0:
            os.waitpid(child, 0)
            LIBC.ptrace(PTRACE_DETACH, child, None, None)
            return True, "another process was attached to"
        return False, errno_name()
    finally:
        os.kill(child, signal.SIGKILL)


def set_user_id(ground: Ground) -> Answer:
    """A program with the set-uid bit that belongs to somebody else."""
    barred = LIBC.prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1
    flag = "no new privileges" if barred else "new privileges possible"
    program, own = set_user_id_program(ground), os.geteuid()
    if program is None:
        return not barred, flag
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(reader, 0)
        os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
        os.dup2(1, 2)
        os.setsid()
        os.execv(program, [program])  # noqa: S606 — the attempt itself; it waits for input
    seen = watch_user(child)
    os.close(writer)
    gained = [uid for uid in seen if uid != own]
    if gained:
        return True, f"{program} ran as uid {gained[0]}"
    return not barred, f"{program} stayed uid {own}; {flag}"


def set_user_id_program(ground: Ground) -> "str | None":
    """Root makes one that is nobody's; others find one that is root's."""
    if os.geteuid() != 0:
        for name in ("su", "newgrp", "passwd"):
            program = shutil.which(name)
            if program and Path(program).stat().st_mode & stat.S_ISUID:
                return program
        return None
    source = shutil.which("cat")
    if source is None:
        return None
    copy = Path(ground["directory"]) / "set-user-id"
    shutil.copy(source, copy)
    os.chown(copy, NOBODY, NOBODY)
    copy.chmod(0o4755)
    return str(copy)


def watch_user(child: int) -> "set[int]":
    """The effective users that a process has during a while, then its end."""
    seen: set[int] = set()
    for _ in range(30):
        for line in Path(f"/proc/{child}/status").read_text().splitlines():
            if line.startswith("Uid:"):
                seen.add(int(line.split()[2]))
        time.sleep(0.01)
    try:
        os.kill(child, signal.SIGKILL)
    except PermissionError:
        seen.add(-1)
    return seen


def call(name: str, *arguments: Any) -> "str | None":  # noqa: ANN401 — whatever syscall(2) takes
    """Make a system call; None if it succeeded, else the error's name."""
    number = SYSCALLS.get(platform.machine(), {}).get(name)
    if number is None:
        return "no number known"
    result = LIBC.syscall(number, *arguments)
    if result < 0:
        return errno_name()
    if name not in ("add_key", "keyctl"):
        os.close(result)
    return None


def several(calls: "dict[str, str | None]") -> Answer:
    said = ", ".join(f"{name}: {error or 'open'}" for name, error in calls.items())
    return None in calls.values(), said


def keyring(_ground: Ground) -> Answer:
    """The process's own keyring, which ends with it."""
    own = ctypes.c_long(-2)
    added = call(
        "add_key", b"user", b"linara-agent-trial", b"x", ctypes.c_size_t(1), own
    )
    asked = call("keyctl", ctypes.c_long(0), own, ctypes.c_long(1))
    return several({"add_key": added, "keyctl": asked})


def kernel_interfaces(_ground: Ground) -> Answer:
    """A map of one entry, a counter of our own instructions, and the like."""
    # BPF_MAP_TYPE_ARRAY, sizes of key and value, entries
    array = (ctypes.c_uint32 * 32)(2, 4, 4, 1)
    # PERF_TYPE_HARDWARE, the size of the structure; 0 is PERF_COUNT_HW_CPU_CYCLES
    counter = (ctypes.c_uint32 * 32)(0, 128)
    rings = ctypes.create_string_buffer(120)
    zero, none = ctypes.c_long(0), ctypes.c_long(-1)
    return several({
        "bpf": call("bpf", zero, array, ctypes.c_size_t(72)),
        "perf": call("perf_event_open", counter, zero, none, none, zero),
        "userfaultfd": call("userfaultfd", zero),
        "io_uring": call("io_uring_setup", ctypes.c_long(1), rings),
    })  # fmt: skip


def devices(ground: Ground) -> Answer:
    """A node like /dev/null of our own, and the disks and memory of the machine."""
    node = f"{ground['directory']}/device"

    def make() -> None:
        os.mknod(node, 0o600 | stat.S_IFCHR, os.makedev(1, 3))
        try:
            open_only(node, os.O_RDONLY)
        finally:
            Path(node).unlink()

    names = ("sda", "vda", "nvme0n1", "mem", "kmsg", "kvm", "fuse")
    there = [f"/dev/{name}" for name in names if os.path.lexists(f"/dev/{name}")]
    tries = {p: partial(open_only, p, os.O_RDONLY) for p in there}
    return one_of({"mknod": make, **tries})


def host_processes(ground: Ground) -> Answer:
    """The process that asked for this trial: is it seen, does it take a signal?"""
    pid, start = ground["process"]
    try:
        line = Path(f"/proc/{pid}/stat").read_text()
    except OSError as exc:
        return False, f"process {pid} is not there ({refused(exc)})"
    if line.rpartition(")")[2].split()[19] != start:
        return False, f"process {pid} is another one here"
    is_open, said = one_of({"signal 0": lambda: os.kill(pid, 0)})
    return is_open, f"process {pid} is seen, {said}"


def secret(ground: Ground) -> Answer:
    try:
        content = Path(ground["secret"]).read_bytes()
    except OSError as exc:
        return False, refused(exc)
    found = hashlib.sha256(content).hexdigest() == ground["secret_digest"]
    return found, "its content was read" if found else f"{len(content)} bytes, not its"


def workspace(ground: Ground) -> Answer:
    """What happened on the host is looked at from outside; here it must succeed."""
    directory = Path(ground["directory"])
    (directory / "kept").write_text("overwritten\n")
    (directory / "made").write_text("made\n")
    return False, "written in the twin"


def read_back(ground: Ground) -> Answer:
    """Links in the place of files and directories: to be read back as links."""
    directory = Path(ground["directory"])
    (directory / "link").symlink_to(ground["secret"])
    (directory / "inside" / "file").unlink()
    (directory / "inside").rmdir()
    (directory / "inside").symlink_to(Path(ground["secret"]).parent)
    return False, "left in the twin"


def file_size(ground: Ground) -> Answer:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    path = Path(ground["directory"]) / "large"
    with path.open("wb") as file:
        return one_of({"beyond the limit": lambda: write_past(file, ground)})


def write_past(file: Any, ground: Ground) -> None:  # noqa: ANN401 — an open file
    file.truncate(ground["file_size"] + 1)


ATTEMPTS: "dict[str, Callable[[Ground], Answer]]" = {
    "network by address": network,
    "name service": name_service,
    "a host's socket": host_socket,
    "the engine's socket": engine_socket,
    "an abstract socket": abstract_socket,
    "files of the kernel": kernel_files,
    "kernel settings": kernel_settings,
    "mount": mounting,
    "new namespaces": unsharing,
    "tracing": tracing,
    "set-uid program": set_user_id,
    "keyring": keyring,
    "bpf and the like": kernel_interfaces,
    "devices": devices,
    "host processes": host_processes,
    "masked secret": secret,
    "write in workspace": workspace,
    "links read back": read_back,
    "file size": file_size,
}


def answer_in_child(name: str, ground: Ground) -> None:
    """A child that is killed for an attempt was stopped; one that breaks was not."""
    child = os.fork()
    if child == 0:
        try:
            is_open, saw = ATTEMPTS[name](ground)
            say(name, saw, is_open=is_open)
        except BaseException as exc:  # noqa: BLE001 — the answer itself
            say(name, f"the attempt failed: {exc!r}", is_open=None)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code < 0:
        say(name, f"ended by signal {-code}", is_open=False)


def say(name: str, saw: str, *, is_open: "bool | None") -> None:
    line = json.dumps({"name": name, "open": is_open, "saw": saw})
    os.write(1, line.encode() + b"\n")


def main(arguments: "list[str]") -> int:
    """Make the attempts of that name, or all; the ground is JSON."""
    ground = json.loads(arguments[0])
    for name in arguments[1:] or ATTEMPTS:
        answer_in_child(name, ground)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
