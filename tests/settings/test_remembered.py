"""Which files had their examples checked."""

from pathlib import Path

from linara_agent.settings.remembered import Remembered


def test_what_was_checked_is_remembered(tmp_path: Path) -> None:
    """Also by another process; something else is not."""
    memory = Remembered(cache=tmp_path / "cache")
    assert not memory.holds("a")
    memory.remember("a")
    memory.remember("b")
    again = Remembered(cache=tmp_path / "cache")
    assert again.holds("a")
    assert again.holds("b")
    assert not again.holds("c")
    assert (tmp_path / "cache" / "examples.json").stat().st_mode & 0o777 == 0o600


def test_the_oldest_are_forgotten(tmp_path: Path) -> None:
    """The file stays small."""
    memory = Remembered(cache=tmp_path)
    for number in range(70):
        memory.remember(str(number))
    assert not memory.holds("0")
    assert memory.holds("69")
    assert (tmp_path / "examples.json").stat().st_size < 1000


def test_without_a_cache_nothing_is_remembered(tmp_path: Path) -> None:
    """A damaged file, or a place that cannot be written, costs a check and no more."""
    (tmp_path / "examples.json").write_text("{")
    assert not Remembered(cache=tmp_path).holds("a")
    (tmp_path / "examples.json").write_text('{"a": 1}')
    assert not Remembered(cache=tmp_path).holds("a")
    blocked = Remembered(cache=tmp_path / "examples.json")
    blocked.remember("a")
    assert not blocked.holds("a")
