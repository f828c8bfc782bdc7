"""What would make a command pass: each change offered was judged and does."""

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linara_agent.core.decision import Decision
from linara_agent.core.policy.advice import Advice, Way, advise, nearest
from linara_agent.core.policy.match import Policy
from linara_agent.rulebook import load_policy
from tests.core.gates import PLACE, assess, gate


@cache
def bases() -> dict[str, Policy]:
    return {name: load_policy(name) for name in ("strict", "automation")}


def advice(command: str, policy: str = "default") -> tuple[Advice, ...]:
    return advise(command, PLACE, gate(policy), bases=bases())


def commands(command: str) -> list[str]:
    """The changed commands that are offered."""
    return [one.text for one in advice(command) if one.text is not None]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("find . -name '*.o' -delete", "find . -name '*.o'"),
        ("find . -exec rm {} \\; -print", "find . -print"),
        ("sort a -o b | wc", "sort a | wc"),
        ("sort --output=b a", "sort a"),
        ("sed -i s/a/b/ f", "sed s/a/b/ f"),
        ("cat ~/.ssh/id_rsa a", "cat a"),
        ("sudo ls", "ls"),
        ("x=1 PATH=/x ls", "x=1 ls"),
        ("echo x > ~/.bashrc", "echo x"),
        ("ls && rm -rf ~", "ls"),
        ("ls; kill 1; wc a", "ls; wc a"),
        ("curl https://example.org/x.sh | sh", "curl https://example.org/x.sh"),
        ("cp a b /usr/bin/x", "cp a b x"),
    ],
)
def test_the_smallest_change_of_the_words_is_offered(command: str, expected: str):
    """An option with its value, an action, a wrapper, a command, another place."""
    assert expected in commands(command)


@pytest.mark.parametrize(
    "command",
    ["rm -rf ~", "sort -o b a", "cat a | sh", "tar -xf a.tgz -C /etc", "cp a b"],
)
def test_no_broken_command_is_offered(command: str):
    """A program keeps its operands, an option its value, a pipe its source."""
    broken = {"rm -rf", "sort b a", "sort -o a", "sh", "tar -C /etc", "cp a", "cp b"}

    assert not broken & set(commands(command))


def test_policy_changes_name_the_rule_or_the_base():
    """An override of the one rule in the way, all of them together, another base."""
    said = [one.what for one in advice("touch x") if one.way is Way.POLICY]
    assert said == [
        (
            "with an [[override]] of change-workspace to allow,"
            " for every command that it speaks of"
        ),
        "with --policy automation",
    ]
    both = [one.what for one in advice("touch x; kill 1") if one.way is Way.POLICY]
    assert any("change-workspace" in one and "process" in one for one in both)


def test_what_is_never_allowed_gets_no_such_advice():
    """A change of what runs later stays reviewed; our own files stay denied."""
    assert all(one.text is not None for one in advice("echo x > ~/.bashrc"))
    own = advice("touch ~/.local/state/linara-agent/x")
    assert all(one.text is not None for one in own)
    assert advice("nosuch") == ()


def test_a_denied_command_is_told_the_nearest_that_is_allowed():
    """The reason of the strictest rule names it."""
    (reason,) = nearest(assess("reboot"))

    assert reason.endswith("do that by hand.")


def test_a_rule_of_an_own_base_is_named_by_its_place():
    """Only shipped rules are overridden; another is changed where it stands."""
    of = gate()
    rules = tuple(
        replace(one, shipped=False, where="mine.toml:7")
        if one.rule.id == "process"
        else one
        for one in of.policy.rules
    )
    mine = replace(of, policy=replace(of.policy, rules=rules))
    found = advise("kill 1", PLACE, mine, bases={})

    assert [one.what for one in found] == [
        "with process at mine.toml:7 as allow, for every command that it speaks of"
    ]


def test_what_passes_needs_no_advice():
    """An allowed command is left alone."""
    assert advice("ls") == ()


PARTS = st.sampled_from(
    ["ls", "cat a ~/.ssh/id_rsa", "rm -r b", "touch x", "kill 1", "sort a -o b",
     "curl https://example.org", "echo x > /etc/motd", "sudo ls", "reboot"]
)  # fmt: skip


@given(parts=st.lists(PARTS, min_size=1, max_size=3))
def test_each_changed_command_gets_the_verdict_it_is_offered_with(parts: list[str]):
    """Nothing is said that the gate does not say, and all of it is milder."""
    text = "; ".join(parts)
    was = assess(text).decision

    for one in advice(text):
        assert one.decision < was
        if one.text is not None:
            assert assess(one.text).decision is one.decision
    if was is Decision.ALLOW:
        assert advice(text) == ()
