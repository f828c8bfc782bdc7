"""What the double sends for one request, byte by byte.

A reply is a row of steps: bytes are sent as they are, a number is a pause in seconds,
an `End` breaks the connection. Without an `End` the connection stays open for the next
request, so what is sent must then be a whole HTTP reply.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class End(Enum):
    """How the double leaves: at once, or after what it sent."""

    RESET = "the connection is reset"
    CLOSE = "the connection is closed"


Step = bytes | float | End


@dataclass(frozen=True, slots=True)
class Reply:
    """`steps` in their order, then `endless` again and again until nobody listens."""

    steps: tuple[Step, ...]
    endless: tuple[Step, ...] = ()


PHRASES = {200: "OK", 307: "Temporary Redirect", 503: "Service Unavailable"}
Header = tuple[str, str]
JSON = ("Content-Type", "application/json")


def head(status: int, *headers: Header) -> bytes:
    """The status line and the headers, with the empty line."""
    lines = [f"HTTP/1.1 {status} {PHRASES.get(status, 'Whatever')}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def whole(status: int, content: bytes, *headers: Header) -> Reply:
    """A reply whose length is said; the connection stays open."""
    length = ("Content-Length", str(len(content)))
    return Reply((head(status, length, *headers) + content,))


def in_json(status: int, value: object, *headers: Header) -> Reply:
    return whole(status, json.dumps(value).encode(), JSON, *headers)


def chunked(status: int, pieces: Iterable[Step], *headers: Header) -> Reply:
    """A reply in chunks, one for each of the bytes; an `End` leaves it unfinished."""
    steps: list[Step] = [head(status, ("Transfer-Encoding", "chunked"), *headers)]
    steps += [chunk(one) if isinstance(one, bytes) else one for one in pieces]
    if not isinstance(steps[-1], End):
        steps.append(b"0\r\n\r\n")
    return Reply(tuple(steps))


def chunk(content: bytes) -> bytes:
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


def events(*pieces: Step | object) -> Reply:
    """A stream of server-sent events; what is no step is sent as `data:` in JSON."""
    steps = [
        piece if isinstance(piece, bytes | float | End) else event(piece)
        for piece in pieces
    ]
    return chunked(200, steps, ("Content-Type", "text/event-stream"))


def event(value: object) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"
