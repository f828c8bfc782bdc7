"""What is kept of answers, for how long, and for whom."""

import json
import stat
from pathlib import Path

import pytest

from linara_agent.openrouter.answer_cache import LIFETIME_S, MOST, AnswerCache, key_of

START = 1_795_359_845.0


class Clock:
    """Stands still until it is put on."""

    def __init__(self) -> None:
        self.seconds = START

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(tmp_path: Path, clock: Clock) -> AnswerCache:
    return AnswerCache(path=tmp_path / "cache" / "answers.json", now=clock)


def test_an_answer_lasts_five_minutes(cache: AnswerCache, clock: Clock):
    """Until then it is given as it was written; after that it is gone."""
    cache.put("k", text="ls -la", model="a/model")

    clock.seconds = START + LIFETIME_S - 0.001
    kept = cache.get("k")
    assert kept is not None
    assert (kept.text, kept.model) == ("ls -la", "a/model")
    clock.seconds = START + LIFETIME_S
    assert cache.get("k") is None


def test_a_clock_that_is_set_back_makes_nothing_last(cache: AnswerCache, clock: Clock):
    """An answer from the future is none."""
    cache.put("k", text="ls", model="m")
    clock.seconds = START - 1
    assert cache.get("k") is None


def test_the_oldest_go_first(cache: AnswerCache, clock: Clock):
    """No more than a hundred are kept."""
    for number in range(MOST + 5):
        clock.seconds = START + number / 10
        cache.put(str(number), text=f"ls {number}", model="m")

    kept = json.loads(cache.path.read_text())
    assert set(kept) == {str(number) for number in range(5, MOST + 5)}


def test_only_its_owner_reads_it(cache: AnswerCache):
    """The file and its directory are shut to everybody else."""
    cache.put("k", text="ls", model="m")

    assert stat.S_IMODE(cache.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(cache.path.parent.stat().st_mode) == 0o700


def test_what_looks_like_a_secret_is_not_kept(cache: AnswerCache, key: str):
    """An answer that holds a key does not lie on the disk."""
    cache.put("k", text=f"curl -H 'Authorization: Bearer {key}' x", model="m")

    assert cache.get("k") is None
    assert not cache.path.exists()


@pytest.mark.parametrize("content", ["", "[]", "{", '{"k": {"text": 1}}', "\x00"])
def test_a_damaged_file_is_no_file(cache: AnswerCache, content: str):
    """Whatever lies there, the model is asked, and the file is whole afterwards."""
    cache.path.parent.mkdir()
    cache.path.write_text(content)

    assert cache.get("k") is None
    cache.put("k", text="ls", model="m")
    assert cache.get("k") is not None


def test_a_link_is_not_followed(cache: AnswerCache, tmp_path: Path):
    """Neither for reading nor for writing."""
    cache.put("k", text="ls", model="m")
    other = tmp_path / "other.json"
    cache.path.rename(other)
    cache.path.symlink_to(other)
    before = other.read_text()

    assert cache.get("k") is None
    cache.put("x", text="pwd", model="m")
    assert other.read_text() == before


def test_a_key_stands_for_server_and_request():
    """Another server, or one byte of another request, has another key."""
    keys = {key_of("a", b"b"), key_of("ab", b""), key_of("a", b"c"), key_of("", b"ab")}
    assert len(keys) == 4
