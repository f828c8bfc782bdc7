"""Tries to break out of a real twin, and to use it up: what `doctor --sandbox` shows.

`attempts` is what runs inside. Here is what it needs outside: listeners to reach, a
directory to write in, a secret to read, and the look afterwards at what became of
them. What gives no clear answer counts as not stopped.
"""

import hashlib
import json
import secrets
import shlex
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from linara_agent.core.change import FileType
from linara_agent.core.check import Check
from linara_agent.core.preview import Preview
from linara_agent.core.sandbox_plan import Limits, SandboxPlan
from linara_agent.docker_sandbox.caretaker import source
from linara_agent.docker_sandbox.endpoint import find_endpoint
from linara_agent.docker_sandbox.exhaustion import EXHAUSTIONS, Exhaustion
from linara_agent.docker_sandbox.interpreter import interpreter
from linara_agent.docker_sandbox.owner import Owner
from linara_agent.docker_sandbox.sandbox import DockerSandbox, Premises

FILE_SIZE = 16 << 20
_KEPT = "kept as it was\n"
_ELSEWHERE = ("192.0.2.1", 9)
"""An address for documentation (RFC 5737); nothing is sent to it."""

REMEDY = (
    "Let nothing unreviewed run here. Look at `docker info` (security options,"
    " runtime, cgroups) and at `linara-agent sandbox status`, then try again."
)


class Runner(Protocol):
    """Runs a text in a sandbox."""

    def __call__(
        self, text: str, *, limits: Limits, masks: tuple[str, ...], blobs: Path
    ) -> Preview: ...


def in_twin(sandbox: DockerSandbox, plan: SandboxPlan) -> Runner:
    """Each text in a twin of its own; of the plan the rest is used."""

    def run(
        text: str, *, limits: Limits, masks: tuple[str, ...], blobs: Path
    ) -> Preview:
        wanted = replace(plan, text=text, limits=limits, masks=masks)
        return sandbox.preview(wanted, digest="", blobs=blobs)

    return run


@dataclass(slots=True, kw_only=True)
class Stage:
    """What stands on the host for one round; `reached` are listeners that were."""

    folder: Path
    ground: Mapping[str, Any]
    reached: set[str] = field(default_factory=set)

    @property
    def directory(self) -> Path:
        return self.folder / "work"

    @property
    def secret(self) -> Path:
        return self.folder / "secret" / "key"


def trials(
    run: Runner, premises: Premises, *, only: Sequence[str] = ()
) -> Iterator[Check]:
    """One line for each attempt, ok if it was stopped. Raises SandboxUnavailable.

    `only` names attempts; the exhausting ones are made when it is empty.
    """
    with _stage(premises) as stage, TemporaryDirectory() as blobs:
        preview = run(
            call(source("attempts"), json.dumps(stage.ground), *only),
            limits=Limits(wall_s=60.0, file_size=FILE_SIZE),
            masks=(str(stage.secret.parent),),
            blobs=Path(blobs),
        )
        answers = answers_of(preview.outcome.stdout)
        for name in only or names():
            yield _judged(name, answers.get(name), stage, (preview, Path(blobs)))
        if not only:
            for one in EXHAUSTIONS:
                yield _exhausted(run, one, stage.directory)


def call(program: str, *arguments: str) -> str:
    """A shell text that becomes a program of ours."""
    words = (interpreter(), "-I", "-S", "-c", program, *arguments)
    return "exec " + shlex.join(words)


def names() -> tuple[str, ...]:
    from linara_agent.docker_sandbox.attempts import ATTEMPTS  # noqa: PLC0415 — its source is what counts

    return tuple(ATTEMPTS)


def answers_of(output: bytes) -> dict[str, tuple[bool | None, str]]:
    """What the program inside said: open or not (None: it failed), and what it saw."""
    found: dict[str, tuple[bool | None, str]] = {}
    for line in output.splitlines():
        try:
            answer = json.loads(line)
            found[str(answer["name"])] = (answer["open"], str(answer["saw"]))
        except (ValueError, KeyError, TypeError):
            continue
    return found


def _judged(
    name: str,
    answer: tuple[bool | None, str] | None,
    stage: Stage,
    result: tuple[Preview, Path],
) -> Check:
    is_open, saw = answer or (None, "it gave no answer")
    outside = _seen_outside(name, stage, *result)
    if outside is not None:
        is_open, saw = (is_open is not False) or outside[0], outside[1]
    return _row(name, saw, stopped=is_open is False)


def _row(name: str, saw: str, *, stopped: bool) -> Check:
    return Check(name=name, ok=stopped, detail=saw, remedy=None if stopped else REMEDY)


def _seen_outside(
    name: str, stage: Stage, preview: Preview, blobs: Path
) -> tuple[bool, str] | None:
    """Whether the host shows traces of it; None where there is nothing to see."""
    if name in stage.reached:
        return True, "a listener on the host was reached"
    if name == "write in workspace":
        return _written(stage)
    if name == "links read back":
        return _followed(stage, preview, blobs)
    return None


