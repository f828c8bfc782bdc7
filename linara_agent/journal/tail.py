"""Reads the end of the journal, where the next record has to go on from."""

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from linara_agent.core.chain import MAX_LINE, Link, Tail, digest, link_of, read_object
from linara_agent.journal.place import broken

_BLOCK = 64 << 10
_FARTHEST = 4 * MAX_LINE
"""How far back a whole record is looked for behind torn lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """The journal's open file, whose lock must be held, and its size in bytes."""

    descriptor: int
    size: int
    path: Path

    def tail(self) -> Tail:
        """Read the last line; raises JournalUnavailable if it is no record.

        A last line without its newline is what a crash in mid-write leaves: it is
        kept, and the next record names it.
        """
        if not self.size:
            return Tail()
        ended = self._bytes(self.size - 1, self.size) == b"\n"
        end = self.size - 1 if ended else self.size
        start, line, link = self._line_before(end)
        if link is not None:
            return Tail(seq=link.seq, above=digest(line), open=not ended)
        if ended:
            raise broken(self.path, "its last line is not a record")
        return self._torn(start, digest(line))

    def _torn(self, start: int, above: str) -> Tail:
        """The tail where the line from `start` on is torn, and maybe some before it."""
        seq = 0
        while start:
            if self.size - start > _FARTHEST:
                raise broken(self.path, "no record stands near its end")
            start, _, link = self._line_before(start - 1)
            if link is not None:
                seq = link.seq
                break
        region = sha256()
        for position in range(start, self.size, _BLOCK):
            region.update(self._bytes(position, min(position + _BLOCK, self.size)))
        return Tail(seq=seq, above=above, torn=region.hexdigest(), open=True)

    def _line_before(self, end: int) -> tuple[int, bytes, Link | None]:
        """Where the line that ends before `end` starts, its bytes, and what it says."""
        line = b""
        start = end
        while start and b"\n" not in line:
            if end - start > MAX_LINE:
                raise broken(self.path, "its last line is longer than any of ours")
            block = max(0, start - _BLOCK)
            line = self._bytes(block, start) + line
            start = block
        line = line[line.rfind(b"\n") + 1 :]
        return end - len(line), line, link_of(read_object(line))

    def _bytes(self, start: int, end: int) -> bytes:
        return os.pread(self.descriptor, end - start, start)
