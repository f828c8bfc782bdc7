"""One HTTP exchange that is over when its time is over.

httpx bounds single reads, which a server that pads or drips its reply never
exceeds, and nothing bounds the look-up of a name. So the exchange runs in a
thread of its own, the caller waits no longer than the deadline, and then cuts
the connection, which ends the thread. Ctrl-C interrupts that wait at once.
"""

import re
import socket
import time
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from functools import partial
from threading import Thread
from typing import Any

import httpx

from linara_agent.openrouter.endpoint import Endpoint
from linara_agent.openrouter.errors import (
    FOREIGN,
    malformed_key,
    out_of_time,
    too_large,
    transport,
    unusable_client,
    without_secrets,
)
from linara_agent.openrouter.options import Options
from linara_agent.openrouter.server_text import redacted, without_key

_KEY = re.compile(r"[!-~]+")
"""What may stand in a header: without this, httpx would quote the key in an error."""

THREAD = "openrouter"

_FAREWELL_S = 1.0
"""How long a cut thread gets to close its connection; one in a look-up needs more
and is left to end by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`path` starts with a slash; `body` is JSON; `max_bytes` bounds the reply."""

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


def exchange(call: Call) -> Response:
    """Send one request and read the reply, of any status; raises Failure.

    `deadline` is a time of the monotonic clock. A redirect is not followed.
    """
    _refuse_malformed_key(call.options)
    line = _Line()
    outcome: Future[Response] = Future()
    worker = Thread(
        target=_carry_out, args=(call, line, outcome), name=THREAD, daemon=True
    )
    worker.start()
    try:
        return outcome.result(timeout=max(0.0, call.deadline - time.monotonic()))
    except TimeoutError as exc:
        raise out_of_time(call.options) from exc
    finally:
        line.cut()
        worker.join(_FAREWELL_S)


class _Line:
    """The connection in use, so that another thread can cut it."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._cut = False

    def watch(self, event: str, info: Mapping[str, Any]) -> None:
        """Follow httpx's `trace` extension; new connections end when cut."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._socket = info["return_value"].get_extra_info("socket")
        if self._cut:
            self.cut()

    def cut(self) -> None:
        self._cut = True
        if self._socket is not None:
            with suppress(OSError):  # it is closed already
                self._socket.shutdown(socket.SHUT_RDWR)


def _authorized(options: Options, request: httpx.Request) -> httpx.Request:
    """Put the key into its header; it stands nowhere else."""
    if options.secret is not None:
        request.headers["Authorization"] = f"Bearer {options.secret}"
    return request


def _refuse_malformed_key(options: Options) -> None:
    if options.secret is not None and not _KEY.fullmatch(options.secret):
        raise malformed_key()


def _carry_out(call: Call, line: _Line, outcome: Future[Response]) -> None:
    try:
        outcome.set_result(_send(call, line))
    except Exception as exc:  # noqa: BLE001 — the waiting thread raises it
        without_secrets(exc, call.options)
        outcome.set_exception(exc)


def _send(call: Call, line: _Line) -> Response:
    try:
        client = _client(call)
    except (*FOREIGN, OSError, ValueError, ImportError) as exc:
        raise unusable_client(exc, call.options) from exc
    try:
        with client, _stream(client, call, line) as response:
            return Response(
                status=response.status_code,
                headers={
                    name.lower(): redacted(value, call.options)
                    for name, value in response.headers.items()
                },
                body=_read(response, call),
            )
    except FOREIGN as exc:
        raise transport(exc, call.options) from exc


def _client(call: Call) -> httpx.Client:
    """A client that keeps nothing between calls and follows no redirect.

    A server on this machine is never reached through a proxy: the key would
    leave the machine in clear text.
    """
    secure = call.endpoint.url.startswith("https:")
    left = max(0.001, call.deadline - time.monotonic())
    return httpx.Client(
        timeout=httpx.Timeout(left, connect=min(left, call.options.connect_s)),
        trust_env=not call.endpoint.loopback,
        verify=secure,  # without TLS there is nothing to verify, nor to load
    )


def _stream(
    client: httpx.Client, call: Call, line: _Line
) -> AbstractContextManager[httpx.Response]:
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "User-Agent": "linara-agent",
        **dict(call.headers),
    }
    if call.body is not None:
        headers["Content-Type"] = "application/json"
    return client.stream(
        "GET" if call.body is None else "POST",
        call.endpoint.url + call.path,
        headers=headers,
        content=call.body,
        auth=partial(_authorized, call.options),
        extensions={"trace": line.watch},
    )


def _read(response: httpx.Response, call: Call) -> bytes:
    """The body; a key that the server sends back in it goes no further."""
    limit = call.max_bytes
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > limit:
            raise too_large(limit)
    return without_key(bytes(body), call.options)
