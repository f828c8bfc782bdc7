"""Which effects a rule speaks of."""

import pytest

from linara_agent.core.policy.match import policy_from
from linara_agent.core.policy.policy_file import policy_file_from
from linara_agent.core.policy.verdict import Verdict
from tests.core.gates import PLACE, gate_with

HEAD = """version = 1
[[rule]]
id = "it"
because = "It is what this test is about."
"""


def speaks(rule: str, command: str) -> bool:
    """The rule's finding is among those of the command."""
    loaded = policy_file_from(HEAD + rule, file="p.toml")
    verdict = gate_with(policy_from("p", (loaded,))).assess(command, PLACE)[1]
    return "it" in {finding.rule for finding in verdict.findings}


DELETE = 'decision = "deny"\neffect = ["delete"]\n'
METADATA = 'decision = "deny"\neffect = ["metadata"]\n'
WRITE = 'decision = "deny"\neffect = ["write"]\n'
ALLOW = 'decision = "allow"\neffect = ["write", "delete"]\n'


@pytest.mark.parametrize(
    ("rule", "command", "expected"),
    [
        (WRITE, "touch x", True),
        (WRITE, "rm x", False),
        (WRITE + 'path = ["$WORKSPACE/x"]', "touch x", True),
        (WRITE + 'path = ["~/project/*"]', "touch x", True),
        (WRITE + 'path = ["~/project/*"]', "touch y/x", False),
        (WRITE + 'path = ["/srv/d/**"]', "touch /srv/d/a/b", True),
        (WRITE + 'path = ["/srv/d/**"]', "cp x /srv/d", True),
        (WRITE + 'path = ["/srv/d/**"]', "cp -r x /srv", False),
        (WRITE + 'path = ["/srv/d/x"]', "touch /srv/*/x", True),
        (WRITE + 'path = ["/srv/d/x"]', "touch /srv/*/y", False),
        (DELETE + 'path = ["/srv/d/x"]', "rm -r /srv", True),
        (DELETE + 'path = ["/srv/d/x"]', "rm /srv", False),
        (DELETE + 'path = ["/srv/d/x"]', "rm -r /srv/e", False),
        (METADATA + 'path = ["/srv/d/x"]', "chmod -R a+r /srv", True),
        (ALLOW + 'path = ["/srv/d/**"]', "touch /srv/d/x", True),
        (ALLOW + 'path = ["/srv/d/**"]', "touch /srv/d", False),
        (ALLOW + 'path = ["/srv/d/x"]', "touch /srv/*/x", False),
        (ALLOW + 'path = ["/srv/d/x"]', "rm -r /srv", False),
        (WRITE + 'class = ["temp"]', "touch /tmp/x", True),
        (WRITE + 'class = ["temp"]', "touch x", False),
        (WRITE + 'certainty = ["possible"]', "true && touch x", True),
        (WRITE + 'certainty = ["possible"]', "touch x", False),
        (WRITE + 'program = ["touch"]', "touch x", True),
        (WRITE + 'program = ["touch"]', "sudo touch x", True),
        (WRITE + 'program = ["touch"]', "cp a x", False),
        (WRITE + 'words = ["x"]', "sh -c 'touch x'", True),
        (WRITE + 'words = ["x"]', "sh -c 'touch y; ls x'", False),
        (
            'decision = "deny"\neffect = ["network"]\nhost = ["*.e"]',
            "curl http://a.e",
            True,
        ),
    ],
)
def test_rules(rule: str, command: str, *, expected: bool) -> None:
    """Keys are ANDed; a rule that forbids is taken wider than one that allows."""
    assert speaks(rule, command) is expected


PROGRAM = 'decision = "deny"\nprogram = ["echo"]\n'


@pytest.mark.parametrize(
    ("rule", "command", "expected"),
    [
        (PROGRAM, "echo x", True),
        (PROGRAM, "/bin/echo x", True),
        (PROGRAM, "nice echo x", True),
        (PROGRAM, "sh -c 'ls; echo x'", True),
        (PROGRAM, "find . -exec echo {} +", True),
        (PROGRAM, "ls echo", False),
        (PROGRAM + 'words = ["a+"]', "echo aa", True),
        (PROGRAM + 'words = ["a+"]', "echo baa", False),
        (PROGRAM + 'words = ["--pid=host"]', "echo --pid=host", True),
        (PROGRAM + 'words = ["--pid=host"]', "echo --pid host", True),
        (PROGRAM + 'words = ["--pid=host"]', "echo pid host", False),
        (PROGRAM + 'words = ["x"]', "echo $y; ls x", False),
    ],
)
def test_rules_about_programs(rule: str, command: str, *, expected: bool) -> None:
    """A rule without an effect speaks of the program, however it is started."""
    assert speaks(rule, command) is expected


