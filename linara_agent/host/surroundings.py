"""What of this machine may be told to a model, and what runs here at all."""

import os
import shutil
from collections.abc import Iterator, Mapping

_WORTH_KNOWING = (
    "rg", "fd", "fdfind", "jq", "yq", "git", "python3", "perl", "node", "curl",
    "wget", "rsync", "zip", "unzip", "7z", "xz", "zstd", "ffmpeg", "convert",
    "magick", "pandoc", "sqlite3", "docker", "kubectl", "apt-get", "dnf", "pacman",
    "apk", "systemctl", "ss", "ncdu", "tree", "parallel",
)  # fmt: skip
"""Programs that a better command can be written with where they are installed."""

_BUILTINS = frozenset(
    {".", ":", "[", "alias", "bg", "bind", "break", "builtin", "caller", "cd"}
    | {"command", "compgen", "complete", "compopt", "continue", "declare", "dirs"}
    | {"disown", "echo", "enable", "eval", "exec", "exit", "export", "false", "fc"}
    | {"fg", "getopts", "hash", "help", "history", "jobs", "kill", "let", "local"}
    | {"logout", "mapfile", "popd", "printf", "pushd", "pwd", "read", "readarray"}
    | {"readonly", "return", "set", "shift", "shopt", "source", "suspend", "test"}
    | {"times", "trap", "true", "type", "typeset", "ulimit", "umask", "unalias"}
    | {"unset", "wait"}
)
"""`compgen -b` of bash 5.2."""

_MOST_NAMES = 60
_DEEP = 2


def installed(name: str, environment: Mapping[str, str]) -> bool:
    """Whether bash would find something to run by that name."""
    return (
        name in _BUILTINS
        or shutil.which(name, path=environment.get("PATH")) is not None
    )


def tools(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Those worth knowing of that are on PATH."""
    return tuple(name for name in _WORTH_KNOWING if installed(name, environment))


def listing(directory: str) -> tuple[str, ...]:
    """At most 60 names in and just below a directory, hidden ones left out.

    Relative, sorted, directories with a slash at their end; links are not followed.
    """
    near = sorted(_names(directory, "", _DEEP), key=lambda n: n.rstrip("/").count("/"))
    return tuple(sorted(near[:_MOST_NAMES]))


def _names(directory: str, prefix: str, deep: int) -> Iterator[str]:
    try:
        with os.scandir(directory) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return
    shown = [entry for entry in found if not entry.name.startswith(".")]
    for entry in shown[:_MOST_NAMES]:
        below = entry.is_dir(follow_symlinks=False)
        yield f"{prefix}{entry.name}{'/' if below else ''}"
        if below and deep > 1:
            yield from _names(entry.path, f"{prefix}{entry.name}/", deep - 1)
