"""Layers over a base: every one makes it stricter, or says that it cannot."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linara_agent.core.decision import Decision
from linara_agent.core.effects.effect import EffectKind
from linara_agent.core.policy.layers import Layer, LayerKind, with_layers
from linara_agent.core.policy.match import Policy, base_of, policy_from
from linara_agent.core.policy.policy_file import policy_file_from
from linara_agent.errors import PolicyProblem
from linara_agent.rulebook import load_policy, shipped_rules
from tests.core.gates import PLACE, assess, gate_with

BASE = load_policy("default")
SYSTEM, USER, PROJECT = LayerKind.SYSTEM, LayerKind.USER, LayerKind.PROJECT


def layer(kind: LayerKind, text: str) -> Layer:
    file = policy_file_from(f"version = 1\n{text}", file=f"{kind}.toml")
    return Layer(kind=kind, file=file)


def layered(*layers: Layer, base: Policy = BASE) -> Policy:
    return with_layers(base, layers, elsewhere=shipped_rules)


def rule(decision: str, rest: str, *, id: str = "mine") -> str:
    return (
        f'[[rule]]\nid = "{id}"\ndecision = "{decision}"\n'
        f'because = "It is what this test is about."\n{rest}\n'
    )


def override(id: str, decision: str) -> str:
    return (
        f'[[override]]\nrule = "{id}"\ndecision = "{decision}"\n'
        'reason = "It is what this test is about."\n'
    )


def decision(policy: Policy, command: str) -> str:
    return gate_with(policy).assess(command, PLACE)[1].decision.word


def problem(*layers: Layer) -> str:
    with pytest.raises(PolicyProblem) as caught:
        layered(*layers)
    assert caught.value.not_done == "Nothing was judged, and nothing ran."
    return caught.value.what


@pytest.mark.parametrize("kind", LayerKind)
def test_a_layer_denies_and_reviews(kind: LayerKind) -> None:
    """A rule of a layer makes what the base allows stricter."""
    policy = layered(layer(kind, rule("deny", 'effect = ["read"]\npath = ["/srv/**"]')))
    assert decision(policy, "cat /srv/x") == "deny"
    assert decision(policy, "cat /opt/x") == "allow"
    policy = layered(layer(kind, rule("review", 'program = ["ls"]')))
    assert decision(policy, "ls") == "review"


@pytest.mark.parametrize("kind", LayerKind)
def test_a_layer_cannot_allow(kind: LayerKind) -> None:
    """A rule that allows is named with its line, whatever it is about."""
    said = problem(layer(kind, rule("allow", 'effect = ["write"]\nclass = ["temp"]')))
    assert f"{kind}.toml:2: decision: a layer only makes the base stricter" in said


def test_a_class_of_the_base_stays_what_it_is() -> None:
    """A layer that could define a class anew would loosen the rules about it."""
    text = 'version = 1\n[classes.data]\npaths = ["/data/**"]\n'
    base = policy_from("b", (policy_file_from(text, file="b.toml"),))
    mine = layer(USER, '[classes.data]\npaths = ["/x/**"]\n')
    with pytest.raises(PolicyProblem, match=r"user.toml:2: classes: data is defined"):
        layered(mine, base=base)
    ours = layer(USER, '[classes.workspace]\npaths = ["/x/**"]\n')
    assert "user.toml:2: classes: workspace has a meaning already" in problem(ours)


def test_own_classes_of_a_layer_count() -> None:
    """A layer may give paths a new name for its own rules."""
    text = '[classes.data]\npaths = ["~/data/**"]\n' + rule(
        "deny", 'effect = ["delete"]\nclass = ["data"]'
    )
    assert decision(layered(layer(PROJECT, text)), "rm ~/data/x") == "deny"


def test_the_user_loosens_a_shipped_rule_by_its_id() -> None:
    """An override with a reason lets what the rule alone held back through."""
    policy = layered(layer(USER, override("change-temp", "allow")))
    assert decision(policy, "touch /tmp/x") == "allow"
    assert decision(policy, "touch x") == "review"
    (done,) = policy.overrides
    assert (done.where, done.was) == ("user.toml:3", Decision.REVIEW)


@pytest.mark.parametrize("kind", [SYSTEM, PROJECT])
def test_nobody_else_loosens(kind: LayerKind) -> None:
    """An override of the system or the project towards milder is refused."""
    said = problem(layer(kind, override("change-temp", "allow")))
    assert f"{kind}.toml:3: override: the {kind}'s layer may not loosen" in said


@pytest.mark.parametrize("kind", LayerKind)
def test_everybody_tightens(kind: LayerKind) -> None:
    """An override towards stricter is welcome."""
    policy = layered(layer(kind, override("observe", "deny")))
    assert decision(policy, "ps") == "deny"


@pytest.mark.parametrize("kind", [SYSTEM, PROJECT])
def test_the_strictest_override_counts(kind: LayerKind) -> None:
    """The person's override does not undo what another layer made stricter."""
    policy = layered(
        layer(USER, override("change-temp", "allow")),
        layer(kind, override("change-temp", "deny")),
    )
    assert decision(policy, "touch /tmp/x") == "deny"


def test_only_shipped_rules_are_loosened() -> None:
    """A rule of a file of one's own is changed in that file."""
    text = "version = 1\n" + rule("deny", 'effect = ["read"]')
    base = policy_from("b", (policy_file_from(text, file="b.toml"),))
    with pytest.raises(PolicyProblem, match="mine is not a shipped rule"):
        layered(layer(USER, override("mine", "allow")), base=base)


