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
6. The container is removed, and `changes` reads from the uppers what is different.

Whatever was made is labelled with its `owner`, so that `reap` can remove it if this
process is killed. The files `upper_walk`, `tree_removal` and `supervisor` stand alone:
their source is run by the host's own Python inside containers.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from linara_agent.core.preview import Preview
from linara_agent.core.sandbox_plan import SandboxPlan
from linara_agent.docker_sandbox.assembly import assemble
from linara_agent.docker_sandbox.endpoint import NOT_DONE
from linara_agent.docker_sandbox.engine import connect
from linara_agent.docker_sandbox.identity import Outdated
from linara_agent.docker_sandbox.owner import Owner
from linara_agent.docker_sandbox.prepared import PreparedTwin, keeps_changing
from linara_agent.docker_sandbox.reap import reap
from linara_agent.docker_sandbox.workshop import Workshop
from linara_agent.errors import SandboxUnavailable
from linara_agent.ports import Progress

_ATTEMPTS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Premises:
    """What a sandbox needs to know of the process it serves.

    `environment` says where the engine is; `places` are the directories that may hold
    scratch (`scratch.candidates`), `seccomp` the text of `sandbox/seccomp.json`, `pid`
    and `uid` the process's own. A prepared twin waits `standby_s` for its text.
    """

    environment: Mapping[str, str]
    places: Sequence[str]
    seccomp: str
    pid: int
    uid: int
    standby_s: float = 60.0


class DockerSandbox:
    """One for each process; the engine is looked for at the first use."""

    def __init__(self, premises: Premises, *, progress: Progress | None = None) -> None:
        self._premises = premises
        self._progress = progress
        self._workshop: Workshop | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the engine; twins that are prepared stay until discarded."""
        if self._workshop is not None:
            self._workshop.engine.close()
            self._workshop = None

    def prepare(self, plan: SandboxPlan) -> PreparedTwin:
        """Start a twin that waits for its text; one that waited too long is remade.

        Of the plan, `run`, `caller`, `masks`, `limits` and `hostname` are used; the
        rest may differ in the plan that is run.
        """
        shop = self._shop()
        for _ in range(_ATTEMPTS):
            with (
                suppress(Outdated),
                self._telling("starting the twin"),
                ExitStack() as stack,
            ):
                assembly = assemble(shop, plan, stack)
                return PreparedTwin(assembly, plan, stack.pop_all(), again=self.prepare)
        raise keeps_changing()

    def preview(self, plan: SandboxPlan, *, digest: str, blobs: Path) -> Preview:
        """See `ports.Sandbox`."""
        twin = self.prepare(plan)
        with self._telling("running in the twin"):
            return twin.run(plan, digest=digest, blobs=blobs)

    def reap(self) -> int:
        """See `ports.Sandbox`."""
        shop = self._shop()
        return reap(
            shop.engine,
            observer=shop.owner,
            parents=self._premises.places,
            empty=shop.empty,
        )

    def _shop(self) -> Workshop:
        if self._workshop is None:
            owner = Owner.of(self._premises.pid, self._premises.uid)
            if owner is None:
                raise SandboxUnavailable(
                    "/proc does not show this process.",
                    not_done=NOT_DONE,
                    remedy="Mount /proc: `sudo mount -t proc proc /proc`.",
                )
            engine = connect(self._premises.environment)
            self._workshop = Workshop(
                engine=engine,
                engine_root=engine.facts().root,
                owner=owner,
                places=self._premises.places,
                seccomp=self._premises.seccomp,
                standby_s=self._premises.standby_s,
            )
        return self._workshop

    @contextmanager
    def _telling(self, words: str) -> Iterator[None]:
        if self._progress is None:
            yield
            return
        with self._progress.step(words):
            yield
