"""The sandbox in a process of its own, forked at the program's first line.

It loads the engine's client and asks the engine about itself while the other process
reads the policy and opens the journal: Python has one thread at work in each. It makes
nothing before it is told to, and ends when the pipe from the other one does, however
that ended: then it takes down whatever stands. So even a client that is killed leaves
nothing, and none waits for what is being removed. Whoever ends a whole group of
processes, by Ctrl-C or by a signal, does not meet it: it leads a group of its own.

What goes over the two pipes is pickled; both ends are ours. This module imports next to
nothing, because the program begins with it.
"""

import os
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, suppress
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

if TYPE_CHECKING:
    from pathlib import Path

    from linara_agent.core.change import Change
    from linara_agent.core.preview import Preview
    from linara_agent.core.sandbox_plan import SandboxPlan
    from linara_agent.docker_sandbox.sandbox import Premises
    from linara_agent.errors import LinaraError, SandboxUnavailable
    from linara_agent.ports import Progress

Request = tuple[Any, ...]
"""What is to be done, and with what."""
Step = Callable[[str], AbstractContextManager[None]]

STEP, CHANGES, DONE, FAILED, BROKEN = range(5)
_STDERR = 2
_FIRST_NAMESPACE = "pid:[4026531836]"
"""Of processes: PROC_PID_INIT_INO in Linux's include/linux/proc_ns.h."""
_CLIENTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""The client decides what follows from these."""


class Broken(Exception):
    """The other process has a bug: a note holds its own traceback."""


class Apart:
    """The pipes to the process; what it is asked is answered before the next."""

    def __init__(self, child: int, requests: BinaryIO, answers: BinaryIO) -> None:
        self._child = child
        self._requests = requests
        self._answers = answers

    def tell(self, *request: object) -> None:
        """Do not wait for an answer; a process that is gone says so when asked."""
        import pickle  # noqa: PLC0415 — see the module

        with suppress(OSError, ValueError):
            pickle.dump(request, self._requests, pickle.HIGHEST_PROTOCOL)
            self._requests.flush()

    def answer(self, step: Step) -> Any:  # noqa: ANN401 — of the request's type
        """Wait for it; raises what was raised there, SandboxUnavailable if it died."""
        changes: list[Change] = []
        try:
            with ExitStack() as shown:
                while (heard := self._heard())[0] in (STEP, CHANGES):
                    shown.close()
                    if heard[0] == STEP:
                        shown.enter_context(step(heard[1]))
                    else:
                        changes += heard[1]
        except KeyboardInterrupt:
            self.leave()  # whoever is interrupted does not wait for a preview
            raise
        kind, value = heard
        if kind == FAILED:
            raise put_together(*value)
        if kind == BROKEN:
            broken = Broken("the process of the sandbox")
            broken.add_note(value)
            raise broken
        return _with(changes, value) if changes else value

    def _heard(self) -> tuple[int, Any]:
        import pickle  # noqa: PLC0415 — see the module

        try:
            kind, value = pickle.load(self._answers)  # noqa: S301 — from our own child
        except (EOFError, OSError, ValueError, pickle.UnpicklingError) as exc:
            raise _gone() from exc
        return kind, value

    def leave(self) -> None:
        """The process takes down what stands, and ends."""
        for pipe in (self._requests, self._answers):
            with suppress(OSError):
                pipe.close()

    def end(self) -> None:
        """Leave, and wait for its end where it might not live to it.

        In a container the first process may end right after us, and all others with it.
        """
        self.leave()
        if _namespace() != _FIRST_NAMESPACE:
            with suppress(OSError):
                os.waitpid(self._child, 0)


class ApartSandbox:
    """Implements `ports.Sandbox`; `meanwhile` is called while a text is waited for."""

    def __init__(
        self,
        apart: Apart,
        *,
        progress: "Progress",
        meanwhile: Callable[[], object] = bool,
    ) -> None:
        self._apart = apart
        self._progress = progress
        self._meanwhile = meanwhile
        self._twins = 0

    def prepare(self, plan: "SandboxPlan") -> "ApartTwin":
        """See `ports.Sandbox`."""
        self._twins += 1
        self._apart.tell("prepare", self._twins, plan)
        return ApartTwin(self, self._twins)

    def reap(self) -> int:
        """See `ports.Sandbox`."""
        self._apart.tell("reap")
        return int(self._apart.answer(self._progress.step))

    def settle(self) -> None:
        """See `StandbySandbox.settle`; raises SandboxUnavailable if it died."""
        self._apart.tell("settle")
        self._apart.answer(self._progress.step)

    def run(self, number: int, *what: object) -> "Preview":
        self._apart.tell("run", number, *what)
        self._meanwhile()
        preview: Preview = self._apart.answer(self._progress.step)
        return preview

    def discard(self, number: int) -> None:
        self._apart.tell("discard", number)


class ApartTwin:
    """Implements `ports.PreparedPreview`."""

    def __init__(self, sandbox: ApartSandbox, number: int) -> None:
        self._sandbox = sandbox
        self._number = number

    def run(self, plan: "SandboxPlan", *, digest: str, blobs: "Path") -> "Preview":
        """See `ports.PreparedPreview`."""
        return self._sandbox.run(self._number, plan, digest, blobs)

    def discard(self) -> None:
        """See `ports.PreparedPreview`."""
        self._sandbox.discard(self._number)


def _with(changes: "list[Change]", preview: "Preview") -> "Preview":
    from dataclasses import replace  # noqa: PLC0415 — see the module

    return replace(preview, changes=tuple(changes))


def taken_apart(error: "LinaraError") -> Request:
    """Its class may want other things to be made with than what it then holds."""
    return type(error), error.args, vars(error)


def put_together(
    kind: "type[LinaraError]", arguments: Request, holds: dict[str, object]
) -> "LinaraError":
    """The same error in another process."""
    error = kind.__new__(kind, *arguments)
    vars(error).update(holds)
    return error


def begin(premises: "Callable[[int], Premises]") -> Apart | None:
    """Fork the process; None where that cannot be, and all is done in this one.

    There must be no thread yet. `premises` is called in the new process, with the
    number of this one.
    """
    pipes: list[int] = []
    client = os.getpid()
    try:
        pipes += os.pipe()
        pipes += os.pipe()
        # A caller may have closed a standard stream; then a pipe is in its place.
        child = _fork() if min(pipes) > _STDERR else None
    except OSError:
        child = None
    if child is None:
        for number in pipes:
            os.close(number)
        return None
    requests, ours, theirs, answers = pipes
    if child == 0:
        os.close(ours)  # or the end of the other process would not be heard
        os.close(theirs)
        _serve(lambda: premises(client), requests, answers)
    os.close(requests)
    os.close(answers)
    return Apart(child, os.fdopen(ours, "wb"), os.fdopen(theirs, "rb"))


def _fork() -> int:
    """As `os.fork`; no signal ends the new process before it lets the client decide."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _CLIENTS)
    try:
        child = os.fork()
        if child == 0:
            for number in _CLIENTS:
                signal.signal(number, lambda *_: None)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return child


