"""What happens after the final verdict: each row of the table, and its traps."""

import pytest

from linara_agent.core.decision import Decision
from linara_agent.core.effects.effect import Effect, EffectKind, PathClass
from linara_agent.core.next_step import Mode, Next, Step, next_step, ways_for
from linara_agent.core.policy.verdict import Finding, Verdict
from linara_agent.core.preview import Preview
from linara_agent.core.review import Way
from tests.core.previews import change, outcome, preview

BOTH = (Way.APPLY, Way.RERUN)
RERUN = (Way.RERUN,)


def verdict(
    decision: str, *kinds: str, rule: str = "x", secret: bool = False
) -> Verdict:
    effects = tuple(
        Effect(kind=EffectKind(kind), cls=PathClass.SECRETS if secret else None)
        for kind in kinds
    )
    finding = Finding(rule=rule, decision=Decision.of(decision), reason="because")
    return Verdict(findings=(finding,), effects=effects)


def said(rule: str) -> tuple[Finding, ...]:
    return (Finding(rule=rule, decision=Decision.REVIEW, reason="because"),)


NOTHING = preview()
CHANGED = preview(change("/w/x"))
FAILED = preview(change("/w/x"), ended=outcome(exit=1))
ASK, SAVE, DO = Step.ASK, Step.SAVE, Step.CARRY_OUT

TABLE = [
    # verdict, preview, at a terminal, without one, unattended
    ("deny", "read", NOTHING, (Step.DENIED, Step.DENIED, Step.DENIED)),
    ("deny", "modify", CHANGED, (Step.DENIED, Step.DENIED, Step.DENIED)),
    ("allow", "read", NOTHING, (Step.ANSWER, Step.ANSWER, Step.ANSWER)),
    ("review", "read", NOTHING, (Step.ANSWER, Step.ANSWER, Step.ANSWER)),
    ("review", "unknown", NOTHING, (Step.ANSWER, Step.ANSWER, Step.ANSWER)),
    ("review", "modify", NOTHING, (Step.ANSWER, Step.ANSWER, Step.ANSWER)),
    ("allow", "observe", NOTHING, (ASK, SAVE, DO)),
    ("review", "observe", NOTHING, (ASK, SAVE, SAVE)),
    ("allow", "modify", CHANGED, (ASK, SAVE, DO)),
    ("review", "modify", CHANGED, (ASK, SAVE, SAVE)),
    ("allow", "network", NOTHING, (ASK, SAVE, SAVE)),
    ("review", "network", NOTHING, (ASK, SAVE, SAVE)),
    ("allow", "process", NOTHING, (ASK, SAVE, SAVE)),
    ("allow", "system", NOTHING, (ASK, SAVE, SAVE)),
    ("allow", "network", CHANGED, (ASK, SAVE, SAVE)),
    ("allow", "observe", CHANGED, (ASK, SAVE, SAVE)),
    ("allow", "modify", FAILED, (ASK, SAVE, SAVE)),
]


@pytest.mark.parametrize(("word", "kind", "seen", "expected"), TABLE)
def test_the_table(
    word: str, kind: str, seen: Preview, expected: tuple[Step, Step, Step]
) -> None:
    """Verdict, preview and mode decide alone what comes next."""
    one = verdict(word, kind)
    steps = tuple(next_step(one, seen, mode).step for mode in Mode)
    assert steps == expected


def test_the_ways() -> None:
    """Changes are applied, looking is rerun, and a person may choose."""
    looks = verdict("allow", "read", "observe")
    assert next_step(looks, NOTHING, Mode.UNATTENDED) == Next(step=DO, ways=RERUN)
    writes = verdict("allow", "modify")
    assert next_step(writes, CHANGED, Mode.UNATTENDED) == Next(
        step=DO, ways=(Way.APPLY,)
    )
    assert next_step(writes, CHANGED, Mode.TERMINAL) == Next(step=ASK, ways=BOTH)


@pytest.mark.parametrize(
    ("one", "seen"),
    [
        (verdict("allow", "read", secret=True), NOTHING),
        (verdict("review", "read", rule="masked"), NOTHING),
        (verdict("review", "read", rule="masked-read"), NOTHING),
        (verdict("review", "read", rule="not-shown"), NOTHING),
        (verdict("review", "read", rule="cannot-be-previewed"), NOTHING),
        (verdict("review", "read", rule="too-many-changes"), NOTHING),
        (verdict("review", "read", rule="unreadable"), NOTHING),
        (verdict("review", "read", rule="needs-terminal"), NOTHING),
        (verdict("review", "read", rule="needs-root"), NOTHING),
        (verdict("review", "read", rule="needs-network"), NOTHING),
        (verdict("allow", "read"), preview(network_tried=True)),
        (verdict("allow", "read"), preview(ended=outcome(limits=("time",)))),
    ],
)
def test_what_is_no_answer(one: Verdict, seen: Preview) -> None:
    """A preview that could not see or do everything is not taken for the answer."""
    assert next_step(one, seen, Mode.TERMINAL).step is ASK
    assert next_step(one, seen, Mode.NO_INPUT).step is SAVE


def test_a_hidden_place_is_never_changed_unattended() -> None:
    """A masked finding keeps the policy from applying, whatever it allows."""
    one = verdict("allow", "modify", rule="masked")
    assert next_step(one, CHANGED, Mode.UNATTENDED).step is SAVE


def test_a_failed_script_that_changed_nothing_is_its_answer() -> None:
    """`ls /nonexistent` is answered by its own message."""
    failed = preview(ended=outcome(exit=2))
    assert (
        next_step(verdict("allow", "read"), failed, Mode.TERMINAL).step is Step.ANSWER
    )


def test_incidental_changes_ask_nothing() -> None:
    """Caches are no reason to ask."""
    seen = preview(change("/w/__pycache__/x", incidental=True))
    assert (
        next_step(verdict("review", "execute"), seen, Mode.TERMINAL).step is Step.ANSWER
    )


def test_a_script_that_changed_and_hit_a_limit_is_not_applied_unattended() -> None:
    """Half of the changes are not what was meant."""
    seen = preview(
        change("/w/x"), ended=outcome(exit=None, signal=9, limits=("memory",))
    )
    assert next_step(verdict("allow", "modify"), seen, Mode.UNATTENDED).step is SAVE


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (NOTHING, RERUN),
        (CHANGED, BOTH),
        (preview(change("/w/x", incidental=True)), RERUN),
        (preview(change("/w/x"), change("/w/y", masked=True)), RERUN),
        (preview(change("/w/x", unsettled=True)), RERUN),
        (preview(change("/w/x"), findings=said("too-many-changes")), RERUN),
        (preview(change("/w/x"), findings=said("unreadable")), RERUN),
        (preview(change("/w/x"), findings=said("cannot-be-previewed")), RERUN),
        (preview(change("/w/x"), findings=said("hard-links")), BOTH),
    ],
)
def test_ways_to_the_host(seen: Preview, expected: tuple[Way, ...]) -> None:
    """Only a whole set of changes, each of which can be made, can be applied."""
    assert ways_for(seen) == expected


@pytest.mark.parametrize("rule", ["needs-terminal", "needs-root", "needs-network"])
def test_what_a_preview_could_not_give_is_only_rerun(rule: str) -> None:
    """Changes of a run that lacked something are not offered to be copied."""
    seen = preview(change("/w/x"), findings=said(rule))
    assert ways_for(seen) == RERUN
