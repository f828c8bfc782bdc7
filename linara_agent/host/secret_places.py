"""Find the secret places that exist, to hide them from the twin."""

import glob
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path


def existing(
    patterns: Iterable[str], *, home: str, directories: Iterable[str]
) -> tuple[str, ...]:
    """Absolute paths that match; `**/NAME` is looked for in `directories` alone.

    A path below another one is left out: the outer one hides it. Sockets and devices
    are left out too, a twin cannot reach them.
    """
    roots = tuple(dict.fromkeys(directories))
    found = sorted({path for p in patterns for path in _matches(p, home, roots)})
    outermost: list[str] = []
    for path in found:
        if not any(path.startswith(outer + "/") for outer in outermost):
            outermost.append(path)
    return tuple(outermost)


def _matches(pattern: str, home: str, roots: tuple[str, ...]) -> Iterator[str]:
    if pattern.startswith("**/"):
        searched = [f"{glob.escape(root)}/{pattern[3:]}" for root in roots]
    else:
        whole = glob.escape(home) + pattern[1:] if pattern[:2] == "~/" else pattern
        searched = [whole.removesuffix("/**")]
    for one in searched:
        for found in glob.iglob(one, include_hidden=True):  # noqa: PTH207 — absolute patterns, which Path.glob refuses
            path = Path(found)
            with suppress(ProcessLookupError):  # below /proc: the process has ended
                if path.is_dir() or path.is_file():
                    yield str(path)


def hidden_places(
    patterns: Iterable[str], *, homes: Iterable[str], directories: Iterable[str]
) -> tuple[str, ...]:
    """What no twin shows: the secret places of these homes, of root's and of others'.

    A home or a directory in `/` that is shut to this process is hidden whole: in a
    twin it may be root who looks, and nobody here can tell what is secret in there.
    """
    wanted, roots = tuple(patterns), tuple(directories)
    all_homes = dict.fromkeys((*homes, *_other_homes()))
    shut = [path for path in (*all_homes, *_in_root()) if _is_shut(path)]
    found = [
        path
        for home in all_homes
        if home not in shut
        for path in existing(wanted, home=home, directories=(*roots, home))
    ]
    return tuple(sorted({*shut, *found}))


def _other_homes() -> Iterator[str]:
    yield "/root"
    yield from _directories("/home")


def _in_root() -> Iterator[str]:
    yield from _directories("/")


def _directories(path: str) -> Iterator[str]:
    try:
        with os.scandir(path) as entries:
            yield from (
                one.path for one in entries if one.is_dir(follow_symlinks=False)
            )
    except OSError:
        return


def _is_shut(path: str) -> bool:
    return Path(path).is_dir() and not os.access(path, os.R_OK | os.X_OK)
