"""The attached streams of a container.

Without a terminal the engine sends records: one byte for the stream (1 stdout,
2 stderr), three zero bytes, the length as four big-endian bytes, the data
(Engine API, "Attach to a container", stream format).
"""

import select
import socket
import ssl
import struct
from types import TracebackType
from typing import Any, Self

STDOUT, STDERR = 1, 2
_HEADER = struct.Struct(">BxxxI")
_CHUNK = 1 << 16


class StreamSilent(Exception):
    """Nothing came within the time given; never leaves the package."""


class Attachment:
    """Write to the container's stdin, read what it says.

    docker-py hands over a file object that owns the HTTP response; both are kept
    until `close`, or the socket would be closed under us.
    """

    def __init__(self, attached: Any) -> None:  # noqa: ANN401 — docker-py's type
        self._owner = attached
        self._socket: socket.socket = getattr(attached, "_sock", attached)
        self._socket.settimeout(None)
        self._buffer = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def end_input(self) -> None:
        """Close the container's stdin; its output goes on."""
        self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Close both directions; a second time does nothing."""
        response = getattr(self._owner, "_response", None)
        if response is not None:
            response.close()
        self._owner.close()
        self._socket.close()

    def fileno(self) -> int:
        return self._socket.fileno()

    def receive(self) -> bytes:
        """The next bytes of a stream without records, empty at its end."""
        return self._socket.recv(_CHUNK)

    def read(self, timeout_s: float) -> tuple[int, bytes] | None:
        """Return the next piece as (stream, data), None at the end.

        A record is handed over in pieces as it comes. Raises StreamSilent if
        nothing comes in time.
        """
        while True:
            record = self._take()
            if record is not None:
                return record
            if not self._ready(timeout_s):
                raise StreamSilent
            data = self._socket.recv(_CHUNK)
            if not data:
                return None
            self._buffer += data

    def _ready(self, timeout_s: float) -> bool:
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            return True  # decrypted already, so the file descriptor says nothing of it
        return bool(select.select([self._socket], [], [], timeout_s)[0])

    def _take(self) -> tuple[int, bytes] | None:
        if len(self._buffer) < _HEADER.size:
            return None
        stream, length = _HEADER.unpack_from(self._buffer)
        end = _HEADER.size + length
        if len(self._buffer) < end:
            return None
        data = bytes(self._buffer[_HEADER.size : end])
        del self._buffer[:end]
        return stream, data
