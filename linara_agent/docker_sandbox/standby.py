"""Gets a twin ready in threads while something else goes on: thinking, or judging.

The engine's client is loaded there too, so this module imports nothing of it. What a
thread could not do is told when its result is needed, and not at all if it never is.
"""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from threading import Event, Thread, main_thread
from typing import TYPE_CHECKING, Generic, TypeVar

from linara_agent.core.preview import Preview
from linara_agent.core.sandbox_plan import SandboxPlan
from linara_agent.errors import LinaraError

if TYPE_CHECKING:
    from linara_agent.docker_sandbox.sandbox import DockerSandbox, Premises
    from linara_agent.docker_sandbox.views import Prepared
    from linara_agent.ports import Progress

T = TypeVar("T")
_SETTLING_S = 3.0
_TURN_S = 0.002
_HEAD_START_S = 0.5
"""A start that takes longer is waited for where its result is needed."""


def working() -> tuple[Thread, ...]:
    """The threads that the process waits for at its end: all of ours are such."""
    others = (one for one in threading.enumerate() if one is not main_thread())
    return tuple(one for one in others if not one.daemon)


class Work(Generic[T]):
    """Begun at once in a thread, which the interpreter waits for at its end."""

    def __init__(
        self, work: Callable[[], T], *, over: Callable[[], object] = bool
    ) -> None:
        self._work = work
        self._over = over
        self._done: list[T] = []
        self._error: BaseException | None = None
        self._ended = Event()
        Thread(target=self._run, name="standby").start()

    def _run(self) -> None:
        try:
            self._done.append(self._work())
        except BaseException as error:  # noqa: BLE001 — it is raised where it is asked for
            self._error = error
        finally:
            self._ended.set()
            self._over()

    def result(self) -> T:
        """Wait for it; raises what the work raised.

        Not by `Thread.join`: once interrupted it takes a running thread for ended.
        """
        self._ended.wait()
        if self._error is not None:
            raise self._error
        return self._done[0]


class StandbySandbox:
    """Implements `ports.Sandbox`; `premises` is called once, in a thread.

    `meanwhile` is called when a text is there and its twin is still being started.
    """

    def __init__(
        self,
        premises: "Callable[[], Premises]",
        *,
        progress: "Progress",
        meanwhile: Callable[[], object] = bool,
    ) -> None:
        self._meanwhile = meanwhile
        self._premises = premises
        self._progress = progress
        self._made: Work[DockerSandbox] | None = None
        self._begun = Event()

    def _make(self) -> "DockerSandbox":
        from linara_agent.docker_sandbox.sandbox import (  # noqa: PLC0415 — in the thread
            DockerSandbox,
        )

        made = DockerSandbox(self._premises(), begun=self._begun.set)
        made.connect()
        return made

    def warm_up(self) -> None:
        """Look for the engine already, in a thread; nothing is made."""
        self._loading()

    def close(self) -> None:
        """Leave the engine, which ends with the process anyway."""
        if self._made is not None:
            with suppress(LinaraError):  # it was never found
                self._made.result().close()
            self._made = None

    def prepare(self, plan: SandboxPlan) -> "Standby":
        """See `ports.Sandbox`.

        Returns when the engine is at work on the twin, or will not be soon: until then
        whatever the caller did would only take the processor away from that.
        """
        loading = self._loading()
        starting = Work(lambda: loading.result().view(plan), over=self._begun.set)
        step = self._progress.step
        twin = Standby(starting, step=step, meanwhile=self._meanwhile)
        try:
            self._begun.wait(_HEAD_START_S)
        except BaseException:
            twin.discard()
            raise
        return twin

    def reap(self) -> int:
        """See `ports.Sandbox`."""
        return self._loading().result().reap()

    def settle(self) -> None:
        """Wait until what earlier previews stood on is gone, for some seconds at most.

        Until then the host shows mounts and a container that are none of its own.
        """
        deadline = time.monotonic() + _SETTLING_S
        while working() and time.monotonic() < deadline:
            time.sleep(_TURN_S)

    def _loading(self) -> "Work[DockerSandbox]":
        if self._made is None:
            self._made = Work(self._make)
        return self._made


class Standby:
    """Implements `ports.PreparedPreview`."""

    def __init__(
        self,
        starting: "Work[Prepared]",
        *,
        step: Callable[[str], AbstractContextManager[None]],
        meanwhile: Callable[[], object] = bool,
    ) -> None:
        self._meanwhile = meanwhile
        self._starting = starting
        self._step = step
        self._over = False

    def run(self, plan: SandboxPlan, *, digest: str, blobs: Path) -> Preview:
        """See `ports.PreparedPreview`."""
        with self._step("starting the twin"):
            self._meanwhile()
            twin = self._starting.result()
        with self._step("running in the twin"):
            preview = twin.run(plan, digest=digest, blobs=blobs)
        self._over = True
        return preview

    def discard(self) -> None:
        """See `ports.PreparedPreview`; one that is just starting goes when it stands.

        Nobody waits for that before the end of the process.
        """
        if not self._over:
            Work(self._take_down)
        self._over = True

    def _take_down(self) -> None:
        # One that could not be made left nothing; the rest is what `reap` finds.
        with suppress(LinaraError):
            self._starting.result().discard()
