"""Spoilt policies: which are made, and which the examples notice."""

from linara_agent.core.policy.examples import Subject
from linara_agent.core.policy.match import policy_from
from linara_agent.core.policy.mutation import mutants, score
from linara_agent.core.policy.policy_file import policy_file_from
from tests.core.policy.test_examples import read

RULE = """version = 1

[examples]
review = ["rm x"]
deny = ["touch x"]

[[rule]]
id = "writes"
decision = "deny"
because = "Nothing is to be written."
effect = ["create", "modify"]
class = ["workspace"]
match = ["touch x", "mkdir y"]
not_match = ["touch /tmp/x"]
"""


def subject(text: str, *below: str) -> Subject:
    files = tuple(
        policy_file_from(one, file=f"{number}.toml")
        for number, one in enumerate((*below, text))
    )
    return Subject(file=files[-1], policy=policy_from("p", files))


def survivors(one: Subject) -> list[str]:
    return [mutant.what for mutant in score(one, read()).survivors]


def test_a_rule_is_spoilt_in_every_way() -> None:
    """Dropped, loosened, without each value, and without each key it may lack."""
    assert [one.what for one in mutants(subject(RULE))] == [
        "writes: the rule dropped",
        "writes: deny → review",
        "writes: effect without create",
        "writes: effect without modify",
        "writes: class dropped",
    ]


def test_good_examples_notice_everything() -> None:
    """One for each value, one beside it, and the verdict."""
    found = score(subject(RULE), read())
    assert (found.mutants, found.survivors, found.percent) == (5, (), 100)


def test_what_is_missing_shows() -> None:
    """Each kind of example is needed for another kind of mistake."""
    no_mkdir = RULE.replace(', "mkdir y"', "")
    assert survivors(subject(no_mkdir)) == ["writes: effect without create"]
    no_other = RULE.replace('not_match = ["touch /tmp/x"]\n', "")
    assert survivors(subject(no_other)) == ["writes: class dropped"]
    no_verdict = RULE.replace('deny = ["touch x"]\n', "")
    assert survivors(subject(no_verdict)) == ["writes: deny → review"]


def test_a_rule_without_examples_is_noticed_by_nobody() -> None:
    """The score says so: nothing of it is proven."""
    bare = RULE[: RULE.index("match =")].replace('deny = ["touch x"]\n', "")
    found = score(subject(bare), read())
    assert (found.percent, len(found.survivors)) == (0, 5)


def test_overrides_are_spoilt_too() -> None:
    """Dropped, and moved by a step."""
    over = 'version = 1\n{}[[override]]\nrule = "writes"\ndecision = "review"\n'
    over += 'reason = "It is what this test is about."\n'
    bare = subject(over.format(""), RULE)
    assert survivors(bare) == [
        "writes: override review → deny",
        "writes: override review → allow",
    ]
    sound = over.format('[examples]\nreview = ["touch x"]\n')
    assert survivors(subject(sound, RULE)) == []


def test_the_rules_of_a_base_are_not_spoilt_again() -> None:
    """A file answers for what stands in it."""
    assert list(mutants(subject("version = 1\n", RULE))) == []
    assert score(subject("version = 1\n", RULE), read()).percent == 100


def test_a_layer_is_only_loosened() -> None:
    """Its examples say how strict a verdict is at least; stricter is never wrong."""
    text = RULE.replace('"deny"', '"review"').replace('deny = ["touch x"]\n', "")
    base = subject(text)
    layer = Subject(file=base.file, policy=base.policy, layer=True)
    assert "writes: review → deny" in [one.what for one in mutants(base)]
    decided = [one.what for one in mutants(layer) if "→" in one.what]
    assert decided == ["writes: review → allow"]
