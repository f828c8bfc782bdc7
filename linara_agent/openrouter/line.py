"""One connection to a server, which another thread can cut."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from functools import partial
from typing import Any

import httpx

from linara_agent.openrouter.endpoint import Endpoint
from linara_agent.openrouter.errors import FOREIGN, unusable_client
from linara_agent.openrouter.options import Options

_IDLE_S = 60.0
"""So long an unused connection is kept; servers close most of them sooner."""

_ONE = httpx.Limits(
    max_connections=1, max_keepalive_connections=1, keepalive_expiry=_IDLE_S
)


class Line:
    """An httpx client with a single connection, made anew when the server closed it.

    Raises Failure when the environment's proxies or certificates cannot be used.
    """

    def __init__(self, endpoint: Endpoint, options: Options) -> None:
        self.endpoint = endpoint
        self._socket: socket.socket | None = None
        self._cut = False
        self._free = False
        try:
            self._client = httpx.Client(
                limits=_ONE,
                # A server on this machine is never reached through a proxy: the key
                # would leave the machine in clear text.
                trust_env=not endpoint.loopback,
                # Without TLS there is nothing to verify, nor to load.
                verify=endpoint.url.startswith("https:"),
            )
        except (*FOREIGN, OSError, ValueError, ImportError) as exc:
            raise unusable_client(exc, options) from exc

    @contextmanager
    def send(
        self, request: httpx.Request, options: Options
    ) -> Iterator[httpx.Response]:
        """Follow no redirect; raises what httpx raises."""
        self._free = False
        request.extensions["trace"] = self._watch
        response = self._client.send(
            request,
            auth=partial(_authorized, options),
            stream=True,
            follow_redirects=False,
        )
        with closing(response):
            yield response
        self._free = True

    def _watch(self, event: str, info: Mapping[str, Any]) -> None:
        """Follow httpx's `trace` extension; new connections end when cut."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._socket = info["return_value"].get_extra_info("socket")
        if self._cut:
            self.cut()

    def cut(self) -> None:
        """End the exchange, from any thread."""
        self._cut = True
        if self._socket is not None:
            with suppress(OSError):  # it is closed already
                self._socket.shutdown(socket.SHUT_RDWR)

    @property
    def is_reusable(self) -> bool:
        """The last exchange was read to its end, and nobody cut it."""
        return self._free and not self._cut

    def close(self) -> None:
        """May be called again."""
        self._client.close()


def _authorized(options: Options, request: httpx.Request) -> httpx.Request:
    """Put the key into its header; it stands nowhere else."""
    if options.secret is not None:
        request.headers["Authorization"] = f"Bearer {options.secret}"
    return request
