"""What the sandbox's own process does, from its first request to the end of the pipe.

Requests are read in a thread, so that the end is heard while a text is run: it stops
that in the way Ctrl-C does in the client, and everything is taken down.
"""

import os
import pickle
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from importlib import import_module
from queue import SimpleQueue
from typing import BinaryIO

from linara_agent.core.preview import Preview
from linara_agent.docker_sandbox.apart import CHANGES, DONE, STEP, Request, answer_for
from linara_agent.docker_sandbox.sandbox import Premises
from linara_agent.docker_sandbox.standby import Standby, StandbySandbox, working

_LONGEST_S = 120
"""An engine that hangs keeps the process no longer after the end of its client."""
_AT_ONCE = 5000
"""Changes that are pickled together: there may be a million."""
_END: Request = ("end",)
_TURN_S = 0.002


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
        self._begun = False
        self._working = False
        self._over = False

    def go(self) -> None:
        """Serve until the pipe ends; returns when all is taken down.

        Whoever never asked for a thing waits for no engine either.
        """
        signal.signal(signal.SIGTERM, self._stop)
        self._sandbox.warm_up()
        threading.Thread(target=self._listen, name="requests", daemon=True).start()
        import_module("linara_agent.docker_sandbox.changes")  # needed at the end
        try:
            with suppress(KeyboardInterrupt):
                while (request := self._heard.get()) is not _END and not self._over:
                    self._do(request)
        finally:
            if self._begun:
                self._take_down()

    def _take_down(self) -> None:
        os.chdir("/")  # the directory may be on what the person unmounts next
        for twin in self._twins.values():
            with suppress(RuntimeError):  # no more threads; `reap` will find the rest
                twin.discard()
        while others := working():
            others[0].join()
            time.sleep(_TURN_S)
        self._sandbox.close()

    def _listen(self) -> None:
        try:
            # A client that was killed may have written half a request.
            with suppress(EOFError, pickle.UnpicklingError):
                while True:
                    self._heard.put(pickle.load(self._requests))  # noqa: S301 — from our own parent
        finally:
            signal.alarm(_LONGEST_S)
            self._over = True
            self._heard.put(_END)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)

    def _stop(self, *_: object) -> None:
        if self._over and self._working:
            self._working = False  # once is enough
            raise KeyboardInterrupt

    def _do(self, request: Request) -> None:
        self._begun = True
        match request:
            case "prepare", number, plan:
                self._twins[number] = self._sandbox.prepare(plan)
            case "discard", number:
                self._twins.pop(number).discard()
            case "run", number, plan, digest, blobs:
                twin = self._twins[number]
                self._answer(lambda: twin.run(plan, digest=digest, blobs=blobs))
            case ("settle",):
                self._answer(self._sandbox.settle)
            case _:
                self._answer(self._sandbox.reap)

    def _answer(self, work: Callable[[], Preview | int | None]) -> None:
        try:
            self._working = True
            self._stop()  # the end may have been heard before there was work to stop
            done = work()
        except Exception as error:  # noqa: BLE001 — it is raised in the client
            self._send(answer_for(error))
        else:
            self._tell(done)
        finally:
            self._working = False

    def _tell(self, done: Preview | int | None) -> None:
        if isinstance(done, Preview) and len(done.changes) > _AT_ONCE:
            changes, done = done.changes, replace(done, changes=())
            for start in range(0, len(changes), _AT_ONCE):
                self._send((CHANGES, changes[start : start + _AT_ONCE]))
        self._send((DONE, done))

    def _send(self, answer: tuple[int, object]) -> None:
        with suppress(OSError):  # a client that has gone needs none
            pickle.dump(answer, self._answers, pickle.HIGHEST_PROTOCOL)
            self._answers.flush()

    @contextmanager
    def step(self, words: str) -> Iterator[None]:
        """See `ports.Progress`: the client shows it until it hears something else."""
        self._send((STEP, words))
        yield