def _written(stage: Stage) -> tuple[bool, str]:
    kept = (stage.directory / "kept").read_text(encoding="utf-8")
    made = (stage.directory / "made").exists()
    if kept != _KEPT or made:
        return True, "the files on the host were changed"
    return False, "the files on the host are as they were"


def _followed(stage: Stage, preview: Preview, blobs: Path) -> tuple[bool, str]:
    """The links must come back as links, and nothing of what they point to."""
    states = {change.path: change.after for change in preview.changes}
    wanted = [str(stage.directory / name) for name in ("link", "inside")]
    kinds = [
        state.type if (state := states.get(path)) is not None else None
        for path in wanted
    ]
    if kinds != [FileType.SYMLINK, FileType.SYMLINK]:
        return True, f"they came back as {', '.join(map(str, kinds))}"
    if (blobs / str(stage.ground["secret_digest"])).exists():
        return True, "what they point to came with them"
    return False, "they came back as links, without what they point to"


def _exhausted(run: Runner, one: Exhaustion, directory: Path) -> Check:
    with TemporaryDirectory() as blobs:
        preview = run(
            call(one.program, str(directory)),
            limits=one.limits,
            masks=(),
            blobs=Path(blobs),
        )
    outcome = preview.outcome
    limits = ", ".join((*outcome.limits, *(["output"] if outcome.truncated else [])))
    ended = f"signal {outcome.signal}" if outcome.signal else f"exit {outcome.exit}"
    saw = (
        f"{ended} after {outcome.duration_s:.1f} s, limits reached: {limits or 'none'}"
    )
    return _row(one.name, saw, stopped=one.stopped(outcome))


@contextmanager
def _stage(premises: Premises) -> Iterator[Stage]:
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(TemporaryDirectory(prefix="linara-agent-trial-"))
        )
        ground: dict[str, Any] = {}
        stage = Stage(folder=folder, ground=ground)
        _furnish(stage)
        owner = Owner.of(premises.pid, premises.uid)
        key = stage.secret.read_bytes()
        ground |= {
            "directory": str(stage.directory),
            "secret": str(stage.secret),
            "secret_digest": hashlib.sha256(key).hexdigest(),
            "file_size": FILE_SIZE,
            "engine": find_endpoint(premises.environment).socket,
            "process": [premises.pid, owner.start if owner else ""],
        }
        _listen(stage, ground, stack)
        yield stage


def _furnish(stage: Stage) -> None:
    (stage.directory / "inside").mkdir(parents=True)
    (stage.directory / "inside" / "file").write_text("inside\n")
    (stage.directory / "kept").write_text(_KEPT)
    stage.secret.parent.mkdir()
    stage.secret.write_text(secrets.token_hex(32))


def _listen(stage: Stage, ground: dict[str, Any], stack: ExitStack) -> None:
    """On the loopback, on this machine's own address, and on two Unix sockets."""
    hosts = list(dict.fromkeys(["127.0.0.1", *_own_address()]))
    ground["tcp"], ground["udp"] = [], []
    for host in hosts:
        server = stack.enter_context(socket.create_server((host, 0)))
        ground["tcp"].append(list(server.getsockname()))
        _wait(stage, "network by address", server, server.accept, stack)
        asked = stack.enter_context(socket.socket(type=socket.SOCK_DGRAM))
        asked.bind((host, 0))
        ground["udp"].append(list(asked.getsockname()))
        _wait(stage, "name service", asked, partial(asked.recv, 100), stack)
    ground["socket"] = str(stage.folder / "socket")
    ground["abstract"] = f"linara-agent-trial-{secrets.token_hex(8)}"
    for name, address in (
        ("a host's socket", ground["socket"]),
        ("an abstract socket", "\0" + ground["abstract"]),
    ):
        server = stack.enter_context(socket.socket(socket.AF_UNIX))
        server.bind(address)
        server.listen()
        _wait(stage, name, server, server.accept, stack)


def _own_address() -> list[str]:
    """A datagram socket that is connected has an address, and has sent nothing."""
    with socket.socket(type=socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(_ELSEWHERE)
        except OSError:
            return []
        return [str(asking.getsockname()[0])]


def _wait(
    stage: Stage,
    name: str,
    server: socket.socket,
    take: Callable[[], Any],
    stack: ExitStack,
) -> None:
    """Note when somebody comes; ends when the socket is shut down at the end."""

    def wait() -> None:
        while True:
            try:
                came = take()
            except OSError:
                return
            if not came:
                return
            stage.reached.add(name)
            if isinstance(came, tuple):
                came[0].close()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    stack.callback(thread.join, 5.0)
    stack.callback(_shut, server)


def _shut(server: socket.socket) -> None:
    """Wake whoever waits on it; closing alone would not.

    A datagram socket that nobody is connected to wakes up as well, with an error.
    """
    with suppress(OSError):
        server.shutdown(socket.SHUT_RDWR)
