"""A real HTTP server on loopback in the place of OpenRouter.

It plays scripted replies, keeps connections open between requests as HTTP/1.1 does,
and writes down what it receives and what was wrong with it. Pages that nobody
scripted are answered as OpenRouter answers them.
"""

import socket
import ssl
import struct
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import chain, count, repeat
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Event, Lock, Thread
from typing import Self

from typing_extensions import override

from tests.openrouter_double.reply import End, Reply, Step, in_json
from tests.openrouter_double.request import CHAT, Request, complaints, read

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
"""What the double takes for the right key, unless it is told another."""

Script = Reply | Callable[["Double"], Reply]
"""A reply, or what makes one when the request has come."""

_READ_S = 30.0


class Double:
    """The server; use it as a context manager.

    `key` is the one it expects, None if nobody should send one. `official` says whether
    it plays OpenRouter itself or a server like it. Pauses are multiplied by `pace`.
    `seen` is called with each request before it is answered.
    """

    def __init__(
        self,
        *,
        key: str | None = KEY,
        official: bool = True,
        pace: float = 1.0,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.key = key
        self.official = official
        self.pace = pace
        self.tls = tls
        self.requests: list[Request] = []
        self.complaints: list[str] = []
        self.seen: Callable[[Request], None] = lambda _: None
        self._scripts: dict[str, list[Script]] = {}
        self._served: dict[str, int] = {}
        self._lock = Lock()
        self._over = Event()
        self._connections: set[socket.socket] = set()
        self._numbers = count()
        self._server = _Server(("127.0.0.1", port), self._handler())
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The base URL, as the setting wants it."""
        scheme = "http" if self.tls is None else "https"
        return f"{scheme}://127.0.0.1:{self.port}/api/v1"

    def play(self, *scripts: Script, page: str = CHAT) -> None:
        """Append replies, one for each request; the last one is played on."""
        self._scripts.setdefault(page, []).extend(scripts)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        for connection in tuple(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._server.server_close()  # waits for the threads of the connections
        self._thread.join()

    def _handler(self) -> type[BaseRequestHandler]:
        double = self

        class Handler(BaseRequestHandler):
            @override
            def handle(self) -> None:
                # Whoever was told a reset or hung up leaves us nothing to do.
                with suppress(OSError):
                    double.serve(self.request)

        return Handler

    def serve(self, connection: socket.socket) -> None:
        """Answer the requests of one connection until it ends."""
        connection.settimeout(_READ_S)
        if self.tls is not None:
            connection = self.tls.wrap_socket(connection, server_side=True)
        self._connections.add(connection)
        try:
            self._converse(connection, next(self._numbers))
        finally:
            self._connections.discard(connection)
            if self.tls is not None:
                connection.close()

    def _converse(self, connection: socket.socket, number: int) -> None:
        with connection.makefile("rb") as stream:
            while not self._over.is_set():
                request = read(stream, connection=number)
                if request is None:
                    return
                if not self._play(connection, self._answer(request)):
                    return

    def _answer(self, request: Request) -> Reply:
        found = complaints(request, key=self.key, official=self.official)
        with self._lock:
            self.requests.append(request)
            self.complaints += found
            page = request.page
            turn = self._served.get(page, 0)
            self._served[page] = turn + 1
        self.seen(request)
        scripts = self._scripts.get(page)
        if scripts is None:
            return unscripted(page)
        script = scripts[min(turn, len(scripts) - 1)]
        return script if isinstance(script, Reply) else script(self)

    def _play(self, connection: socket.socket, reply: Reply) -> bool:
        """Whether the connection stays open."""
        for step in chain(reply.steps, _again(reply.endless)):
            if isinstance(step, bytes):
                connection.sendall(step)
            elif isinstance(step, End):
                self._leave(connection, step)
                return False
            elif self._over.wait(step * self.pace):
                return False
        return True

    @staticmethod
    def _leave(connection: socket.socket, end: End) -> None:
        if end is End.RESET:
            # Lingering for no time makes the kernel send a reset.
            hard = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, hard)
            connection.close()
        else:
            connection.shutdown(socket.SHUT_RDWR)


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    request_queue_size = 64

    @override
    def shutdown_request(self, request: object) -> None:
        """Close without the shutdown that would turn a reset into an orderly end."""
        if isinstance(request, socket.socket):
            request.close()


def _again(steps: tuple[Step, ...]) -> Iterable[Step]:
    return chain.from_iterable(repeat(steps)) if steps else ()


def unscripted(page: str) -> Reply:
    """What a page answers that no case speaks of."""
    known = {
        "/key": {"data": {"limit": None, "is_free_tier": True, "usage": 0}},
        "/models": {"data": [{"id": "openrouter/free", "pricing": {"prompt": "0"}}]},
    }
    if page in known:
        return in_json(200, known[page])
    return in_json(404, {"error": {"code": 404, "message": f"Nothing at {page}"}})
