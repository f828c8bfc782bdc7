"""HTTP exchanges, each over when its time is over, on connections kept open.

httpx bounds single reads, which a server that pads or drips its reply never
exceeds, and nothing bounds the look-up of a name. So an exchange runs in a thread
of its own, which hands over what arrives; the caller waits no longer than the
deadline, and then cuts the connection, which ends the thread. Ctrl-C interrupts
that wait at once.
"""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Self

import httpx

from linara_agent.openrouter.endpoint import Endpoint
from linara_agent.openrouter.errors import (
    FOREIGN,
    malformed_key,
    out_of_time,
    too_large,
    transport,
    without_secrets,
    wrongly_compressed,
)
from linara_agent.openrouter.line import Line
from linara_agent.openrouter.options import Options
from linara_agent.openrouter.server_text import redacted, without_key

_KEY = re.compile(r"[!-~]+")
"""What may stand in a header: without this, httpx would quote the key in an error."""

THREAD = "openrouter"

_FRAMES = 16
"""So many times larger than what it carries a stream may be: each token is wrapped
in some hundred bytes of JSON."""

_CODINGS = ("", "identity", "gzip")
"""As asked for. httpx unpacks every other that it knows, and one within the other:
then a kilobyte is gigabytes before its size is seen."""

_LAST_FRAME_S = 0.001
"""How long the end of an exchange is waited for when all that is wanted is there."""

_FAREWELL_S = 1.0
"""How long a cut thread gets to close its connection; one in a look-up needs more
and is left to end by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`path` starts with a slash; `body` is JSON; `max_bytes` bounds the reply.

    `deadline` is a time of the monotonic clock.
    """

    endpoint: Endpoint
    path: str
    options: Options
    deadline: float
    body: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    max_bytes: int = 4 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """`headers` have lower-case names, `body` is decompressed."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Head:
    status: int
    headers: Mapping[str, str]


_Mail = _Head | bytes | Exception | None
"""What the thread sends: the head, the body in pieces, and None or an exception."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A reply whose head is there, and whose body is still to come.

    `headers` have lower-case names.
    """

    status: int
    headers: Mapping[str, str]
    _call: Call
    _inbox: "SimpleQueue[_Mail]"

    @property
    def is_stream(self) -> bool:
        return _is_stream(self.headers)

    def chunks(self) -> Iterator[bytes]:
        """The decompressed body as it comes; raises Failure."""
        while (chunk := _next(self._inbox, self._call)) is not None:
            if isinstance(chunk, bytes):
                yield chunk

    def whole(self) -> Response:
        """Wait for the rest; a key that the server sends back goes no further.

        Raises Failure.
        """
        body = without_key(b"".join(self.chunks()), self._call.options)
        return Response(status=self.status, headers=self.headers, body=body)


@dataclass(slots=True)
class Session:
    """Keeps connections open for the next exchange; close it, or use it by `with`.

    Several threads may use one session; each exchange has a connection of its own.
    """

    _idle: list[Line] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def open(self, call: Call) -> Iterator[Incoming]:
        """Send a request and wait for the head of the reply, of any status.

        A redirect is not followed. Raises Failure. Leaving before the end of the
        body cuts the connection.
        """
        if call.options.secret and not _KEY.fullmatch(call.options.secret):
            raise malformed_key()
        line = self._take(call)
        inbox: SimpleQueue[_Mail] = SimpleQueue()
        worker = Thread(
            target=_carry_out, args=(call, line, inbox), name=THREAD, daemon=True
        )
        worker.start()
        try:
            head = _next(inbox, call)
            assert isinstance(head, _Head)  # noqa: S101 — or it raised
            yield Incoming(head.status, head.headers, call, inbox)
        finally:
            worker.join(_LAST_FRAME_S)
            if worker.is_alive():
                line.cut()
                worker.join(_FAREWELL_S)
            if line.is_reusable:
                self._idle.append(line)
            elif not worker.is_alive():
                line.close()

    def _take(self, call: Call) -> Line:
        """An idle connection to the same server, or a new one."""
        for line in tuple(self._idle):
            if line.endpoint == call.endpoint:
                try:
                    self._idle.remove(line)
                except ValueError:
                    continue  # another thread was faster
                return line
        return Line(call.endpoint, call.options)


def exchange(call: Call, session: Session | None = None) -> Response:
    """Send one request and read the whole reply, of any status; raises Failure."""
    with ExitStack() as stack:
        kept = session or stack.enter_context(Session())
        with kept.open(call) as incoming:
            return incoming.whole()


def _next(inbox: "SimpleQueue[_Mail]", call: Call) -> _Head | bytes | None:
    left = call.deadline - time.monotonic()
    try:
        mail = inbox.get(timeout=left) if left > 0 else None
    except Empty:
        left = 0.0
        mail = None
    if left <= 0:
        raise out_of_time(call.options)
    if isinstance(mail, Exception):
        raise mail
    return mail


def _carry_out(call: Call, line: Line, inbox: "SimpleQueue[_Mail]") -> None:
    try:
        try:
            _receive(call, line, inbox)
        except FOREIGN as exc:
            raise transport(exc, call.options) from exc
    except Exception as exc:  # noqa: BLE001 — the waiting thread raises it
        without_secrets(exc, call.options)
        inbox.put(exc)
    else:
        inbox.put(None)
    finally:
        if not line.is_reusable:
            line.close()


def _receive(call: Call, line: Line, inbox: "SimpleQueue[_Mail]") -> None:
    with line.send(_request(call), call.options) as response:
        headers = {
            name.lower(): redacted(value, call.options)
            for name, value in response.headers.items()
        }
        if headers.get("content-encoding", "").strip().lower() not in _CODINGS:
            raise wrongly_compressed()
        inbox.put(_Head(response.status_code, headers))
        limit = call.max_bytes * (_FRAMES if _is_stream(headers) else 1)
        size = 0
        for chunk in response.iter_bytes():
            size += len(chunk)
            if size > limit:
                raise too_large(limit)
            inbox.put(chunk)


def _is_stream(headers: Mapping[str, str]) -> bool:
    kind = headers.get("content-type", "").partition(";")[0]
    return kind.strip().lower() == "text/event-stream"


def _request(call: Call) -> httpx.Request:
    headers = {
        "Accept": "application/json, text/event-stream",
        "Accept-Encoding": "gzip",
        "User-Agent": "linara-agent",
        **dict(call.headers),
    }
    if call.body is not None:
        headers["Content-Type"] = "application/json"
    return httpx.Request(
        "GET" if call.body is None else "POST",
        call.endpoint.url + call.path,
        headers=headers,
        content=call.body,
        extensions={"timeout": _timeout(call).as_dict()},
    )


def _timeout(call: Call) -> httpx.Timeout:
    # Longer than the caller waits: who is late hears one reason, and always the same.
    left = max(0.0, call.deadline - time.monotonic()) + _FAREWELL_S
    silence = call.options.read_s
    return httpx.Timeout(
        left,
        connect=min(left, call.options.connect_s),
        read=left if silence is None else min(left, silence),
    )