def verdict_of(command: str) -> Verdict:
    loaded = policy_file_from("version = 1\n", file="p.toml")
    return gate_with(policy_from("p", (loaded,))).assess(command, PLACE)[1]


def test_no_rule_is_a_review() -> None:
    """An empty policy allows nothing but what does nothing."""
    assert verdict_of("cat x").decision.word == "review"
    assert [f.rule for f in verdict_of("cat x").findings] == ["no-rule"]
    assert [f.rule for f in verdict_of("true").findings] == ["no-effect"]


def test_unknown_cannot_be_allowed() -> None:
    """A rule that allows unknown effects does not help."""
    rule = 'decision = "allow"\neffect = ["unknown", "execute", "read"]\n'
    loaded = policy_file_from(HEAD + rule, file="p.toml")
    house = gate_with(policy_from("p", (loaded,)))
    assert house.assess("some-program", PLACE)[1].decision.word == "review"
    assert house.assess("((", PLACE)[1].decision.word == "review"


def test_a_verdict_needs_a_finding() -> None:
    """Silence allows nothing."""
    with pytest.raises(ValueError, match="without a finding"):
        Verdict(findings=(), effects=())


EVERYTHING = """version = 1
[[rule]]
id = "all"
decision = "allow"
because = "It allows whatever it can, in this test."
effect = ["read", "write", "delete", "metadata", "network"]
"""


def under(text: str, command: str) -> Verdict:
    loaded = policy_file_from(text, file="p.toml")
    return gate_with(policy_from("p", (loaded,))).assess(command, PLACE)[1]


@pytest.mark.parametrize(
    ("command", "decision", "rule"),
    [
        ("rm -r ~/.local/state/linara-agent", "deny", "own-files"),
        ("touch ~/.local/state/linara-agent/trust.json", "deny", "own-files"),
        ("touch .git/hooks/pre-commit", "review", "runs-later"),
        ("echo x >> ~/.bashrc", "review", "runs-later"),
        ("chmod +x ~/bin/x", "review", "runs-later"),
        ("cat ~/.bashrc .git/config", "allow", "all"),
        ("touch x", "allow", "all"),
    ],
)
def test_nothing_of_ours_is_changed_and_nothing_that_runs_later_unseen(
    command: str, decision: str, rule: str
) -> None:
    """A policy that allows everything cannot allow these."""
    found = under(EVERYTHING, command)
    assert found.decision.word == decision
    assert rule in {one.rule for one in found.findings}


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("make", "allow"),
        ("python3 x.py", "allow"),
        ('bash -c "$x"', "review"),
        ("bash x.sh", "review"),
        ("$x a", "review"),
        ('sed "$x" f', "review"),
    ],
)
def test_code_that_nobody_could_read_is_never_allowed(
    command: str, expected: str
) -> None:
    """A policy may trust a program that is named, but no code that is not known."""
    found = under(EVERYTHING.replace('"network"', '"network", "execute"'), command)
    assert found.decision.word == expected
    rules = {one.rule for one in found.findings}
    assert ("unread-code" in rules) == (expected == "review")


@pytest.mark.parametrize(
    ("command", "place"),
    [
        ("ls \u201cx\u201d", (3, 4)),
        ("sh -c 'ls \u201cx'", (6, 13)),
        ("eval \"sh -c 'ls \u2013l'\"", (5, 20)),
    ],
)
def test_what_is_not_as_it_seems_is_reviewed(
    command: str, place: tuple[int, int]
) -> None:
    """It was read well, so no effect is unknown; a person may read it wrongly."""
    found = under(EVERYTHING, command)
    assert found.decision.word == "review"
    spans = [one.span for one in found.findings if one.rule == "misleading"]
    assert place in spans
    assert "unknown" not in {str(one.kind) for one in found.effects}


def test_hosts_are_counted() -> None:
    """More different hosts than the limit are reviewed, whatever the rules allow."""
    text = EVERYTHING + "[limits]\nhosts = 1\n"
    once = "curl http://a.example/x; curl http://a.example/y"
    assert under(text, once).decision.word == "allow"
    found = under(text, "curl http://a.example; curl http://b.example")
    assert found.decision.word == "review"
    assert "limit-hosts" in {one.rule for one in found.findings}
