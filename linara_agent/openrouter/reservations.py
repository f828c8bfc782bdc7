"""What requests under way may cost, so that two runs at once keep one daily budget.

A request reserves the most that it could cost before it is sent. When it is answered,
its true cost takes that place for the few seconds until the journal has it; when it
failed and cost nothing, the reservation is given back. A run that dies in between, or
gets an answer that tells no cost, leaves its reservation counted until the day (UTC)
is over: too much rather than too little.
"""

import fcntl
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from linara_agent.openrouter.errors import Failure
from linara_agent.openrouter.kept_file import keep, read_kept

JOURNALED_S = 10.0
"""So long after it is known, a cost is in the journal; it is one write away."""


class Entry(BaseModel):
    """US dollars; `until`, in seconds since the epoch, is None for the whole day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    amount: Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]
    until: float | None = None


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    day: str
    entries: dict[str, Entry]


@dataclass(slots=True)
class Book:
    """Reservations by a name that tells nothing."""

    entries: dict[str, Entry] = field(default_factory=dict)
    now: Callable[[], float] = time.time

    @property
    def total(self) -> Decimal:
        """US dollars."""
        return sum((one.amount for one in self.entries.values()), Decimal(0))

    def reserve(self, amount: Decimal) -> str | None:
        """The reservation's name; None where nothing has to be reserved."""
        if not amount:
            return None
        name = secrets.token_hex(8)
        self.entries[name] = Entry(amount=amount)
        return name

    def settle(self, name: str, amount: Decimal) -> None:
        """The true cost, until the journal surely has it; one that is gone stays so."""
        if name in self.entries:
            until = self.now() + JOURNALED_S
            self.entries[name] = Entry(amount=amount, until=until)

    def give_back(self, name: str | None) -> None:
        if name is not None:
            self.entries.pop(name, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservations:
    """Kept in the file `path`, with a lock beside it; `day` is `YYYY-MM-DD` of UTC."""

    path: Path
    day: Callable[[], str]
    now: Callable[[], float] = time.time

    @contextmanager
    def opened(self) -> Iterator[Book]:
        """Those that count now, for nobody else until the block ends.

        What was changed is kept if no exception ends it. Raises Failure where that
        cannot be read or written.
        """
        with self._locked():
            book = Book(self._counting(), self.now)
            before = dict(book.entries)
            yield book
            if book.entries == before:
                return
            file = _File(day=self.day(), entries=book.entries)
            if not keep(self.path, file.model_dump_json().encode()):
                raise self._unusable("cannot be written")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        beside = self.path.with_name(f".{self.path.name}.lock")
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            beside.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(beside, flags, 0o600)
        except OSError as exc:
            raise self._unusable("cannot be locked") from exc
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)  # held for some milliseconds
            yield
        finally:
            os.close(descriptor)

    def _counting(self) -> dict[str, Entry]:
        raw = read_kept(self.path)
        if raw is None:
            if os.path.lexists(self.path):
                raise self._unusable("cannot be read")
            return {}
        try:
            file = _File.model_validate_json(raw)
        except ValidationError as exc:
            raise self._unusable("cannot be read") from exc
        if file.day != self.day():
            return {}
        now = self.now()
        return {
            name: one
            for name, one in file.entries.items()
            if one.until is None or one.until > now
        }

    def _unusable(self, why: str) -> Failure:
        return Failure(
            f"What requests of this day reserved of the budget {why}: {self.path}.",
            remedy="See that the file is yours to read and write, or remove it and"
            " look at `linara-agent usage`; or lift the daily budget.",
        )
