"""Reads what the supervisor says on the attached stream."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from linara_agent.docker_sandbox import frames
from linara_agent.docker_sandbox.attachment import (
    STDOUT,
    Attachment,
    StreamSilent,
)

TICK_S = 0.25
LONGEST_TRACE = 4 << 20
"""Bytes of strace's lines; what comes after them is dropped."""

_HEADER = 5
_LARGEST_FRAME = 8 << 20
_DIAGNOSTICS = 4096


class Garbled(Exception):
    """The stream is not what a supervisor of ours sends; never leaves the package."""


@dataclass(slots=True)
class Listener:
    """Cuts the stream into frames; `complaints` is what came on stderr."""

    attachment: Attachment
    complaints: bytearray = field(default_factory=bytearray)
    _buffer: bytearray = field(default_factory=bytearray)

    def next(self, timeout_s: float) -> tuple[int, bytes] | None:
        """One frame as (kind, data), None at the end.

        Raises StreamSilent, Garbled.
        """
        while True:
            found = self._take()
            if found is not None:
                return found
            piece = self.attachment.read(timeout_s)
            if piece is None:
                return None
            stream, data = piece
            if stream == STDOUT:
                self._buffer += data
            elif len(self.complaints) < _DIAGNOSTICS:
                self.complaints += data

    def _take(self) -> tuple[int, bytes] | None:
        if len(self._buffer) < _HEADER:
            return None
        kind = self._buffer[0]
        length = int.from_bytes(self._buffer[1:_HEADER], "big")
        if length > _LARGEST_FRAME:
            raise Garbled
        end = _HEADER + length
        if len(self._buffer) < end:
            return None
        data = bytes(self._buffer[_HEADER:end])
        del self._buffer[:end]
        return kind, data


def _unasked(_number: int) -> None:
    raise Garbled


@dataclass(slots=True)
class Captured:
    """All that came until the stream ended; `report` is None if it broke off."""

    stdout: bytearray = field(default_factory=bytearray)
    stderr: bytearray = field(default_factory=bytearray)
    trace: bytearray = field(default_factory=bytearray)
    report: dict[str, Any] | None = None
    failed: str | None = None
    silent: bool = False


def collect(
    listener: Listener,
    *,
    output: int,
    wall_s: float,
    tick: Callable[[], None],
    step: Callable[[int], None] = _unasked,
) -> Captured:
    """Read until the last word; `tick` is called a few times a second.

    `step` is called with the number of each step that has ended, and lets the next one
    begin.

    Ends by itself when nothing was heard until well after the wall time, which
    the supervisor keeps.
    """
    captured = Captured()
    deadline = time.monotonic() + wall_s
    next_tick = time.monotonic() + TICK_S
    while time.monotonic() < deadline:
        if time.monotonic() >= next_tick:
            tick()
            next_tick = time.monotonic() + TICK_S
        try:
            found = listener.next(TICK_S)
        except StreamSilent:
            continue
        if found is None:
            return captured
        if found[0] == frames.STEP:
            step(int(json.loads(found[1])))
            continue
        _keep(captured, *found, output)
        if captured.report is not None or captured.failed is not None:
            return captured
    captured.silent = True
    return captured


def _keep(captured: Captured, kind: int, data: bytes, output: int) -> None:
    match kind:
        case frames.STDOUT:
            captured.stdout += data[: max(0, output - len(captured.stdout))]
        case frames.STDERR:
            captured.stderr += data[: max(0, output - len(captured.stderr))]
        case frames.TRACE:
            captured.trace += data[: max(0, LONGEST_TRACE - len(captured.trace))]
        case frames.REPORT:
            captured.report = json.loads(data)
        case frames.FAILED:
            captured.failed = str(json.loads(data))
        case _:
            raise Garbled
