"""What is told while an answer comes."""

import time

import pytest
from pydantic import SecretStr

from linara_agent.openrouter.arrival import Arrival, Arrived
from linara_agent.openrouter.options import Options


@pytest.fixture
def told() -> list[Arrived]:
    return []


def test_counts_and_text_are_told(told):
    """The first news is told at once: signs of life, characters and the text."""
    arrival = Arrival(told.append, Options(), readable=True)
    arrival.add(text="", thought="hm")
    arrival.add(text="ls", thought="")
    arrival.show(3)
    assert told == [Arrived(comments=3, characters=4, reasoning=False, text="ls")]


def test_thinking_is_told(told):
    """While the model thinks there is no text; its characters count."""
    arrival = Arrival(told.append, Options(), readable=True)
    arrival.add(text="", thought="hm")
    arrival.add(text="", thought="")
    arrival.show(0)
    assert told == [Arrived(comments=0, characters=2, reasoning=True, text="")]


def test_news_are_not_told_too_often(told):
    """However fast the pieces come, they are told ten times a second at most."""
    arrival = Arrival(told.append, Options(), readable=True)
    started = time.monotonic()
    for _ in range(100):
        arrival.show(0)
    early = len(told)
    assert 1 <= early <= 1 + 10 * (time.monotonic() - started)
    time.sleep(0.11)
    arrival.show(0)
    assert len(told) == early + 1


def test_text_not_meant_for_reading_is_not_told(told):
    """Of a structured answer only the count is told."""
    arrival = Arrival(told.append, Options(), readable=False)
    arrival.add(text='{"a"', thought="")
    arrival.show(0)
    assert (told[0].characters, told[0].text) == (4, None)


def test_text_is_fit_for_the_screen(told):
    """No control character and no key reaches the screen, and no more than a line."""
    key = "sk-or-v1-0123456789abcdef"
    arrival = Arrival(told.append, Options(key=SecretStr(key)), readable=True)
    arrival.add(text=f"a\x1b[2J\nb {key[:9]}", thought="")
    arrival.add(text=f"{key[9:]} " + "y" * 9000, thought="")
    arrival.show(0)
    (text,) = [one.text or "" for one in told]
    assert text.startswith("a b [")
    assert key[9:] not in text
    assert text.isprintable()
    assert len(text) == 200


def test_nobody_has_to_listen():
    """Without a listener nothing is told."""
    arrival = Arrival(None, Options(), readable=True)
    arrival.show(1)
    assert arrival.characters == 0
