"""Server-sent events, as chat completions use them, from bytes cut anywhere.

Read by the rules of https://html.spec.whatwg.org/multipage/server-sent-events.html.
httpx-sse does the same in as many lines, but hides the comments, which here are the
sign of life, and keeps a line of any length in memory.
"""

from collections.abc import Iterator

from linara_agent.openrouter.errors import too_large


class EventStream:
    """Fed with bytes, it gives the data of each event, and counts the comments.

    A line, and the data of one event, may have up to `limit` bytes.
    """

    def __init__(self, limit: int) -> None:
        self.comments = 0
        self._limit = limit
        self._line = bytearray()
        self._data: list[bytes] = []
        self._bytes = 0
        self._after_return = False
        self._first = True

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The events that are complete by now; raises Failure for an endless one."""
        if self._after_return:
            chunk = chunk.removeprefix(b"\n")  # the other half of a CRLF
        self._after_return = chunk.endswith(b"\r")
        self._line += chunk
        if b"\n" in chunk or b"\r" in chunk:
            # On bytes it splits at CR, LF and CRLF, and at nothing else.
            lines = bytes(self._line).splitlines(keepends=True)
            ended = lines[-1].endswith((b"\n", b"\r"))
            self._line = bytearray(b"" if ended else lines.pop())
            for line in lines:
                yield from self._take(line.rstrip(b"\r\n"))
        if len(self._line) > self._limit:
            raise too_large(self._limit)

    def end(self) -> Iterator[bytes]:
        """The event that is complete but for the blank line after it."""
        yield from self._take(bytes(self._line))
        yield from self._take(b"")
        self._line.clear()

    def _take(self, line: bytes) -> Iterator[bytes]:
        if self._first:
            line = line.removeprefix(b"\xef\xbb\xbf")
            self._first = False
        if not line:
            if self._data:
                yield b"\n".join(self._data)
            self._data, self._bytes = [], 0
            return
        name, _, value = line.partition(b":")
        if not name:
            self.comments += 1
        elif name == b"data":
            self._data.append(value.removeprefix(b" "))
            self._bytes += len(value)
            if self._bytes > self._limit:
                raise too_large(self._limit)
