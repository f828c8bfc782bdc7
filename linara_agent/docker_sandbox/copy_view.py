"""The view `copy`: the workspace in a toolbox, for engines that see another machine.

Two containers share volumes of the engine: a keeper of ours, into which the workspace
is streamed as a tar and which tells afterwards what is different (`copy_out`), and the
one in which the script runs, shut like a twin. The rest of the machine is not there:
programs and `/etc` are the toolbox's, the home and the temporary directories are empty.
Its output is therefore never the answer, and what it writes beside the workspace is
found, named, and keeps the changes from being applied.
"""

import io
import json
import os
import secrets
import tarfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from linara_agent.core import need
from linara_agent.core.preview import Preview
from linara_agent.core.sandbox_plan import SandboxPlan
from linara_agent.docker_sandbox import capture, copy_config, frames, runtime, toolbox
from linara_agent.docker_sandbox.assembly import BOOT, boot
from linara_agent.docker_sandbox.attachment import STDOUT, Attachment, StreamSilent
from linara_agent.docker_sandbox.caretaker import CaretakerOutput, source
from linara_agent.docker_sandbox.changes import (
    ChangeSet,
    Layer,
    ReadSettings,
    read_changes,
)
from linara_agent.docker_sandbox.copy_config import DESK, PYTHON, VIEW, Grounds
from linara_agent.docker_sandbox.copy_in import Cargo, add_directory, gather, pack
from linara_agent.docker_sandbox.copy_out import FULL, GO, READY
from linara_agent.docker_sandbox.copy_remarks import findings, notes
from linara_agent.docker_sandbox.copy_run import broken, orders, outcome_of
from linara_agent.docker_sandbox.endpoint import NOT_DONE
from linara_agent.docker_sandbox.identity import Outdated
from linara_agent.docker_sandbox.prepared import ground
from linara_agent.docker_sandbox.twin import Start, twin_config
from linara_agent.docker_sandbox.workshop import Workshop
from linara_agent.errors import SandboxUnavailable

_PATIENCE_S = 120.0
_AFTER_WALL_S = 30.0
_CLOCK_STEP_NS = 20_000_000

KEEPER = """\
import json, sys, types
boot = json.loads(sys.stdin.buffer.raw.readline())
for name in ("linara_agent", "linara_agent.docker_sandbox"):
    sys.modules[name] = types.ModuleType(name)
for name in ("upper_walk", "copy_out"):
    module = types.ModuleType("linara_agent.docker_sandbox." + name)
    sys.modules[module.__name__] = module
    exec(compile(boot[name], name, "exec"), module.__dict__)
raise SystemExit(module.main(boot["roots"], boot))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What stands ready: both containers run, and the keeper knows the copy."""

    workshop: Workshop
    grounds: Grounds
    cargo: Cargo
    streamed_ns: int
    keeper: str
    kept: Attachment
    container: str
    attachment: Attachment
    why: str


