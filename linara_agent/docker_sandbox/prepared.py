"""A started twin: hand it the text, listen, and read what changed."""

import io
import json
import os
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from linara_agent.core import need, peers
from linara_agent.core.preview import Outcome, Preview
from linara_agent.core.sandbox_plan import SandboxPlan
from linara_agent.core.steps import pieces, taken
from linara_agent.core.traced import Traced
from linara_agent.docker_sandbox import (
    capture,
    frames,
    identity,
    runtime,
    unpreviewable,
)
from linara_agent.docker_sandbox.assembly import Assembly
from linara_agent.docker_sandbox.attachment import StreamSilent
from linara_agent.docker_sandbox.caretaker import DESK, emptying, source
from linara_agent.docker_sandbox.endpoint import NOT_DONE
from linara_agent.docker_sandbox.scratch_guard import ScratchGuard
from linara_agent.docker_sandbox.step_marks import StepMarks
from linara_agent.docker_sandbox.tracing import read_trace, untraced
from linara_agent.errors import SandboxUnavailable

if TYPE_CHECKING:
    from linara_agent.docker_sandbox.changes import ChangeSet

VIEW = "twin"
_HELLO_S = 60.0
_AFTER_WALL_S = 30.0
_ENDING_S = 5.0
_CLOCK_STEP_NS = 20_000_000
"""The kernel stamps files with a clock that may lag by one tick."""

_SHELLS = ("/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash")
_KILLED = 9
_ATTEMPTS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """What a twin's maker does for it.

    `again` makes another one for a plan; `leave` takes down what a twin that has done
    its work still stands on, now or soon.
    """

    again: Callable[[SandboxPlan], "PreparedTwin"]
    leave: Callable[[ExitStack], None]


