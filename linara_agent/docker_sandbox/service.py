"""What the sandbox's own process does, from its first request to the end of the pipe.

Requests are read in a thread, so that the end is heard while a text is run: it stops
that in the way Ctrl-C does in the client, and everything is taken down.
"""

import pickle
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from queue import SimpleQueue
from typing import BinaryIO

from linara_agent.docker_sandbox.apart import (
    BROKEN,
    DONE,
    FAILED,
    STEP,
    Request,
    taken_apart,
)
from linara_agent.docker_sandbox.sandbox import Premises
from linara_agent.docker_sandbox.standby import Standby, StandbySandbox
from linara_agent.errors import LinaraError

_LONGEST_S = 120
"""An engine that hangs keeps the process no longer after the end of its client."""
_END: Request = ("end",)


class Service:
    """Does what is asked over the pipes; also the progress of what it does."""

    def __init__(
        self, premises: Callable[[], Premises], requests: BinaryIO, answers: BinaryIO
    ) -> None:
        self._requests = requests
        self._answers = answers
        self._heard: SimpleQueue[Request] = SimpleQueue()
        self._sandbox = StandbySandbox(premises, progress=self)
        self._twins: dict[int, Standby] = {}
        self._working = False
        self._over = False

    def go(self) -> None:
        """Serve until the pipe ends; returns when all is taken down."""
        signal.signal(signal.SIGTERM, self._stop)
        self._sandbox.warm_up()
        threading.Thread(target=self._listen, name="requests", daemon=True).start()
        import_module("linara_agent.docker_sandbox.changes")  # needed at the end
        try:
            with suppress(KeyboardInterrupt):
                while (request := self._heard.get()) is not _END:
                    self._do(request)
        finally:
            self._take_down()

    def _take_down(self) -> None:
        signal.alarm(_LONGEST_S)
        for twin in self._twins.values():
            twin.discard()
        while others := [one for one in threading.enumerate() if _is_waited_for(one)]:
            others[0].join()
        self._sandbox.close()

    def _listen(self) -> None:
        try:
            # A client that was killed may have written half a request.
            with suppress(EOFError, pickle.UnpicklingError):
                while True:
                    self._heard.put(pickle.load(self._requests))  # noqa: S301 — from our own parent
        finally:
            self._over = True
            self._heard.put(_END)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)

    def _stop(self, *_: object) -> None:
        if self._over and self._working:
            raise KeyboardInterrupt

    def _do(self, request: Request) -> None:
        match request:
            case "prepare", number, plan:
                self._twins[number] = self._sandbox.prepare(plan)
            case "discard", number:
                self._twins.pop(number).discard()
            case "run", number, plan, digest, blobs:
                twin = self._twins[number]
                self._answer(lambda: twin.run(plan, digest=digest, blobs=blobs))
            case _:
                self._answer(self._sandbox.reap)

    def _answer(self, work: Callable[[], object]) -> None:
        answer: tuple[int, object]
        self._working = True
        try:
            self._stop()  # the end may have been heard before there was work to stop
            answer = DONE, work()
        except LinaraError as error:
            error.add_note(traceback.format_exc())
            answer = FAILED, taken_apart(error)
        except Exception:  # noqa: BLE001 — a bug is told where it can be reported
            answer = BROKEN, traceback.format_exc()
        finally:
            self._working = False
        self._send(answer)

    def _send(self, answer: tuple[int, object]) -> None:
        with suppress(OSError):  # a client that has gone needs none
            pickle.dump(answer, self._answers, pickle.HIGHEST_PROTOCOL)
            self._answers.flush()

    @contextmanager
    def step(self, words: str) -> Iterator[None]:
        """See `ports.Progress`: the client shows it until it hears something else."""
        self._send((STEP, words))
        yield


def _is_waited_for(thread: threading.Thread) -> bool:
    return not thread.daemon and thread is not threading.main_thread()