class PreparedCopy:
    """Used once: `run` or `discard`; both take everything down."""

    def __init__(
        self,
        copy: Copy,
        plan: SandboxPlan,
        stack: ExitStack,
        *,
        again: Callable[[SandboxPlan], "PreparedCopy"],
    ) -> None:
        self._copy = copy
        self._plan = plan
        self._stack = stack
        self._again = again
        self._listener = capture.Listener(copy.attachment)
        self._full = False

    def run(self, plan: SandboxPlan, *, digest: str, blobs: Path) -> Preview:
        """See `ports.PreparedPreview`; raises SandboxUnavailable.

        A copy for another ground, or one that waited too long, is made anew.
        """
        copy = self
        if ground(plan) != ground(self._plan):
            self.discard()
            copy = self._again(plan)
        try:
            return copy.run_once(plan, digest, blobs)
        except Outdated:
            return self._again(plan).run(plan, digest=digest, blobs=blobs)

    def run_once(self, plan: SandboxPlan, digest: str, blobs: Path) -> Preview:
        with self._stack:
            self._greet()
            captured = self._listen(plan)
            engine = self._copy.workshop.engine
            outcome = outcome_of(
                captured,
                engine=engine,
                container=self._copy.container,
                full=self._full,
                complaints=bytes(self._listener.complaints),
            )
            self._copy.attachment.close()
            engine.remove(self._copy.container)
            changed, beside = self._read(plan, blobs)
        tried = bool((captured.report or {}).get("network_tried"))
        needs = need.findings(plan.wants, outcome, network_tried=tried)
        return Preview(
            digest=digest,
            view=VIEW,
            outcome=outcome,
            changes=changed.changes,
            findings=changed.findings + findings(outcome, beside, plan) + needs,
            network_tried=tried,
            notes=notes(self._copy.grounds, self._copy.cargo, self._copy.why),
            runtime=runtime.unusual(engine, plan.runtime),
        )

    def discard(self) -> None:
        self._stack.close()

    def _greet(self) -> None:
        try:
            found = self._listener.next(_PATIENCE_S)
        except (StreamSilent, capture.Garbled):
            found = None
        if found is None or found[0] != frames.HELLO:
            raise broken("did not start", bytes(self._listener.complaints))

    def _listen(self, plan: SandboxPlan) -> capture.Captured:
        line = json.dumps(orders(plan, self._copy.grounds)).encode() + b"\n"
        try:
            with suppress(BrokenPipeError):  # it has ended; the stream's end says so
                self._copy.attachment.send(line)
            return capture.collect(
                self._listener,
                output=plan.limits.output,
                wall_s=plan.limits.wall_s + _AFTER_WALL_S,
                tick=self._check_disk,
            )
        except (OSError, capture.Garbled) as exc:
            raise broken("broke off", bytes(self._listener.complaints)) from exc

    def _check_disk(self) -> None:
        """The keeper says when the script fills the engine's disk."""
        with suppress(StreamSilent):
            piece = self._copy.kept.read(0)
            if piece is not None and FULL in piece[1]:
                self._full = True
                self._copy.workshop.engine.kill(self._copy.container)

    def _read(self, plan: SandboxPlan, blobs: Path) -> tuple[ChangeSet, Any]:
        copy = self._copy
        settings = ReadSettings(
            blobs=blobs,
            started_ns=copy.streamed_ns,
            placeholders=copy.cargo.placeholders,
            entries=plan.limits.entries,
            home=plan.caller.home,
        )
        copy.kept.send(GO)
        output = io.BufferedReader(CaretakerOutput(copy.kept, jobs=()))
        head = output.readline()
        while head in (FULL, READY):
            head = output.readline()
        if not head:
            raise broken("fell silent", _said(copy.kept))
        layer = Layer(host=copy.grounds.workspace, upper="")
        changed = read_changes([layer], stream=output, settings=settings)
        return changed, copy.grounds.named(json.loads(head))


def _said(kept: Attachment) -> bytes:
    """What the keeper still had to say on any stream."""
    said = b""
    with suppress(StreamSilent):
        while (piece := kept.read(1.0)) is not None:
            said += piece[1]
    return said


def prepare(
    workshop: Workshop, plan: SandboxPlan, recipe: toolbox.Recipe, *, why: str
) -> PreparedCopy:
    """Copy the workspace and start what waits for the text."""
    refused = {
        "--network": plan.network,
        "--trace": plan.tracer is not None,
        "--steps": plan.stepwise,
    }
    for option in (name for name, asked in refused.items() if asked):
        raise SandboxUnavailable(
            f"A preview in a copy of the workspace cannot have {option}.",
            not_done=NOT_DONE,
            remedy=f"Call again without {option}, or use an engine on this machine.",
        )
    image = toolbox.required(workshop.engine, recipe)
    grounds = Grounds.of(plan, f"linara-copy-{plan.run}-{secrets.token_hex(4)}")
    streamed_ns = time.time_ns() - _CLOCK_STEP_NS
    limits = plan.limits
    cargo = gather(
        grounds.workspace, plan.masks, most=limits.copied, entries=limits.entries
    )
    with ExitStack() as stack:
        for volume in grounds.volumes:
            stack.callback(workshop.engine.remove_volume, volume)
        keeper, kept = _keeper(workshop, plan, image, (grounds, cargo), stack)
        container, attachment = _script(workshop, plan, image, grounds, stack)
        copy = Copy(
            workshop=workshop,
            grounds=grounds,
            cargo=cargo,
            streamed_ns=streamed_ns,
            keeper=keeper,
            kept=kept,
            container=container,
            attachment=attachment,
            why=why,
        )

        def again(anew: SandboxPlan) -> PreparedCopy:
            return prepare(workshop, anew, recipe, why=why)

        return PreparedCopy(copy, plan, stack.pop_all(), again=again)


