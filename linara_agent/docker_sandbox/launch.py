"""From the supervisor's child to the program that runs the script, traced or not.

strace runs as a grandchild (`-D`), so that the shell has the same parent as ever, and
stops only the system calls it is asked for (`--seccomp-bpf`). It would hand the pipe
it writes to on to what it traces; so that is at first a Python which closes the pipe
and becomes the shell. Signals that would end strace are blocked (`-I3`).
"""

import ctypes
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

PR_SET_DUMPABLE = 4
PR_SET_PTRACER = 0x59616D61  # Yama else lets a process trace its descendants only
MAX_ARG_STRLEN = 131072  # with the byte that ends it, execve(2)
WORST_SCORE = b"1000"  # the kernel ends the script before its supervisor
TRACING = (
    "-D", "-f", "-q", "-I3", "--seccomp-bpf", "-xx", "-yy", "-s", "64",
    "-e", "trace=execve,execveat,connect", "-e", "signal=none", "-o", "/proc/self/fd/3",
)  # fmt: skip
"""`-xx` writes every string in hexadecimal digits: none can look like strace's own."""

RELEASE = """\
import json, os, signal, sys
os.close(3)
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
os.execve(sys.argv[2], sys.argv[3:], json.loads(sys.argv[1]))
"""

Orders = dict[str, Any]


def set_dumpable(value: int) -> None:
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, value, 0, 0, 0)


def become_script(orders: Orders, out: int, err: int, trace: int) -> NoReturn:
    """In the child: everything the script inherits, then the program itself.

    `trace` is where strace writes to, if the orders name one.
    """
    try:
        set_dumpable(1)
        os.setsid()
        nothing = os.open("/dev/null", os.O_RDONLY)
        for number, stream in enumerate((nothing, out, err, trace)):
            os.dup2(stream, number)
        os.closerange(4 if orders["tracer"] else 3, 64)
        signal.setitimer(signal.ITIMER_REAL, 0)
        Path("/proc/self/oom_score_adj").write_bytes(WORST_SCORE)
        for name, value in orders["rlimits"].items():
            resource.setrlimit(getattr(resource, name), (value, value))
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.umask(orders["umask"])
        os.chdir(orders["cwd"])
        program, argv, environment = invocation(orders)
        os.execve(program, argv, environment)  # noqa: S606 — the very purpose: bash, in the twin
    except OSError as exc:
        where = os.fsencode(exc.filename or orders["program"])
        os.write(2, b"%s: %s\n" % (where, (exc.strerror or "failed").encode()))
    os._exit(125)


def invocation(orders: Orders) -> tuple[str, list[str], dict[str, str]]:
    """What execve(2) is given."""
    program, argv, environment = orders["program"], orders["argv"], dict(orders["env"])
    tracer = orders["tracer"]
    if tracer is None:
        return program, argv, environment
    ctypes.CDLL(None).prctl(PR_SET_PTRACER, ctypes.c_ulong(-1), 0, 0, 0)
    release = [sys.executable, "-I", "-S", "-c", RELEASE, json.dumps(environment)]
    words = [tracer, *TRACING, "--", *release, program, *argv]
    return tracer, words, environment


def check_start(orders: Orders) -> str | None:
    """Say why the script cannot even start, in words for the person."""
    cwd = orders["cwd"]
    try:
        os.chdir(cwd)
    except OSError as exc:
        return f"the directory {cwd} cannot be entered ({exc.strerror})"
    finally:
        os.chdir("/")
    for program in filter(None, (orders["program"], orders["tracer"])):
        if not os.access(program, os.X_OK):
            return f"{program} is not there or cannot be run"
    longest = max(len(os.fsencode(word)) for word in orders["argv"])
    if longest >= MAX_ARG_STRLEN:
        return "the text is longer than the 131,071 bytes that execve(2) takes"
    return None
