"""The examples of a file: which do not hold, and which rules have none."""

from functools import cache

from linara_agent.core.policy.examples import (
    Readings,
    Subject,
    count,
    never_exercised,
    unmet,
)
from linara_agent.core.policy.layers import Layer, LayerKind, with_layers
from linara_agent.core.policy.match import policy_from
from linara_agent.core.policy.policy_file import policy_file_from
from linara_agent.judging import readings
from linara_agent.rulebook import load_catalogue, load_policy, shipped_rules

TEXT = """version = 1

[examples]
allow = ["true"]
review = ["ls"]
deny = ["touch x"]

[[rule]]
id = "writes"
decision = "deny"
because = "Nothing is to be written."
effect = ["write"]
match = [
  "touch x", "ls",
]
not_match = ["rm x", "mkdir y"]
"""


@cache
def read() -> Readings:
    return readings(load_catalogue())


def subject(text: str) -> Subject:
    file = policy_file_from(text, file="p.toml")
    return Subject(file=file, policy=policy_from("p", (file,)))


def test_what_does_not_hold_is_named_with_its_line() -> None:
    """Each example that fails is one line with file, line, key and command."""
    text = TEXT.replace('allow = ["true"]', 'allow = ["rm y"]')
    assert unmet(subject(text), read()) == (
        "p.toml:13: match: writes does not speak of `ls`",
        "p.toml:16: not_match: writes speaks of `mkdir y`",
        "p.toml:4: examples.allow: the verdict on `rm y` is review",
    )
    assert count(subject(text).file) == 7


def test_a_sound_file_has_no_problems() -> None:
    """Where every example holds there is nothing to say."""
    text = TEXT.replace('"touch x", "ls",', '"touch x",').replace(', "mkdir y"', "")
    assert unmet(subject(text), read()) == ()


def test_another_rule_does_not_make_an_example_hold() -> None:
    """`match` is about the rule it stands in, whatever the verdict is."""
    other = """
[[rule]]
id = "other"
decision = "deny"
because = "Nothing is to be read."
effect = ["read"]
match = ["touch x"]
"""
    found = unmet(subject(TEXT + other), read())
    assert "p.toml:23: match: other does not speak of `touch x`" in found


def test_rules_that_no_example_reaches_are_told() -> None:
    """An example of the file counts, wherever in it it stands."""
    silent = TEXT[: TEXT.index("match = [")]
    assert never_exercised(subject(silent), read()) == ()
    alone = silent.replace('deny = ["touch x"]', "")
    (placed,) = never_exercised(subject(alone), read())
    assert placed.where == "p.toml:8"


def test_a_layer_must_be_at_least_as_strict_as_it_says() -> None:
    """On a stricter base its examples still hold."""
    file = policy_file_from(
        'version = 1\n[examples]\nreview = ["curl https://example.org"]\n'
        'deny = ["touch x"]\n',
        file="user.toml",
    )
    layers = (Layer(kind=LayerKind.USER, file=file),)
    policy = with_layers(load_policy("strict"), layers, elsewhere=shipped_rules)
    assert unmet(Subject(file=file, policy=policy, layer=True), read()) == (
        "user.toml:4: examples.deny: the verdict on `touch x` is review",
    )
