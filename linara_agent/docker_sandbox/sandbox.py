"""Makes twins on the local Docker engine: the adapter behind `ports.Sandbox`.

One preview, from top to bottom:

1. `workshop` looks at `/` and the mounts (`host_view`, `mountinfo`) and `scratch` finds
   a directory on a disk for what the script will write.
2. `seeds` fills the upper directories: owners and modes of the host, and empty
   placeholders for masked places. Root does that itself, others through `caretaker`.
3. `twin` configures a container over an almost empty image (`skeleton`), in which each
   directory of the host is an overlay that the engine mounts; `assembly` starts it.
4. `supervisor`, PID 1 of the container, says hello; `identity` makes sure that it sees
   this machine's files.
5. `prepared` hands over the text; `capture` listens; `scratch_guard` watches the disk.
6. The container has ended, and `changes` reads from the uppers what is different.
7. Container and scratch are removed in a thread of their own, for which nobody waits
   before the end.

`standby` does the first four while something else goes on; where the program can, all
of it is done in a process of its own (`apart`, `service`).

Whatever was made is labelled with its `owner`, so that `reap` can remove it if this
process is killed. The files `upper_walk`, `tree_removal` and `supervisor` (with
those it imports) stand alone: their source is run by the host's own Python inside
containers. With a plan's `cuts` the supervisor has a script run step by step, and
`step_marks` looks into the uppers after each; with its `tracer` `tracing` reads what
strace said.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Self

from linara_agent.core.preview import Preview
from linara_agent.core.sandbox_plan import SandboxPlan
from linara_agent.docker_sandbox.assembly import assemble
from linara_agent.docker_sandbox.endpoint import NOT_DONE
from linara_agent.docker_sandbox.engine import connect
from linara_agent.docker_sandbox.identity import Outdated
from linara_agent.docker_sandbox.owner import Owner
from linara_agent.docker_sandbox.prepared import PreparedTwin, Ways, keeps_changing
from linara_agent.docker_sandbox.reap import Reaped, reap
from linara_agent.docker_sandbox.views import Prepared, Views
from linara_agent.docker_sandbox.workshop import Workshop
from linara_agent.errors import SandboxUnavailable

if TYPE_CHECKING:
    from linara_agent.docker_sandbox.toolbox import Recipe

_ATTEMPTS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Premises:
    """What a sandbox needs to know of the process it serves.

    `environment` says where the engine is; `places` are the directories that may hold
    scratch (`scratch.candidates`), `seccomp` the text of `sandbox/seccomp.json`, `pid`
    and `uid` the process's own, `client` the process it works for, if not itself. A
    prepared twin waits `standby_s` for its text.
    """

    environment: Mapping[str, str]
    places: Sequence[str]
    seccomp: str
    pid: int
    uid: int
    client: int | None = None
    standby_s: float = 60.0


class DockerSandbox:
    """One for each process; the engine is looked for at the first use.

    `begun` is called when the engine has its first work to do, so that others may use
    the processor from then on.
    """

    def __init__(
        self, premises: Premises, *, begun: Callable[[], object] = bool
    ) -> None:
        self._premises = premises
        self._begun = begun
        self._workshop: Workshop | None = None
        self._lock = Lock()
        self._leaving: list[Thread] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def connect(self) -> None:
        """Look for the engine now. Raises SandboxUnavailable."""
        self._shop()

    def close(self) -> None:
        """Leave the engine; twins that are prepared stay until discarded."""
        self.settle()
        if self._workshop is not None:
            self._workshop.engine.close()
            self._workshop = None

    def settle(self) -> None:
        """Wait until what earlier twins stood on is gone."""
        while self._leaving:
            self._leaving.pop().join()

    def prepare(self, plan: SandboxPlan) -> PreparedTwin:
        """Start a twin that waits for its text; one that waited too long is remade.

        Of the plan, `run` and what `prepared.ground` names are used; if the latter
        differs in the plan that is run, the twin is made anew.
        """
        self.settle()  # twins of one run share the name of its directory
        shop = self._shop()
        ways = Ways(again=self.prepare, leave=self._leave)
        attempts = 0
        while attempts < _ATTEMPTS + len(shop.refused):  # each costs an attempt
            attempts += 1
            with suppress(Outdated), ExitStack() as stack:
                assembly = assemble(shop, plan, stack)
                # Needed at the end; loaded now, while the supervisor starts.
                import_module("linara_agent.docker_sandbox.changes")
                return PreparedTwin(assembly, plan, stack.pop_all(), ways=ways)
        raise keeps_changing()

    def view(self, plan: SandboxPlan) -> Prepared:
        """Prepare the view that the plan asks for, or that this engine can give."""
        return Views(self, self._shop(), _recipe).prepare(plan)

    def preview(self, plan: SandboxPlan, *, digest: str, blobs: Path) -> Preview:
        """Run the text once in a fresh twin or copy, and wait until that is gone.

        See `ports.PreparedPreview.run`.
        """
        try:
            return self.view(plan).run(plan, digest=digest, blobs=blobs)
        finally:
            self.settle()

    def reap(self) -> int:
        """See `ports.Sandbox`."""
        return self.clean_up().things

    def clean_up(self) -> Reaped:
        """As `reap`, and says what could not be removed."""
        shop = self._shop()
        return reap(
            shop.engine,
            observer=shop.owner,
            parents=self._premises.places,
            empty=shop.empty,
        )

    def _shop(self) -> Workshop:
        with self._lock:  # a twin may be started while something is reaped
            if self._workshop is None:
                self._workshop = self._open()
            return self._workshop

    def _open(self) -> Workshop:
        given = self._premises
        owner = Owner.of(given.pid, given.uid, client=given.client)
        if owner is None:
            raise SandboxUnavailable(
                "/proc does not show this process.",
                not_done=NOT_DONE,
                remedy="Mount /proc: `sudo mount -t proc proc /proc`.",
            )
        engine = connect(self._premises.environment)
        facts = engine.facts()
        if not facts.limits:
            engine.close()
            raise limitless(engine.endpoint.url)
        return Workshop(
            engine=engine,
            engine_root=os.path.realpath(facts.root),
            owner=owner,
            places=self._premises.places,
            seccomp=self._premises.seccomp,
            standby_s=self._premises.standby_s,
            begun=self._begun,
        )

    def _leave(self, stack: ExitStack) -> None:
        """Take down in a thread; the interpreter does not end before it has."""
        thread = Thread(target=_take_down, args=(stack,), name="take-down")
        thread.start()
        self._leaving.append(thread)


def limitless(url: str) -> SandboxUnavailable:
    """Such an engine starts containers as if there were no limits in their plan."""
    return SandboxUnavailable(
        f"The engine at {url} cannot limit memory and processes: it has no control "
        "groups, as a rootless engine where they are of version 1 or not delegated.",
        not_done=NOT_DONE,
        remedy="Use the system's engine (`docker context use default`), or delegate "
        "control groups of version 2 to your account (docs.docker.com, rootless mode).",
    )


def _recipe() -> "Recipe":
    from linara_agent.docker_sandbox.toolbox import (  # noqa: PLC0415 — seldom needed
        Recipe,
    )

    return Recipe.ours()


def _take_down(stack: ExitStack) -> None:
    # What cannot be removed now is what `reap` finds at a later start.
    with suppress(SandboxUnavailable):
        stack.close()
