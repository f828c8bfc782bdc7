"""What lint remarks of a rule."""

import pytest

from linara_agent.core.policy.examples import Subject
from linara_agent.core.policy.lint import Remark, lint
from linara_agent.core.policy.match import policy_from
from linara_agent.core.policy.policy_file import policy_file_from

OTHER = """
[[rule]]
id = "other"
decision = "review"
because = "It is what this test is about."
effect = ["delete", "modify"]
path = ["/srv/**", "~/x"]
"""


def remarks(*rules: str, below: str | None = None) -> tuple[Remark, ...]:
    files = [] if below is None else [policy_file_from(below, file="below.toml")]
    text = "version = 1\n" + "".join(
        f'[[rule]]\nid = "r{number}"\nbecause = "It is what this test is about."\n'
        f"{rule}\n"
        for number, rule in enumerate(rules)
    )
    files.append(policy_file_from(text, file="p.toml"))
    subject = Subject(file=files[-1], policy=policy_from("p", tuple(files)))
    return lint(subject, known_program=lambda name: name == "ls")


def kinds(*rules: str, below: str | None = None) -> list[tuple[str, str]]:
    return [(one.rule, one.kind) for one in remarks(*rules, below=below)]


ALLOW, REVIEW, DENY = (f'decision = "{word}"\n' for word in ("allow", "review", "deny"))


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        (DENY + 'effect = ["network"]\nclass = ["temp"]', "unreachable"),
        (DENY + 'effect = ["process"]\npath = ["/x"]', "unreachable"),
        (DENY + 'effect = ["read"]\nhost = ["example.org"]', "unreachable"),
        (DENY + 'program = ["ls"]\ntarget = ["x"]', "unreachable"),
        (DENY + 'effect = ["flow"]\ntarget = ["net>shell"]', "unreachable"),
        (DENY + 'effect = ["delete"]\npath = ["src/x"]', "unreachable"),
        (DENY + 'effect = ["delete"]\npath = ["./src"]', "unreachable"),
        (DENY + 'effect = ["delete"]\npath = ["/srv//x"]', "unreachable"),
        (DENY + 'effect = ["delete"]\npath = ["/srv/x/"]', "unreachable"),
        (REVIEW + 'effect = ["unknown"]', "unreachable"),
        (ALLOW + 'effect = ["read"]\nprogram = ["nowhere"]', "unreachable"),
        (ALLOW + 'effect = ["write"]', "too-wide"),
        (ALLOW + 'effect = ["read", "execute"]', "too-wide"),
        (ALLOW + 'effect = ["network"]', "too-wide"),
        (ALLOW + 'effect = ["delete"]\npath = ["/**"]', "too-wide"),
    ],
)
def test_a_rule_that_is_wrong_by_itself(rule: str, kind: str) -> None:
    """It is told with its line and one word for what is wrong."""
    found = remarks(rule)
    assert {(one.where, one.rule, one.kind) for one in found} == {
        ("p.toml:2", "r0", kind)
    }


@pytest.mark.parametrize(
    "rule",
    [
        DENY + 'effect = ["network"]\nhost = ["*.example.org"]',
        DENY + 'effect = ["delete"]\npath = ["**/x", "~", "~/x", "$WORKSPACE/x"]',
        DENY + 'effect = ["flow"]\ntarget = ["*>interpreter"]',
        DENY + 'program = ["nowhere"]',
        DENY + 'effect = ["unknown"]',
        ALLOW + 'effect = ["read", "observe"]',
        ALLOW + 'effect = ["write"]\nclass = ["temp"]',
    ],
)
def test_a_rule_that_is_right(rule: str) -> None:
    """Nothing is remarked of it."""
    assert remarks(rule) == ()


def test_the_same_condition_twice() -> None:
    """With the same decision it is a duplicate, with another a contradiction."""
    one = 'effect = ["delete", "modify"]\nclass = ["temp", "home"]'
    two = 'effect = ["modify", "delete"]\nclass = ["home", "temp"]'
    assert kinds(REVIEW + one, REVIEW + two) == [("r1", "duplicate")]
    assert kinds(REVIEW + one, DENY + two) == [("r1", "contradictory")]


@pytest.mark.parametrize(
    ("rule", "shadowed"),
    [
        (REVIEW + 'effect = ["delete"]\npath = ["/srv/a", "/srv/b/**"]', True),
        (ALLOW + 'effect = ["modify"]\npath = ["~/x"]', True),
        (REVIEW + 'effect = ["delete"]\npath = ["/srv/a"]\nclass = ["home"]', True),
        (DENY + 'effect = ["delete"]\npath = ["/srv/a"]', False),
        (REVIEW + 'effect = ["delete"]\npath = ["/srv/a", "/etc/x"]', False),
        (REVIEW + 'effect = ["delete", "read"]\npath = ["/srv/a"]', False),
        (REVIEW + 'effect = ["delete"]', False),
        (REVIEW + 'program = ["ls"]', False),
    ],
)
def test_a_rule_that_another_decides_already(rule: str, *, shadowed: bool) -> None:
    """All that it speaks of is spoken of as strictly by one other rule."""
    expected = [("r0", "shadowed")] if shadowed else []
    assert kinds(rule, below=f"version = 1\n{OTHER}") == expected


def test_to_be_stricter_than_a_base_is_no_contradiction() -> None:
    """The same condition with a stricter decision is what a file above is for."""
    same = 'effect = ["delete", "modify"]\npath = ["/srv/**", "~/x"]'
    below = f"version = 1\n{OTHER}"
    assert kinds(DENY + same, below=below) == []
    assert kinds(ALLOW + same, below=below) == [("r0", "contradictory")]


def test_an_override_that_changes_nothing() -> None:
    """It is told with its own line."""
    text = '[[override]]\nrule = "other"\ndecision = "review"\n'
    text += 'reason = "It is what this test is about."\n'
    files = (
        policy_file_from(f"version = 1\n{OTHER}", file="below.toml"),
        policy_file_from(f"version = 1\n{text}", file="p.toml"),
    )
    subject = Subject(file=files[1], policy=policy_from("p", files))
    (found,) = lint(subject, known_program=lambda _: True)
    assert (found.where, found.kind) == ("p.toml:3", "no-change")
