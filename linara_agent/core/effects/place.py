"""Where an invocation stands, and what kind of place a path is."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from linara_agent.core.effects.effect import PathClass
from linara_agent.core.effects.glob import (
    any_of,
    intersect,
    matches,
    static_directory,
)

SECRET_PLACES = (
    "~/.ssh", "~/.ssh/**", "~/.gnupg", "~/.gnupg/**", "~/.aws", "~/.aws/**",
    "~/.azure", "~/.azure/**", "~/.config/gcloud", "~/.config/gcloud/**",
    "~/.kube", "~/.kube/**", "~/.docker/config.json", "~/.docker", "~/.netrc",
    "~/.npmrc", "~/.pypirc", "~/.git-credentials", "~/.config/git/credentials",
    "~/.config/gh", "~/.config/gh/**", "~/.pgpass", "~/.my.cnf", "~/.vault-token",
    "~/.local/share/keyrings", "~/.local/share/keyrings/**",
    "~/.password-store", "~/.password-store/**", "~/.mozilla", "~/.mozilla/**",
    "~/.config/google-chrome", "~/.config/google-chrome/**",
    "~/.config/chromium", "~/.config/chromium/**", "~/.thunderbird/**",
    "~/.thunderbird", "~/Mail", "~/Mail/**", "~/.mail/**", "~/.*_history",
    "~/.local/share/fish/fish_history", "~/.config/rclone/**", "~/.terraform.d/**",
    "**/.env", "**/.env.*", "**/id_rsa", "**/id_ed25519", "**/id_ecdsa",
    "**/*.pem", "**/*.key", "**/*.p12", "**/*.pfx", "**/*.kdbx",
    "/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/sudoers",
    "/etc/sudoers.d/**", "/etc/ssl/private", "/etc/ssl/private/**",
    "/etc/ssh/ssh_host_*_key", "/root/.ssh/**", "/home/*/.ssh/**",
    "/var/run/docker.sock", "/run/docker.sock", "/proc/*/environ", "/proc/*/mem",
)  # fmt: skip
_AUTORUN = (
    "**/.git/hooks", "**/.git/hooks/**", "**/.git/config", "**/.gitmodules",
    "~/.gitconfig", "~/.config/git/config", "~/.local/bin", "~/.local/bin/**",
    "~/bin", "~/bin/**", "~/.config/systemd/user/**", "~/.config/autostart/**",
    "**/.envrc", "**/.vscode/**", "**/.claude/**", "**/.cursor/**", "**/.idea/**",
    "**/*.pth", "~/.ssh/authorized_keys", "~/.ssh/config", "~/.ssh/rc",
    "**/sitecustomize.py", "**/.husky/**", "/etc/cron*", "/etc/cron*/**",
    "/var/spool/cron/**", "/etc/profile.d/**", "/etc/ld.so.preload",
    "/etc/systemd/system/**", "/usr/local/bin/**", "/usr/local/sbin/**",
)  # fmt: skip
_STARTUP = (
    "~/.bashrc", "~/.bash_profile", "~/.bash_login", "~/.bash_logout", "~/.profile",
    "~/.bash_aliases", "~/.zshrc", "~/.zshenv", "~/.zprofile", "~/.zlogin",
    "~/.config/fish/**", "~/.inputrc", "~/.xsessionrc", "~/.xinitrc", "~/.xprofile",
    "~/.vimrc", "~/.config/nvim/**", "~/.tmux.conf", "~/.screenrc",
    "~/.pam_environment",
    "/etc/profile", "/etc/bash.bashrc", "/etc/environment", "/etc/zsh/**",
)  # fmt: skip
_DEVICES_THAT_ARE_NONE = frozenset(
    ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom",
     "/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/tty")
)  # fmt: skip
_INCIDENTAL = (
    "~/.cache/**", "**/__pycache__/**", "**/*.pyc", "**/.pytest_cache/**",
    "**/.mypy_cache/**", "**/.ruff_cache/**",
)  # fmt: skip
_TELLING_IN_PROC = tuple(
    f"/proc/*/{thread}{name}{below}"
    for thread in ("", "task/*/")
    for name in ("environ", "mem", "root", "cwd", "fd", "exe", "map_files")
    for below in ("", "/**")
)
"""What leads from a process to its memory, its variables and its open files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The directory, the person, and the roots that classes are told by.

    All paths are absolute and normalised. `cwd` is None once it cannot be known.
    `own` are linara-agent's own state and configuration.
    """

    cwd: str | None
    home: str
    user: str = ""
    workspace: str | None = None
    temp: str = "/tmp"  # noqa: S108 — the default of every Unix
    own: tuple[str, ...] = ()

    def at(self, cwd: str | None) -> "Place":
        return replace(self, cwd=cwd)

    def absolute(self, text: str) -> str | None:
        """The normalised path; None where it cannot be known.

        Links are not followed, but for those of /proc that lead back to the root
        and to the directory: these are the same on every Linux.
        """
        if not text:
            return None
        if not text.startswith("/"):
            if self.cwd is None:
                return None
            text = posixpath.join(self.cwd, text)
        if _UP_FROM_A_LINK.search(text):
            return None
        path = "/" + posixpath.normpath(text).lstrip("/")
        return self._through_proc(path) if path.startswith("/proc/") else path

    def _through_proc(self, path: str) -> str | None:
        while (found := _LINK_IN_PROC.match(path)) is not None:
            process, link, rest = found.groups()
            if link == "root":
                path = "/" + rest.lstrip("/")
            elif self.cwd is None or process not in ("self", "thread-self"):
                return None
            else:
                path = self.cwd.rstrip("/") + rest
        return path


_UP_FROM_A_LINK = re.compile(r"^/+(proc/|dev/+(fd|std\w+)\b).*/\.\.(/|$)", re.DOTALL)
_LINK_IN_PROC = re.compile(
    r"/proc/(self|thread-self|\d+)(?:/task/[^/]+)?/(root|cwd)(/.*|$)", re.DOTALL
)


def workspace_of(cwd: str, home: str, top: str | None) -> str | None:
    """The git top or the directory; none when that is /, the home or above it."""
    root = top or cwd
    above_home = home == root or home.startswith(root.rstrip("/") + "/")
    return None if root == "/" or above_home else root


def is_nothing(path: str) -> bool:
    """Devices that keep nothing and tell nothing."""
    return path in _DEVICES_THAT_ARE_NONE or path.startswith("/dev/fd/")


@lru_cache(maxsize=8192)
def classify(path: str, place: Place) -> PathClass:
    """The most telling class of a path (or of a glob, taken as a text)."""
    for found, patterns in (
        (PathClass.AUTORUN, _AUTORUN),
        (PathClass.SECRETS, SECRET_PLACES),
        (PathClass.SECRETS, _TELLING_IN_PROC),
        (PathClass.STARTUP, _STARTUP),
    ):
        if _any(path, patterns, place.home):
            return found
    if any(_below(path, own) for own in place.own):
        return PathClass.OWN
    if _below(path, "/dev/shm"):  # noqa: S108 — memory that stands for files
        return PathClass.TEMP
    if _below(path, "/dev"):
        return PathClass.DEVICE
    if _below(path, "/proc") or _below(path, "/sys"):
        return PathClass.PROC
    if _any(path, _INCIDENTAL, place.home):
        return PathClass.INCIDENTAL
    return _region(path, place)


@lru_cache(maxsize=8192)
def is_secret(path: str, place: Place) -> bool:
    """It tells a secret when it is read, whatever else it is."""
    return _any(path, (*SECRET_PLACES, *_TELLING_IN_PROC), place.home)


def _region(path: str, place: Place) -> PathClass:
    if place.workspace is not None and _below(path, place.workspace):
        return PathClass.WORKSPACE
    if _below(path, place.home):
        return PathClass.HOME
    if any(_below(path, temp) for temp in (place.temp, "/tmp", "/var/tmp")):  # noqa: S108 — the places themselves
        return PathClass.TEMP
    if _below(path, "/home") or _below(path, "/root"):
        return PathClass.OTHER_USER
    if any(_below(path, root) for root in _SYSTEM) or path == "/":
        return PathClass.SYSTEM
    return PathClass.OUTSIDE


_SYSTEM = (
    "/bin", "/boot", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/run",
    "/sbin", "/usr", "/var",
)  # fmt: skip


def hidden_below(path: str, place: Place) -> Iterator[str]:
    """Secret places that lie below a tree, as globs."""
    for pattern in SECRET_PLACES:
        if pattern.startswith("~/"):
            full = place.home + pattern[1:]
            root = static_directory(full + "/x" if "*" not in full else full)
            if _below(root, path) and root != place.home:
                yield root
        elif pattern.startswith("/") and "*" not in pattern and _below(pattern, path):
            yield pattern
    if path in ("/", "/proc") or re.fullmatch(r"/proc/[^/]+(/task(/[^/]+)?)?", path):
        yield "/proc/*/environ"


def hidden_matching(glob: str, place: Place) -> Iterator[str]:
    """Secret places that a glob may match; `*` alone is not taken for a hint."""
    yield from _meeting(glob, (*SECRET_PLACES, *_TELLING_IN_PROC), place.home)


def may_run_later(glob: str, place: Place) -> PathClass | None:
    """The class of the start-up files or hooks that a glob may match."""
    for found, patterns in (
        (PathClass.AUTORUN, _AUTORUN),
        (PathClass.STARTUP, _STARTUP),
    ):
        if any(_meeting(glob, patterns, place.home)):
            return found
    return None


def _meeting(glob: str, patterns: tuple[str, ...], home: str) -> Iterator[str]:
    name = glob.rpartition("/")[2]
    telling = any(char.isalnum() for char in name)
    for pattern in patterns:
        full = home + pattern[1:] if pattern.startswith("~/") else pattern
        ending = pattern.removeprefix("**/")
        if pattern.startswith("**/*"):
            # `main*` might match `main.key`; only one like `*.k*` hints at it.
            hints = telling and matches(name, ending.replace("*", "x"))
        else:
            hints = telling or pattern[:3] != "**/" or ending.startswith(".")
        if hints and intersect(glob, full):
            yield full


def other_regions(glob: str, place: Place) -> Iterator[PathClass]:
    """The classes that a glob with a wildcard high up (`/e*c`) may reach."""
    start = static_directory(glob)
    roots = [(root, PathClass.SYSTEM) for root in _SYSTEM]
    roots += [("/home", PathClass.OTHER_USER), ("/root", PathClass.OTHER_USER)]
    roots += [("/dev", PathClass.DEVICE), (place.home, PathClass.HOME)]
    found = {
        cls
        for root, cls in roots
        if root != start
        and _below(root, start)
        and (intersect(glob, root) or intersect(glob, root + "/**"))
    }
    yield from sorted(found)


def _any(path: str, patterns: tuple[str, ...], home: str) -> bool:
    return any_of(_at_home(patterns, home)).fullmatch(path) is not None


@lru_cache(maxsize=64)
def _at_home(patterns: tuple[str, ...], home: str) -> tuple[str, ...]:
    return tuple(home + one[1:] if one.startswith("~/") else one for one in patterns)


def _below(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip("/") + "/")
