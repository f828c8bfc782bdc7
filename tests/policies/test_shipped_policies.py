"""The three policies that ship: sound to the last rule, and known by their digests."""

import json
from functools import cache

import pytest

from linara_agent.core.decision import Decision
from linara_agent.core.effects.catalogue import Catalogue
from linara_agent.core.effects.effect import Effect, EffectKind, PathClass
from linara_agent.core.effects.trace import Reading
from linara_agent.core.policy.examples import (
    PLACE,
    Readings,
    Subject,
    never_exercised,
    unmet,
)
from linara_agent.core.policy.lint import lint
from linara_agent.core.policy.match import judge
from linara_agent.core.policy.mutation import score
from linara_agent.judging import readings, subject_of
from linara_agent.rulebook import PROVEN, SHIPPED, base_files, load_catalogue, proven
from linara_agent.shipped import shipped


@cache
def catalogue() -> Catalogue:
    return load_catalogue()


@cache
def read() -> Readings:
    return readings(catalogue())


@cache
def subject(name: str) -> Subject:
    return subject_of(name)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_example_holds(name: str) -> None:
    """Each rule speaks of its `match` alone, and each verdict is as it is said."""
    assert unmet(subject(name), read()) == ()


@pytest.mark.parametrize("name", SHIPPED)
def test_every_rule_is_exercised(name: str) -> None:
    """No rule is without a command that it speaks of, and one that it does not."""
    assert never_exercised(subject(name), read()) == ()
    for placed in subject(name).rules():
        assert placed.rule.match, placed.where
        assert placed.rule.not_match, placed.where


@pytest.mark.parametrize("name", SHIPPED)
def test_every_spoilt_rule_is_noticed(name: str) -> None:
    """Whatever is dropped, loosened, tightened or widened breaks an example."""
    found = score(subject(name), read())
    assert [f"{one.where} {one.what}" for one in found.survivors] == []
    assert found.mutants > 0
    assert found.percent == 100


@pytest.mark.parametrize("name", SHIPPED)
def test_no_rule_is_idle(name: str) -> None:
    """Lint has nothing to remark."""
    known = catalogue().programs
    assert lint(subject(name), known_program=lambda one: one in known) == ()


def test_the_digests_are_those_of_the_files() -> None:
    """What this suite has checked is not checked again whenever it is loaded."""
    digests = {
        file.name.rpartition("/")[2]: file.digest
        for name in SHIPPED
        for file in base_files(name)
    }
    text = (shipped("policies") / PROVEN).read_text(encoding="utf-8")
    expected = json.dumps(digests, indent=2) + "\n"
    assert text == expected, "write what is expected into policies/proven.json"
    assert all(proven(file) for name in SHIPPED for file in base_files(name))


CHANGES = (
    EffectKind.CREATE,
    EffectKind.MODIFY,
    EffectKind.DELETE,
    EffectKind.METADATA,
)


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("kind", CHANGES)
@pytest.mark.parametrize(
    ("cls", "floor"),
    [
        (PathClass.AUTORUN, Decision.REVIEW),
        (PathClass.STARTUP, Decision.REVIEW),
        (PathClass.OWN, Decision.DENY),
    ],
)
def test_what_runs_later_is_reviewed_and_what_is_ours_is_denied(
    name: str, kind: EffectKind, cls: PathClass, floor: Decision
) -> None:
    """By the rules themselves, without the floor below them."""
    policy = subject(name).policy
    effect = Effect(kind=kind, target="/srv/x", cls=cls)
    script, _ = read().read("true")
    found = judge(script, Reading(effects=(effect,)), policy, PLACE)
    assert found.decision >= floor
    assert not {one.rule for one in found.findings} & {"own-files", "runs-later"}