def _keeper(
    workshop: Workshop,
    plan: SandboxPlan,
    image: str,
    ground: tuple[Grounds, Cargo],
    stack: ExitStack,
) -> tuple[str, Attachment]:
    """Fill the copy; returns once the keeper has written down what is there."""
    grounds, cargo = ground
    engine, labels = workshop.engine, workshop.owner.labels(plan.run)
    start = Start(
        image=image, command=(PYTHON, "-I", "-S", "-c", KEEPER), labels=labels
    )
    container = engine.create(copy_config.keeper_config(start, grounds))
    stack.callback(engine.remove, container)
    with _sending(grounds), TemporaryFile() as archive:
        pack(cargo, f"{DESK.lstrip('/')}/0", archive)
        archive.seek(0)
        engine.put_archive(container, "/", archive)
    engine.put_archive(container, "/", _places(grounds))
    attachment = engine.attach(container)
    stack.callback(attachment.close)
    engine.start(container)
    told = {
        "upper_walk": source("upper_walk"),
        "copy_out": source("copy_out"),
        "roots": [f"{DESK}/{number}" for number in range(len(grounds.volumes))],
        "limit": plan.limits.scratch,
        "placeholders": [grounds.inner(path) for path in cargo.placeholders],
        "linked": [_latin(inner) for inner in cargo.linked],
    }
    attachment.send(json.dumps(told).encode() + b"\n")
    _await_ready(attachment)
    return container, attachment


def _sending(grounds: Grounds) -> "_Sending":
    return _Sending(grounds.workspace)


class _Sending:
    """Turns a full disk here into a SandboxUnavailable."""

    def __init__(self, workspace: str) -> None:
        self._workspace = workspace

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, exc: BaseException | None, trace: object) -> None:
        if isinstance(exc, OSError):
            raise SandboxUnavailable(
                f"The workspace {self._workspace} could not be packed "
                f"({exc.strerror or exc}).",
                not_done=NOT_DONE,
                remedy="Free some space in the temporary directory, or set TMPDIR.",
            ) from exc


def _places(grounds: Grounds) -> bytes:
    """The places beside the workspace: empty, with the host's owners and modes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for number, place in enumerate(grounds.beside, start=1):
            for inner in grounds.way_below(place):
                status = Path(f"{place}/{inner}").lstat()
                name = f"{DESK.lstrip('/')}/{number}/{inner}".rstrip("/")
                add_directory(tar, name, status)
    return buffer.getvalue()


def _await_ready(attachment: Attachment) -> None:
    said = b""
    try:
        while READY not in said:
            piece = attachment.read(_PATIENCE_S)
            if piece is None:
                raise broken("did not start", said)
            said += piece[1]
            if piece[0] != STDOUT:
                said += _said(attachment)
    except StreamSilent as exc:
        raise broken("fell silent", said) from exc


def _script(
    workshop: Workshop,
    plan: SandboxPlan,
    image: str,
    grounds: Grounds,
    stack: ExitStack,
) -> tuple[str, Attachment]:
    engine, labels = workshop.engine, workshop.owner.labels(plan.run)
    config = twin_config(
        plan,
        start=Start(
            image=image, command=(PYTHON, "-I", "-S", "-c", BOOT), labels=labels
        ),
        mounts=grounds.mounts(labels),
        seccomp=workshop.seccomp,
    )
    config["HostConfig"] |= runtime.config(engine, plan.runtime)
    container = engine.create(config)
    stack.callback(engine.remove, container)
    attachment = engine.attach(container)
    stack.callback(attachment.close)
    engine.start(container)
    attachment.send(boot((), workshop.standby_s))
    return container, attachment


def _latin(path: str) -> str:
    return os.fsencode(path).decode("latin-1")
