"""The kept file of reservations: whole, private, and never taken for empty."""

from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from linara_agent.openrouter.errors import Failure
from linara_agent.openrouter.reservations import JOURNALED_S, Reservations


@pytest.fixture
def kept(tmp_path: Path) -> Reservations:
    return Reservations(
        path=tmp_path / "reserved.json", day=lambda: "2026-11-22", now=lambda: 50.0
    )


def test_what_is_reserved_is_there_for_the_next(kept):
    """To the cent, under mode 0600."""
    with kept.opened() as book:
        book.reserve(Decimal("0.1"))
        book.reserve(Decimal("0.02"))
    with kept.opened() as book:
        assert book.total == Decimal("0.12")
    assert kept.path.stat().st_mode & 0o777 == 0o600


def test_what_is_settled_counts_for_some_seconds(kept):
    """After that the journal has it."""
    with kept.opened() as book:
        name = book.reserve(Decimal(1))
        book.settle(name, Decimal("0.25"))
    for later, total in ((JOURNALED_S - 1, "0.25"), (JOURNALED_S, "0")):
        with replace(kept, now=partial(float, 50.0 + later)).opened() as book:
            assert book.total == Decimal(total)


def test_an_exception_changes_nothing(kept):
    """What was not admitted was not reserved."""
    with suppress(ZeroDivisionError), kept.opened() as book:
        book.reserve(Decimal(1))
        raise ZeroDivisionError
    with kept.opened() as book:
        assert book.entries == {}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        '{"day": "2026-11-22", "entries": {"a": {"amount": "NaN"}}}',
        '{"day": "2026-11-22", "entries": {"a": {"amount": "-5"}}}',
    ],
)
def test_a_file_that_cannot_be_read_is_not_taken_for_empty(kept, content: str):
    """Else to damage it would lift the budget."""
    kept.path.write_text(content)
    with pytest.raises(Failure, match="cannot be read") as caught, kept.opened():
        pass
    assert str(kept.path) in caught.value.what
    assert "remove it" in caught.value.remedy


def test_a_link_is_not_followed(kept, tmp_path: Path):
    """Neither for the file nor for the lock."""
    kept.path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Failure, match="cannot be read"), kept.opened():
        pass
    lock = tmp_path / ".reserved.json.lock"
    lock.unlink()
    lock.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Failure, match="cannot be locked"), kept.opened():
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_what_cannot_be_written_is_not_reserved(kept):
    """Then nothing is asked either."""

    def reserve() -> None:
        with kept.opened() as book:
            book.reserve(Decimal(1))
            kept.path.mkdir()

    with pytest.raises(Failure, match="cannot be written"):
        reserve()