class PreparedTwin:
    """Used once: `run` or `discard`; both take everything down."""

    def __init__(
        self, assembly: Assembly, plan: SandboxPlan, stack: ExitStack, *, ways: Ways
    ) -> None:
        self._assembly = assembly
        self._plan = plan
        self._stack = stack
        self._ways = ways
        self._listener = capture.Listener(assembly.attachment)
        self._over_scratch = False
        self._marks = StepMarks(uppers={}, entries=plan.limits.entries)

    def run(self, plan: SandboxPlan, *, digest: str, blobs: Path) -> Preview:
        """See `ports.PreparedPreview`; raises SandboxUnavailable.

        Where the plan is of another ground than the one it was prepared with, or the
        mounts are others by now, it is made anew.
        """
        twin = self
        if not self._fits(plan):
            self.discard()
            twin = self._ways.again(plan)
        doubted: identity.Foreign | None = None
        for _ in range(_ATTEMPTS):
            try:
                return twin.run_once(plan, digest, blobs)
            except identity.Outdated:
                twin = self._ways.again(plan)
            except identity.Foreign as foreign:
                if not foreign.may_pass(doubted):
                    raise
                doubted = foreign
                twin = self._ways.again(plan)
        twin.discard()
        raise keeps_changing()

    def run_once(self, plan: SandboxPlan, digest: str, blobs: Path) -> Preview:
        """See `run`; raises identity.Outdated where another twin must be made."""
        with self._stack:
            self._greet()
            started_ns = time.time_ns() - _CLOCK_STEP_NS
            captured = self._listen(plan)
            outcome = self._outcome(plan, captured)
            self._end()
            report = captured.report or {}
            begun = report.get("steps") or self._marks.ended + 1
            self._marks.look(begun)
            changed = self._read(blobs, started_ns)
            self._ways.leave(self._stack.pop_all())
        tried = bool(report.get("network_tried"))
        hints = unpreviewable.findings(outcome.stderr, uid=plan.runs_as.uid)
        needs = need.findings(
            plan.wants,
            outcome,
            sudo=plan.sudo,
            network_tried=tried,
            network_open=plan.network,
        )
        spoken = peers.peers(report.get("peers", ()))
        if plan.network:
            needs += (peers.finding(spoken),)
        return Preview(
            digest=digest,
            view=VIEW,
            outcome=outcome,
            changes=self._marks.attributed(changed.changes),
            findings=changed.findings + hints + needs,
            network_tried=tried,
            network_open=plan.network,
            connections=spoken,
            notes=self._marks.notes + changed.notes(),
            unshown=self._assembly.view.unshown,
            runtime=runtime.unusual(self._assembly.workshop.engine, plan.runtime),
            traced=self._traced(plan, captured),
            steps=taken(plan.text, plan.cuts, begun=begun),
        )

    def _traced(self, plan: SandboxPlan, captured: capture.Captured) -> Traced | None:
        if plan.tracer is None:
            return None
        complete = not (captured.report or {"trace_cut": True})["trace_cut"]
        shell = orders(plan)["program"]
        traced = read_trace(bytes(captured.trace), shell=shell, complete=complete)
        if traced is None:
            raise untraced(plan.tracer, bytes(captured.stderr))
        return traced

    def discard(self) -> None:
        self._stack.close()

    def _fits(self, plan: SandboxPlan) -> bool:
        """Whether what is to run is what it was made for, on what is still there."""
        if ground(plan) != ground(self._plan):
            return False
        view, _ = self._assembly.workshop.look()
        return view == self._assembly.view

    def _greet(self) -> None:
        """Wait for the supervisor and make sure that it sees our files."""
        try:
            found = self._listener.next(_HELLO_S)
        except (StreamSilent, capture.Garbled):
            found = None
        if found is None or found[0] != frames.HELLO:
            raise self._broken("did not start")
        *inside, masked = json.loads(found[1])
        url = self._assembly.workshop.engine.endpoint.url
        identity.compare(self._assembly.witnesses, inside, url=url)
        if self._plan.runs_as.uid == self._assembly.workshop.owner.uid:
            identity.compare_fresh(
                self._assembly.masked_scratch,
                self._assembly.scratch.parent,
                masked,
                url=url,
            )

    def _listen(self, plan: SandboxPlan) -> capture.Captured:
        guard = ScratchGuard.begin(self._assembly.scratch.path, plan.limits.scratch)
        line = json.dumps(orders(plan)).encode() + b"\n"
        if plan.cuts:
            self._marks.uppers = self._uppers(self._assembly.scratch.path)
            self._marks.look(0)
        try:
            with suppress(BrokenPipeError):  # it has ended; the stream's end says so
                self._assembly.attachment.send(line)
            return capture.collect(
                self._listener,
                output=plan.limits.output,
                wall_s=plan.limits.wall_s + _AFTER_WALL_S,
                tick=lambda: self._check_scratch(guard),
                step=self._end_step,
            )
        except (OSError, capture.Garbled) as exc:
            raise self._broken("broke off") from exc

    def _end_step(self, number: int) -> None:
        self._marks.look(number)
        with suppress(BrokenPipeError):
            self._assembly.attachment.send(b"\n")

    def _check_scratch(self, guard: ScratchGuard) -> None:
        if not self._over_scratch and guard.exceeded():
            self._over_scratch = True
            self._assembly.workshop.engine.kill(self._assembly.container)

    def _outcome(self, plan: SandboxPlan, captured: capture.Captured) -> Outcome:
        if captured.failed is not None:
            raise SandboxUnavailable(
                f"The command cannot be started in the twin: {captured.failed}.",
                not_done=NOT_DONE,
                remedy="Call again without --steps, or copy the script elsewhere."
                if plan.cuts
                else "Go to a directory that you may enter, or shorten the text "
                "(`script FILE` runs a file of any length).",
            )
        if captured.report is not None:
            return reported(captured, captured.report)
        limits = ("scratch",) if self._over_scratch else self._why(captured)
        return Outcome(
            exit=None,
            signal=_KILLED,
            stdout=bytes(captured.stdout),
            stderr=bytes(captured.stderr),
            truncated=len(captured.stdout) >= plan.limits.output,
            limits=limits,
        )

    def _why(self, captured: capture.Captured) -> tuple[str, ...]:
        """Tell why there is no report: memory, a standby that ended, or a failure."""
        if captured.silent:
            raise self._broken("fell silent")
        engine, container = self._assembly.workshop.engine, self._assembly.container
        status = engine.wait(container)
        if engine.state(container)["OOMKilled"]:
            return ("memory",)
        if status == 0:
            raise identity.Outdated
        raise self._broken("broke off")

    def _broken(self, how: str) -> SandboxUnavailable:
        said = self._listener.complaints.decode(errors="replace").strip().splitlines()
        return SandboxUnavailable(
            f"The supervisor of the preview {how}"
            + (f": {said[-1]}." if said else "."),
            not_done="The preview has no result; the host is untouched.",
            remedy="Run `linara-agent doctor`, which tests what a preview needs.",
        )

    def _end(self) -> None:
        """The uppers may be read only when nobody can write to them any more.

        With PID 1 all processes of its namespace have ended (pid_namespaces(7)). A
        caretaker not only reads but also empties them, and for that nothing may be
        mounted over them any more.
        """
        engine, container = self._assembly.workshop.engine, self._assembly.container
        first = self._assembly.first
        self._assembly.attachment.close()
        if self._assembly.caretaker is not None:
            engine.remove(container)
        elif first is None or not first.ended(_ENDING_S):
            engine.wait(container)

    def _read(self, blobs: Path, started_ns: int) -> "ChangeSet":
        from linara_agent.docker_sandbox.changes import (  # noqa: PLC0415 — see the sandbox
            Layer,
            ReadSettings,
            read_changes,
        )

        assembly = self._assembly
        settings = ReadSettings(
            blobs=blobs,
            started_ns=started_ns,
            placeholders=assembly.layout.placeholders,
            seeded=assembly.layout.directories,
            entries=self._plan.limits.entries,
            home=self._plan.runs_as.home,
        )
        caretaker = assembly.caretaker
        desk = assembly.scratch.path if caretaker is None else DESK
        layers = [
            Layer(host=host, upper=upper) for host, upper in self._uppers(desk).items()
        ]
        if caretaker is None:
            return read_changes(layers, stream=None, settings=settings)
        uppers = [layer.upper for layer in layers]
        walking = source("upper_walk"), [str(settings.entries), *uppers]
        with caretaker.work(walking, emptying(DESK)) as output:
            buffered = io.BufferedReader(output)
            changed = read_changes(layers, stream=buffered, settings=settings)
            caretaker.close_up(output)
        return changed

    def _uppers(self, desk: str) -> dict[str, str]:
        """The upper directory of each layer, where the run's directory is `desk`."""
        return {
            lower.path: f"{desk}/{number}/upper"
            for number, lower in enumerate(self._assembly.layout.lowers)
            if os.access(lower.path, os.X_OK)  # what is shut to us is so to the script
        }


