"""Puts a streamed reply together, so that it is judged like one that came whole.

The quirks follow OpenRouter's page on streaming
(https://openrouter.ai/docs/api-reference/streaming) and what other servers send:
the reason to stop comes twice, or the usage comes without a choice; an error is an
event like any other, at the start or half-way; the end mark may be missing.
"""

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from linara_agent.openrouter.arrival import Arrival
from linara_agent.openrouter.errors import too_large
from linara_agent.openrouter.event_stream import EventStream
from linara_agent.openrouter.options import Options
from linara_agent.openrouter.reply import is_finished, nothing, unreadable
from linara_agent.openrouter.server_text import without_key
from linara_agent.openrouter.wire import Choice, Chunk, Message, Piece, Reply

_END = b"[DONE]"


def assembled(chunks: Iterable[bytes], arrival: Arrival, options: Options) -> Reply:
    """The reply in a stream of events, read to its end mark, error or end.

    Raises Failure for a stream without any event, and for an event that cannot be
    read: it may have held a part of the command.
    """
    stream = EventStream(options.cap_bytes)
    assembly = _Assembly(options, arrival)
    for chunk in chunks:
        for data in stream.feed(chunk):
            if assembly.take(data):
                return assembly.reply()
        arrival.show(stream.comments)
    for data in stream.end():
        if assembly.take(data):
            return assembly.reply()
    if not assembly.began:
        raise nothing()
    return assembly.reply()


class _Assembly:
    """The fields of the reply so far."""

    def __init__(self, options: Options, arrival: Arrival) -> None:
        self.began = False
        self._finish: str | None = None
        self._native: str | None = None
        self._options = options
        self._arrival = arrival
        self._fields: dict[str, Any] = {}
        self._choices: set[int] = set()
        self._texts: list[str] = []
        self._thoughts: list[str] = []
        self._refusals: list[str] = []
        self._tool_calls: list[Any] = []

    def take(self, data: bytes) -> bool:
        """Add one event; says whether it was the last. Raises Failure."""
        data = without_key(data, self._options).strip()
        if data == _END:
            return True
        if not data:
            return False
        try:
            chunk = Chunk.model_validate_json(data)
        except ValidationError as exc:
            raise unreadable(data, self._options) from exc
        self.began = True
        for name in ("id", "model", "provider", "usage", "error"):
            value = getattr(chunk, name)
            if value is not None:
                self._fields[name] = value
        for piece in chunk.choices or ():
            self._add(piece)
        if self._arrival.characters > self._options.cap_bytes:
            raise too_large(self._options.cap_bytes)
        return "error" in self._fields

    def _add(self, piece: Piece) -> None:
        self._choices.add(piece.index or 0)
        if piece.error is not None:
            self._fields["error"] = piece.error
        if (delta := piece.delta) is not None:
            thought = delta.reasoning or delta.reasoning_content or ""
            self._texts.append(delta.text)
            self._thoughts.append(delta.reasoning_content or "")
            self._refusals.append(delta.refusal or "")
            self._tool_calls = self._tool_calls or (delta.tool_calls or [])[:1]
            self._arrival.add(text=delta.text, thought=thought)
            if delta.text and is_finished(self._finish or ""):
                self._finish = self._native = None  # then it was not finished
        # A reason that is no good end is not made good by a later one.
        if piece.finish_reason and is_finished(self._finish or "stop"):
            self._finish = piece.finish_reason
        self._native = piece.native_finish_reason or self._native

    def reply(self) -> Reply:
        message = Message(
            content="".join(self._texts),
            refusal="".join(self._refusals) or None,
            tool_calls=self._tool_calls or None,
            reasoning_content="".join(self._thoughts) or None,
        )
        one = Choice(
            finish_reason=self._finish,
            native_finish_reason=self._native,
            message=message,
        )
        return Reply(choices=[one] * len(self._choices), **self._fields)