def _serve(premises: "Callable[[], Premises]", requests: int, answers: int) -> NoReturn:
    """All that the new process does."""
    code = 1
    try:
        with suppress(OSError):
            os.setpgid(0, 0)
        _keep_only(requests, answers)
        _work(premises, os.fdopen(requests, "rb"), os.fdopen(answers, "wb"))
        code = 0
    finally:
        os._exit(code)


def _work(
    premises: "Callable[[], Premises]", requests: BinaryIO, answers: BinaryIO
) -> None:
    """Whatever it fails of is told to the client, who would only see it gone."""
    import pickle  # noqa: PLC0415 — see the module

    try:
        from linara_agent.docker_sandbox.service import Service  # noqa: PLC0415 — here alone

        Service(premises, requests, answers).go()
    except Exception as error:  # noqa: BLE001 — see the function
        with suppress(OSError):
            pickle.dump(answer_for(error), answers, pickle.HIGHEST_PROTOCOL)
            answers.flush()


def answer_for(error: Exception) -> tuple[int, object]:
    """An error as an answer: one of ours, a lack of the machine's, or a bug."""
    import errno  # noqa: PLC0415 — see the module
    import pickle  # noqa: PLC0415 — see the module
    import traceback  # noqa: PLC0415 — see the module

    from linara_agent.errors import LinaraError, SandboxUnavailable  # noqa: PLC0415 — see the module

    lacks = (errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM)
    if (
        isinstance(error, MemoryError)
        or getattr(error, "errno", None) in lacks
        or "can't start new thread" in str(error)
    ):
        error = SandboxUnavailable(
            f"The process of the sandbox lacks something: {str(error) or 'memory'}.",
            not_done="The preview has no result; the host is untouched.",
            remedy="Raise the limits on files, processes and memory (`ulimit -a`).",
        )
    if isinstance(error, LinaraError):
        error.add_note(traceback.format_exc())
        answer = FAILED, taken_apart(error)
        with suppress(pickle.PicklingError, TypeError, AttributeError):
            pickle.dumps(answer)
            return answer
    return BROKEN, traceback.format_exc()


def _namespace() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")  # noqa: PTH115 — without its import
    except OSError:
        return ""


def _keep_only(*pipes: int) -> None:
    """Close all that is the client's; who reads its output to the end waits for us."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(_STDERR + 1):
        os.dup2(nothing, stream)
    with suppress(OSError):  # without /proc there will be no sandbox, and it says so
        for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 — numbers, not paths
            if int(name) > _STDERR and int(name) not in pipes:
                with suppress(OSError):  # that of the listing itself
                    os.close(int(name))


def _gone() -> "SandboxUnavailable":
    from linara_agent.errors import SandboxUnavailable  # noqa: PLC0415 — see the module

    return SandboxUnavailable(
        "The process of the sandbox ended before it could answer.",
        not_done="The preview has no result; the host is untouched.",
        remedy="Try again; what it left is removed by the next start, or by "
        "`linara-agent sandbox clean`.",
    )
