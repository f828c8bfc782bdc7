"""A server's words on the screen."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linara_agent.openrouter.options import Options
from linara_agent.openrouter.server_text import plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\r\nlines\tand  tabs", "two lines and tabs"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("a\x1b]0;title\x07b\x1b]8;;http://x\x1b\\c", "abc"),
        ("a\x1b]0;no end", "a"),
        ("a\x9b31mb\u202ec\u200bd\x00", "a31mbcd"),
        ("of user_2abcDEF12345xyz", "of [account]"),
        ("provided: sk-or-v1-ab***yz.", "provided: [key]"),
        ("x" * 301, "x" * 299 + "…"),
    ],
)
def test_words_become_one_harmless_line(options, text, shown):
    """Control, disguise, accounts and keys are gone, and the rest is cut."""
    assert plain(text, options) == shown


def test_key_in_use_is_hidden_even_when_it_is_disguised(options, key):
    """The key is found after the characters that would hide it are gone."""
    assert plain("\u200b".join(key), options) == "[key]"


def test_key_of_any_shape_is_hidden(options):
    """A key of another server has no known shape and is hidden all the same."""
    from_elsewhere = replace(options, key=type(options.key)("opensesame, my server"))
    assert plain("you sent opensesame, my server.", from_elsewhere) == "you sent [key]."


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=500))
def test_any_words_are_printable_and_short(text):
    """Whatever a server says fits on the screen and cannot steer it."""
    shown = plain(text, Options())
    assert shown.isprintable()
    assert len(shown) <= 300
