"""Appends records to the journal: one line, one write, chained and durable."""

import errno
import fcntl
import os
import weakref
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import structlog

from linara_agent.core.chain import Draft, Tail, digest, seal
from linara_agent.core.record import Json, Record
from linara_agent.journal.place import (
    broken,
    journal_path,
    make_directory,
    refused,
    require_file,
    require_private,
    sync_directory,
    take_lock,
    unavailable,
)
from linara_agent.journal.processors import (
    hand_over,
    redacting,
    render,
    simplify,
    stamping,
)
from linara_agent.journal.tail import Ending
from linara_agent.ports import Clock

_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_MOST_RUNS = 16
_REMOVED = "it was removed during this run"


class JournalFile:
    """The journal below a state directory, shared with other processes and threads.

    `known` are secrets to be taken out wherever they stand, besides what looks like
    one. Raises JournalUnavailable when another process holds the lock for more than
    `patience_s` seconds.
    """

    def __init__(
        self,
        state: Path,
        *,
        clock: Clock,
        known: tuple[str, ...] = (),
        patience_s: float = 30.0,
    ) -> None:
        self._appender = _Appender(journal_path(state), patience_s=patience_s)
        self._logger = structlog.wrap_logger(
            self._appender,
            processors=[stamping(clock), simplify, render, redacting(known), hand_over],
            wrapper_class=_RunLogger,
            cache_logger_on_first_use=True,
        )
        self._runs: dict[str, _RunLogger] = {}

    def write(self, record: Record) -> None:
        """Append one record; a durable one is on disk when this returns."""
        logger = self._runs.get(record.run)
        if logger is None:
            if len(self._runs) >= _MOST_RUNS:
                self._runs.clear()
            logger = self._runs[record.run] = self._logger.bind(run=record.run)
        logger.append(str(record.event), fields=record.fields, durable=record.durable)

    def close(self) -> None:
        """Let go of the file; a later `write` opens it again."""
        self._appender.close()


class _RunLogger(structlog.BoundLoggerBase):
    """Bound once for each run; its one method is the one that the appender has."""

    def append(self, event: str, *, fields: Mapping[str, Json], durable: bool) -> None:
        self._proxy_to_logger("append", event, fields=fields, durable=durable)


class _Own(NamedTuple):
    """The last line of this process: where it stands and what it is."""

    start: int
    end: int
    seq: int
    hash: str


class _Appender:
    """Puts finished drafts at the end of the file.

    The file stays open for the run. Processes exclude each other by its lock (a fork
    opens it anew, for a lock belongs to an open file), threads by a lock of ours. A
    journal that is replaced, cut or altered during the run is noticed: the path must
    stay the same file, and our own last line must stay where it was.
    """

    def __init__(self, path: Path, *, patience_s: float) -> None:
        self._path = path
        self._patience_s = patience_s
        self._file: os.stat_result | None = None
        self._descriptor = -1
        self._close: weakref.finalize[..., _Appender] | None = None
        self._threads = Lock()
        self._own: _Own | None = None
        self._directory_synced = False
        this = weakref.ref(self)

        def forked() -> None:
            alive = this()
            if alive is not None:
                alive.begin_in_child()

        os.register_at_fork(after_in_child=forked)

    def append(self, draft: Draft, *, durable: bool) -> None:
        try:
            with self._threads:
                self._append(draft, durable=durable)
        except OSError as error:
            raise unavailable(error, self._path, "written") from error

    def close(self) -> None:
        with self._threads:
            if self._close is not None:
                self._close()
            self._descriptor = -1

    def begin_in_child(self) -> None:
        """Open the file anew after a fork, with no thread waiting yet.

        The copy of the parent's descriptor is left as it is: a lock that is let go
        through it would be the parent's.
        """
        self._descriptor, self._threads = -1, Lock()

    def _append(self, draft: Draft, *, durable: bool) -> None:
        if self._descriptor < 0:
            self._open()
        self._require_same_file()
        self._lock()
        try:
            self._write(draft)
        finally:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        if durable:
            # Outside the lock: the order is fixed, other processes need not wait.
            os.fsync(self._descriptor)
            if not self._directory_synced:
                sync_directory(self._path.parent)
                self._directory_synced = True

    def _open(self) -> None:
        if self._file is None:
            directory = self._path.parent
            if directory.is_symlink():
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            make_directory(directory)
            require_private(directory.stat(), directory)
        descriptor = self._open_or_make(may_make=self._file is None)
        self._close = weakref.finalize(self, os.close, descriptor)
        if self._file is None:
            self._file = os.fstat(descriptor)
            require_file(self._file, self._path)
        self._descriptor = descriptor

    def _open_or_make(self, *, may_make: bool) -> int:
        while True:
            try:
                return os.open(self._path, _FLAGS)
            except FileNotFoundError as error:
                if not may_make:
                    raise broken(self._path, _REMOVED) from error
            try:
                made = os.open(self._path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                continue
            os.fchmod(made, 0o600)
            return made

    def _require_same_file(self) -> None:
        try:
            now = self._path.lstat()
        except FileNotFoundError as error:
            raise broken(self._path, _REMOVED) from error
        if self._file is None or not os.path.samestat(now, self._file):
            raise broken(self._path, "it was replaced during this run")
        require_private(now, self._path)

    def _lock(self) -> None:
        if not take_lock(self._descriptor, fcntl.LOCK_EX, patience_s=self._patience_s):
            raise refused(
                self._path,
                f"another process has locked it for over {self._patience_s:g} seconds",
                f"See which with `fuser -v {self._path}`, and end it or wait for it.",
            )

    def _write(self, draft: Draft) -> None:
        size = os.fstat(self._descriptor).st_size
        tail = self._tail(size)
        line = seal(draft, after=tail)
        try:
            complete = os.write(self._descriptor, line) == len(line)
        except OSError:
            self._take_back(size)
            raise
        if not complete:
            self._take_back(size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._own = _Own(
            start=size + tail.open,
            end=size + len(line),
            seq=tail.seq + 1,
            hash=digest(line[int(tail.open) : -1]),
        )

    def _take_back(self, size: int) -> None:
        """Remove the part of a line that was written.

        Where even that fails the part stays as a torn line, which the next writer
        closes and names.
        """
        if os.fstat(self._descriptor).st_size > size:
            os.ftruncate(self._descriptor, size)

    def _tail(self, size: int) -> Tail:
        """The end of the chain, after a look at whether our own last line stands."""
        own = self._own
        if own is not None:
            line = os.pread(self._descriptor, own.end - own.start, own.start)
            if digest(line[:-1]) != own.hash or line[-1:] != b"\n":
                raise broken(
                    self._path,
                    f"record {own.seq} was altered or cut off during this run",
                )
            if size == own.end:
                return Tail(seq=own.seq, above=own.hash)
        return Ending(descriptor=self._descriptor, size=size, path=self._path).tail()