def ground(plan: SandboxPlan) -> tuple[object, ...]:
    """What a twin is made from; the rest of the plan comes with the text."""
    same = plan.cwd, plan.masks, plan.limits, plan.hostname, plan.network
    return plan.runs_as, plan.runtime, plan.tracer, *same


def keeps_changing() -> SandboxUnavailable:
    return SandboxUnavailable(
        "The mounts of this machine keep changing, so no twin could be made of it.",
        not_done=NOT_DONE,
        remedy="Try again when containers or disks are no longer being changed.",
    )


def orders(plan: SandboxPlan) -> Mapping[str, Any]:
    """What the supervisor is told; paths and texts go as JSON with surrogates."""
    program = next((path for path in _SHELLS if os.access(path, os.X_OK)), _SHELLS[0])
    words = ["-c", "--", plan.text]  # a text may begin with a dash
    if plan.script_file is not None:
        words = [plan.script_file, *plan.arguments]
    return {
        "program": program,
        "argv": ["bash", *words],
        "env": environment(plan),
        "cwd": plan.cwd,
        "umask": plan.umask,
        "wall_s": plan.limits.wall_s,
        "output": plan.limits.output,
        "tracer": plan.tracer,
        "trace": capture.LONGEST_TRACE,
        "script": plan.script_file,
        "steps": pieces(plan.text, plan.cuts),
        "network": plan.network,
        "interactive": [
            want.program for want in plan.wants if want.need is need.Need.TERMINAL
        ],
        "rlimits": {
            "RLIMIT_FSIZE": plan.limits.file_size,
            "RLIMIT_NOFILE": plan.limits.open_files,
            "RLIMIT_CORE": 0,
        },
    }


def environment(plan: SandboxPlan) -> list[tuple[str, str]]:
    """With what stands for `sudo`, if that is what the text is."""
    given = plan.environment
    if plan.sudo is None:
        return list(given)
    caller = plan.caller
    name, uid = caller.name, caller.uid
    return [*given, need.sudo_environment(plan.sudo, given, user=name, uid=uid)]


def reported(captured: capture.Captured, report: Mapping[str, Any]) -> Outcome:
    return Outcome(
        exit=report["exit"],
        signal=report["signal"],
        stdout=bytes(captured.stdout),
        stderr=bytes(captured.stderr),
        truncated=bool(report["truncated"]),
        duration_s=float(report["duration_s"]),
        cpu_s=float(report["cpu_s"]),
        peak_memory=int(report["peak_memory"]),
        leftovers=int(report["leftovers"]),
        limits=tuple(report["limits"]),
    )
