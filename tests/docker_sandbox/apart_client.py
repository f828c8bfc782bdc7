"""A client of the sandbox's own process, for tests: `python -m`, with what it is to do.

Forks that process as the program does, in its first lines, and prints one JSON object.
"""

import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import docker

from linara_agent.docker_sandbox.apart import Apart, ApartSandbox, Broken, begin
from linara_agent.wiring.premises import premises_of_child


def children() -> list[int]:
    """The processes that this one began and that still live."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            fields = (process / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z" and int(fields[1]) == os.getpid():
            found.append(int(process.name))
    return found


class Told:
    """Progress that is kept."""

    def __init__(self) -> None:
        self.words: list[str] = []

    @contextmanager
    def step(self, words: str) -> Iterator[None]:
        self.words.append(words)
        yield
        self.words.append("-")


def preview(apart: Apart, plan: str, *, twins: int = 1) -> dict[str, object]:
    """Make several twins, run the plan in the last, and tell what came of it."""
    # Loaded when the other process is there, as by the program.
    from linara_agent.errors import LinaraError  # noqa: PLC0415
    from tests.docker_sandbox.conftest import PLANS, PREVIEWS  # noqa: PLC0415

    told = Told()
    sandbox = ApartSandbox(apart, progress=told)
    wanted = PLANS.validate_json(plan)
    try:
        *others, last = [sandbox.prepare(wanted) for _ in range(twins)]
        for other in others:
            other.discard()
        reaped = sandbox.reap()
        with tempfile.TemporaryDirectory() as blobs:
            made = last.run(wanted, digest="the-digest", blobs=Path(blobs))
            contents = [one.read_text() for one in Path(blobs).iterdir()]
    except LinaraError as error:
        notes = error.__notes__ if hasattr(error, "__notes__") else []
        return {
            "error": type(error).__name__,
            "what": [error.what, error.not_done, error.remedy],
            "notes": notes,
        }
    return {
        "reaped": reaped,
        "preview": json.loads(PREVIEWS.dump_json(made)),
        "contents": contents,
        "words": told.words,
    }


def previewed(apart: Apart) -> dict[str, object]:
    return preview(apart, sys.argv[2], twins=2)


def settled(apart: Apart) -> dict[str, object]:
    """What the engine still has of a preview when it is to be gone."""
    preview(apart, sys.argv[2])
    ApartSandbox(apart, progress=Told()).settle()
    client = docker.from_env()
    label = f"org.linara-agent.client={os.getpid()}"
    labels: dict[str, str | list[str] | bool] = {"label": label}
    containers = client.containers.list(all=True, filters=labels, ignore_removed=True)
    volumes = client.volumes.list(filters=labels)
    return {"containers": len(containers), "volumes": len(volumes)}


def signalled(apart: Apart) -> dict[str, object]:
    """What a terminal, or who ends the whole group, sends to both processes."""
    [child] = children()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(child, number)
    return preview(apart, sys.argv[2])


def bereft(apart: Apart) -> dict[str, object]:
    """The process of the sandbox is killed."""
    [child] = children()
    os.kill(child, signal.SIGKILL)
    return preview(apart, sys.argv[2])


def opened(apart: Apart) -> dict[str, object]:
    """What the process has open when it has begun to serve."""
    [child] = children()
    preview(apart, sys.argv[2])
    there = Path(f"/proc/{child}/fd")
    streams = [str((there / str(number)).readlink()) for number in range(3)]
    ours = [Path(f"/proc/self/fd/{number}").readlink() for number in range(3)]
    everything = [one.readlink() for one in there.iterdir()]
    return {
        "streams": streams,
        "shared": [str(one) for one in ours if one in everything],
    }


def broken(_client: int) -> NoReturn:
    raise ZeroDivisionError


def buggy(apart: Apart) -> dict[str, object]:
    """What the process is to know of itself cannot be told, for a mistake of ours."""
    try:
        return preview(apart, sys.argv[2])
    except Broken as error:
        return {"notes": error.__notes__}


CASES: dict[str, Callable[[Apart], dict[str, object]]] = {
    one.__name__: one for one in (previewed, settled, signalled, bereft, opened, buggy)
}


def main() -> None:
    case = sys.argv[1]
    apart = begin(broken if case == "buggy" else premises_of_child)
    found = {"apart": False} if apart is None else CASES[case](apart)
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
