"""What real bash makes of a text that the tests themselves have generated.

It runs in a container of its own: no network, nothing that can be written but an
empty directory in memory, no capability, not root. Its programs are this machine's,
read-only, so nothing is pulled. Inside, bash finds no program at all: PATH leads
nowhere, the environment is empty, and the only commands a generated script calls
are builtins and the markers defined here.
"""

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
from docker.types import Mount
from docker.utils.socket import frames_iter

from tests.core.shell import bash_server

BASH = os.path.realpath(shutil.which("bash") or "/bin/bash")
LABEL = "org.linara-agent.test-bash"
MARKERS = tuple(f"m{number}" for number in range(1, 10))
HOME = bash_server.HOME
PATIENCE = 20.0
_NOBODY = "65534:65534"
_LIMITS: dict[str, Any] = {
    "network_disabled": True,
    "read_only": True,
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
    "user": _NOBODY,
    "pids_limit": 200,
    "mem_limit": "256m",
    "memswap_limit": "256m",
    "tmpfs": {"/work": "size=4m,nosuid,nodev,noexec"},
}
# A marker writes its name, the number of its words and the words; as one write,
# for several may run at a time, and a newline would make it two.
_NEWLINE = "\1"
_PROLOGUE = "".join(
    f"{name}() {{ printf '%s\\0' {name} \"$#\" \"${{@//$'\\n'/$'\\1'}}\" >&9; }}\n"
    for name in MARKERS
)


@dataclass(frozen=True, slots=True)
class Ran:
    """One command that bash ran: a marker and its words."""

    name: str
    words: tuple[str, ...]


def accepts(text: str) -> bool:
    """`bash -n` takes it without complaint (a warning is one); nothing runs."""
    checked = subprocess.run(
        [BASH, "--norc", "--noprofile", "-n", "-c", os.fsencode(text)],
        env={"LC_ALL": "C.UTF-8"},
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
        timeout=60,
    )
    return checked.returncode == 0 and not checked.stderr


class Oracle:
    """Asks the bash in the container, over the streams of its process 1."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._stream.settimeout(3 * PATIENCE)
        frames: Any = frames_iter  # the library gives it no types
        self._frames = frames(stream, tty=False)
        self._rest = b""

    def run(self, script: str, *, seconds: float = PATIENCE) -> tuple[Ran, ...] | None:
        """The markers that ran, in no certain order, until every process has ended.

        None for a script that goes on for longer than these seconds.
        """
        pieces = self._ask("run", _PROLOGUE + script, seconds=seconds)
        return None if pieces is None else _parsed(pieces)

    def words_of(self, word: str, *, before: str = "") -> tuple[str, ...] | None:
        """The words that one word expands to; None where bash refuses it."""
        pieces = self._ask("words", f"{before}\nprintf '%s\\0' {word}\n")
        return None if pieces is None else tuple(pieces)

    def _ask(
        self, kind: str, text: str, *, seconds: float = PATIENCE
    ) -> list[str] | None:
        request = {"kind": kind, "text": text, "bash": BASH, "seconds": seconds}
        self._stream.sendall(json.dumps(request).encode() + b"\n")
        while b"\n" not in self._rest:
            number, data = next(self._frames, (0, b""))
            assert number == 1, f"the bash in the container is gone: {data!r}"
            self._rest += data
        line, self._rest = self._rest.split(b"\n", 1)
        pieces: list[str] | None = json.loads(line)
        return pieces


def _parsed(pieces: list[str]) -> tuple[Ran, ...]:
    found: list[Ran] = []
    at = 0
    while at < len(pieces):
        count = int(pieces[at + 1])
        words = pieces[at + 2 : at + 2 + count]
        found.append(Ran(pieces[at], tuple(w.replace(_NEWLINE, "\n") for w in words)))
        at += 2 + count
    return tuple(found)


@contextmanager
def bash_in_a_container(client: docker.DockerClient) -> Iterator[Oracle]:
    """A bash to ask; container and image are gone afterwards.

    The container ends by itself as soon as nobody holds its standard input.
    """
    places = tuple(_places())
    image = client.api.import_image_from_data(
        _skeleton(places), changes=[f"LABEL {LABEL}={os.getpid()}"]
    )
    name = json.loads(image.splitlines()[-1])["status"]
    python = os.path.realpath(sys.executable)
    server = Path(bash_server.__file__).read_text()
    try:
        container = client.containers.create(
            name,
            [python, "-I", "-S", "-u", "-c", server],
            mounts=[Mount(at, at, type="bind", read_only=True) for at in places],
            labels={LABEL: str(os.getpid())},
            stdin_open=True,
            **_LIMITS,
        )
        try:
            yield from _attached(container)
        finally:
            container.remove(force=True, v=True)
    finally:
        client.images.remove(name)


def _attached(container: Any) -> Iterator[Oracle]:
    streams = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
    attached = container.attach_socket(params=streams)
    try:
        container.start()
        yield Oracle(attached._sock)
    finally:
        attached._sock.close()
        attached.close()


def _places() -> Iterator[str]:
    """Where bash, the interpreter of the server and their libraries lie."""
    for path in ("/usr", "/bin", "/lib", "/lib64"):
        if Path(path).is_dir() and not Path(path).is_symlink():
            yield path
    for needed in (BASH, sys.base_prefix):
        if not Path(needed).is_relative_to("/usr"):
            yield needed


def _skeleton(places: tuple[str, ...]) -> bytes:
    """A tar of what cannot be mounted: empty directories, and the symlinks of `/`."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        parents = {parent for at in places for parent in Path(at).parents}
        for path in [*sorted(parents - {Path("/")}), Path("/work")]:
            entry = tarfile.TarInfo(str(path).lstrip("/"))
            # What is mounted there takes the mode of the directory.
            mode = 0o777 if path.name == "work" else 0o755
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            tar.addfile(entry)
        for path in (Path("/bin"), Path("/lib"), Path("/lib64")):
            if path.is_symlink():
                entry = tarfile.TarInfo(path.name)
                entry.type, entry.linkname = tarfile.SYMTYPE, str(path.readlink())
                tar.addfile(entry)
    return made.getvalue()
