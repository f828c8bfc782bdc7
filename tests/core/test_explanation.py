"""Where a model's explanation and the effects that are judged differ."""

import pytest

from linara_agent.core.answer.unusable import Unusable
from linara_agent.core.effects.effect import Certainty, Effect, EffectKind
from linara_agent.core.explanation import (
    KINDS,
    Explanation,
    disagreements,
    explained,
)


def said(*words: str) -> Explanation:
    return Explanation(text="It does things.", says=frozenset(words))


def effect(
    kind: EffectKind,
    target: str | None = None,
    certainty: Certainty = Certainty.CERTAIN,
) -> Effect:
    return Effect(kind=kind, target=target, certainty=certainty)


DELETE = effect(EffectKind.DELETE, "/srv/x")


def test_what_the_model_leaves_out_is_told_with_its_place():
    """The person learns what would go."""
    assert disagreements(said(), [DELETE]) == (
        "the model does not say that it deletes files (/srv/x)",
    )


def test_what_only_the_model_tells_is_told():
    """And nothing is said of what both tell."""
    assert disagreements(said("deletes files", "uses the network"), [DELETE]) == (
        "the model says that it uses the network; nothing in the catalogue does",
    )


def test_creating_and_modifying_is_writing():
    """One word for both, as a person says it."""
    effects = [effect(EffectKind.CREATE, "/a"), effect(EffectKind.MODIFY, "/a")]
    assert disagreements(said("writes files"), effects) == ()


def test_a_program_that_is_merely_possible_is_not_held_against_the_model():
    """What a configuration may name, nobody can see in the command."""
    maybe = effect(EffectKind.EXECUTE, "pager", Certainty.POSSIBLE)
    assert disagreements(said(), [maybe]) == ()
    gone = effect(EffectKind.DELETE, "/a", Certainty.POSSIBLE)
    assert len(disagreements(said(), [gone])) == 1


def test_who_does_not_know_everything_contradicts_nobody():
    """With an unknown effect the model may be right."""
    unknown = effect(EffectKind.UNKNOWN)
    assert disagreements(said("uses the network"), [unknown]) == ()


def test_prose_is_compared_with_nothing():
    """No list of effects, no disagreement."""
    assert disagreements(explained("It deletes all."), [DELETE]) == ()


def test_every_kind_of_words_can_differ():
    """Each of the words that are asked for stands for a kind that resolving gives."""
    for words, kinds in KINDS.items():
        assert disagreements(said(), [effect(kinds[0], "x")]), words


@pytest.mark.parametrize("text", ["", "<think>x</think>", '{"effects": []}', "\x1b"])
def test_no_words_are_no_explanation(text: str):
    """An answer without words is unusable."""
    with pytest.raises(Unusable):
        explained(text)


def test_a_fenced_object_is_read():
    """Models fence JSON even when they are asked not to."""
    found = explained('```json\n{"explanation": "Lists.", "effects": []}\n```')
    assert (found.text, found.says) == ("Lists.", frozenset())