@pytest.mark.parametrize(
    ("id", "decision", "floor"),
    [
        ("change-what-runs-later", "allow", "review"),
        ("own-state", "allow", "deny"),
        ("own-state", "review", "deny"),
    ],
)
def test_some_rules_are_never_loosened(id: str, decision: str, floor: str) -> None:
    """What runs later is reviewed, and what is ours is denied, at least."""
    said = problem(layer(USER, override(id, decision)))
    assert f"user.toml:3: override: {id} is never less than {floor}" in said


def test_an_override_of_a_rule_that_another_base_has_says_nothing() -> None:
    """So that one file does for every base; an id that no base has is a mistake."""
    policy = layered(layer(USER, override("automation-network", "review")))
    assert policy.overrides == ()
    assert "there is no rule nowhere" in problem(
        layer(USER, override("nowhere", "deny"))
    )


def test_of_limits_and_times_the_smaller_counts_and_masks_add_up() -> None:
    """A larger limit of a layer changes nothing."""
    policy = layered(
        layer(
            SYSTEM,
            "[limits]\nchanged_files = 5\nbytes = 99999999999\n"
            '[sandbox]\nmasks = ["~/a"]\ntimeout_s = 600\n',
        ),
        layer(PROJECT, '[sandbox]\nmasks = ["~/b"]\ntimeout_s = 5\n'),
    )
    assert policy.limits.changed_files == 5
    assert policy.limits.bytes == BASE.limits.bytes
    assert policy.sandbox.masks == ("~/a", "~/b")
    assert policy.sandbox.timeout_s == 5


def test_a_layer_can_ask_for_the_copy_and_not_for_more() -> None:
    """A copy shows less of the machine than a twin, so it alone is a tightening."""
    assert layered(layer(USER, '[sandbox]\nview = "copy"\n')).sandbox.view == "copy"
    assert layered(layer(USER, '[sandbox]\nview = "twin"\n')).sandbox.view == "auto"


def test_the_system_permits_bases() -> None:
    """A base that it does not list cannot be chosen; only the system may list any."""
    some = layer(SYSTEM, 'bases = ["strict", "/etc/x.toml"]\n')
    assert "does not permit the base default" in problem(some)
    assert layered(some, base=load_policy("strict")).name == "strict"
    mine = layer(USER, 'bases = ["default"]\n')
    assert "user.toml:2: bases: only the system's layer" in problem(mine)


def test_all_problems_of_all_layers_are_named_at_once() -> None:
    """Every mistake has a line of its own, with file and line."""
    said = problem(
        layer(SYSTEM, 'bases = ["strict"]\n' + override("observe", "allow")),
        layer(
            USER,
            'extends = ["strict"]\n[examples]\nallow = ["ls"]\n'
            + rule("allow", 'effect = ["read"]')
            + rule("deny", 'effect = ["read"]\nclass = ["nowhere"]', id="observe"),
        ),
    )
    lines = [line.strip().split(": ")[:2] for line in said.splitlines()[1:]]
    assert lines == [
        ["system.toml:2", "bases"],
        ["user.toml:2", "extends"],
        ["user.toml:3", "examples.allow"],
        ["user.toml:5", "decision"],
        ["user.toml:10", "class"],
        ["user.toml:10", "id"],
    ]


def test_the_layers_are_part_of_what_is_journaled() -> None:
    """The identity names each layer with its digest; the base is found in it again."""
    mine = layer(USER, rule("deny", 'effect = ["network"]'))
    policy = layered(mine)
    assert policy.identity == f"{BASE.identity}+user:{mine.file.digest[:12]}"
    assert base_of(policy.identity) == "default"
    odd = "/home/u/a+b/0123456789ab+.toml"
    assert base_of(f"{odd}+0123456789ab+project:untrusted") == odd


COMMANDS = ["ls", "cat ~/x", "ps", "touch x", "touch /tmp/x", "rm -rf ~", "curl e.org"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    command=st.sampled_from(COMMANDS),
    kind=st.sampled_from([SYSTEM, PROJECT]),
    word=st.sampled_from(["review", "deny"]),
    effect=st.sampled_from(sorted(EffectKind)),
    id=st.sampled_from(sorted(one.rule.id for one in BASE.rules)),
)
def test_a_layer_never_loosens(
    command: str, kind: LayerKind, word: str, effect: str, id: str
) -> None:
    """Whatever the system or a project may say, no verdict becomes milder."""
    text = rule(word, f'effect = ["{effect}"]') + override(id, "deny")
    policy = layered(layer(kind, text))
    found = gate_with(policy).assess(command, PLACE)[1].decision
    assert found >= assess(command).decision


def test_the_network_is_shut_by_any_layer() -> None:
    """`never` in one of them holds, whatever the others say."""
    shut, open_ = '[sandbox]\nnetwork = "never"\n', '[sandbox]\nnetwork = "ask"\n'
    assert BASE.sandbox.opens_network(asked=True)
    assert not BASE.sandbox.opens_network(asked=False)
    for layers in ((layer(USER, shut),), (layer(SYSTEM, shut), layer(USER, open_))):
        policy = layered(*layers)
        assert not policy.sandbox.opens_network(asked=False)
        with pytest.raises(PolicyProblem, match="keeps the network shut"):
            policy.sandbox.opens_network(asked=True)
