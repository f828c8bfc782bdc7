"""Who calls, and from where: read from the process once, by the wiring."""

import os
import pwd
import socket
from pathlib import Path

from linara_agent.core.sandbox_plan import Caller
from linara_agent.errors import SettingsProblem


def caller() -> Caller:
    """The effective user, with the name and home of the password database.

    A user without an entry there (a container started with a bare number) has the
    number as name, and `$HOME` or `/` as home.
    """
    uid, gid = os.geteuid(), os.getegid()
    groups = tuple(sorted({gid, *os.getgroups()}))
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        home = os.environ.get("HOME", "/")
        return Caller(uid=uid, gid=gid, groups=groups, name=str(uid), home=home)
    return Caller(
        uid=uid, gid=gid, groups=groups, name=entry.pw_name, home=entry.pw_dir
    )


def current_umask() -> int:
    """The process's umask, read without setting it; no other thread is disturbed.

    `/proc/self/status` has it since Linux 4.7 (proc(5)).
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        status = ""
    for line in status.splitlines():
        if line.startswith("Umask:"):
            return int(line.split()[1], 8)
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def hostname() -> str:
    return socket.gethostname()


def working_directory() -> str:
    """The current directory's real path; raises SettingsProblem if it is gone."""
    try:
        return str(Path.cwd())
    except OSError as error:
        raise SettingsProblem(
            "The current directory does not exist any more.",
            not_done="Nothing ran.",
            remedy="Change to a directory that exists (`cd ~`) and call again.",
        ) from error


def git_top(directory: Path) -> str | None:
    """The top of the git work tree that the directory lies in."""
    for one in (directory, *directory.parents):
        if (one / ".git").exists():
            return str(one)
    return None
