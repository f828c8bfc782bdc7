"""Find the secret places that exist, to hide them from the twin."""

import glob
from collections.abc import Iterable, Iterator
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
            if path.is_dir() or path.is_file():
                yield str(path)
