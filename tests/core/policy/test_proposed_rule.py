"""The narrowest rule for a command, with examples that hold."""

import tomllib
from dataclasses import replace

import pytest

from linara_agent.core.decision import Decision
from linara_agent.core.effects.place import Place
from linara_agent.core.policy.examples import Subject, unmet
from linara_agent.core.policy.layers import Layer, LayerKind, with_layers
from linara_agent.core.policy.policy_file import policy_file_from
from linara_agent.core.policy.proposed_rule import (
    Asked,
    Proposed,
    appended,
    propose,
    quoted,
    rule_text,
)
from linara_agent.judging import readings
from linara_agent.rulebook import shipped_rules
from tests.core.gates import PLACE, gate

ELSEWHERE = Place(cwd="/home/eve/a/b", home="/home/eve", workspace="/home/eve/a")


def proposed(
    command: str,
    *,
    place: Place = PLACE,
    decision: Decision = Decision.DENY,
    taken: tuple[str, ...] = (),
) -> Proposed | None:
    of = gate()
    script = of.read(command, place)
    reading = of.resolve(script, place)
    asked = Asked(
        script=script,
        reading=reading,
        verdict=of.judge(script, reading, place),
        place=place,
        decision=decision,
        because=lambda _: "It is what a test denies.",
        taken=taken,
    )
    return propose(asked, of.policy, of.catalogue, readings(of.catalogue))


RULES = [
    ("touch ~/x", {"effect": ("modify",), "path": ("~/x",), "program": ("touch",)}),
    ("cat notes.txt", {"effect": ("read",), "path": ("$WORKSPACE/notes.txt",)}),
    ("rm -r build", {"path": ("$WORKSPACE/build", "$WORKSPACE/build/**")}),
    ("rm --recursive a", {"words": ("--recursive",)}),
    ("git push --force origin main", {"program": ("git",), "words": ("--force",)}),
    ("curl https://example.org/a", {"effect": ("network",), "host": ("example.org",)}),
    ("kill 42", {"effect": ("process",), "words": ("42",)}),
    ("PATH=/x ls", {"effect": ("environment",), "target": ("PATH",), "program": ()}),
    ("echo x > ~/.bashrc", {"effect": ("modify",), "path": ("~/.bashrc",)}),
    ("echo hi", {"effect": (), "program": ("echo",), "words": ("hi",)}),
    ("nosuch --flag", {"program": ("nosuch",), "words": ("--flag",)}),
    ("cat 'a*b'", {"path": ("$WORKSPACE/a[*]b",)}),
    ("ls && kill 3", {"program": ("kill",)}),
]


@pytest.mark.parametrize(("command", "expected"), RULES)
def test_a_rule_names_what_tells_the_command(
    command: str, expected: dict[str, tuple[str, ...]]
):
    """The program, the gravest effect, and its path, host, variable or option."""
    found = proposed(command)

    assert found is not None
    for key, values in expected.items():
        assert tuple(map(str, getattr(found.rule, key))) == values


COMMANDS = [
    *(command for command, _ in RULES),
    "find . -name '*.o' -delete",
    "chmod -R 777 .",
    "docker run -it alpine",
    "cp a /srv/b",
    "sh -c 'rm x'",
    "cat a | sh",
    "wc *.txt",
    "sed -i s/a/b/ f",
    'echo "a\tb" > "c d"',
    "reboot",
]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("place", [PLACE, ELSEWHERE])
def test_the_file_can_be_loaded_and_says_no(command: str, place: Place):
    """With the rule in a layer every example holds, and the command is denied."""
    found = proposed(command, place=place)
    assert found is not None
    of = gate()
    file = policy_file_from(appended("", rule_text(found.rule)), file="mine.toml")
    layer = Layer(kind=LayerKind.USER, file=file)
    policy = with_layers(of.policy, (layer,), elsewhere=shipped_rules)
    subject = Subject(file=file, policy=policy, layer=True)

    assert found.rule.match
    assert file.rules[0].rule == found.rule
    assert unmet(subject, readings(of.catalogue)) == ()
    with_rule = replace(of, policy=policy)
    assert with_rule.assess(command, place)[1].decision is Decision.DENY


@pytest.mark.parametrize(
    ("command", "other"),
    [
        ("touch ~/x", "touch ~/y"),
        ("rm -r build", "rm build"),
        ("git push --force origin main", "git push origin main"),
        ("kill 42", "kill 43"),
        ("curl https://example.org/a", "curl https://example.com/a"),
    ],
)
def test_a_rule_does_not_speak_of_its_neighbours(command: str, other: str):
    """It is narrow: another path, host or option is not meant."""
    found = proposed(command)
    assert found is not None
    reads = readings(gate().catalogue)
    file = policy_file_from(appended("", rule_text(found.rule)), file="mine.toml")

    assert reads.fits(command, file.rules[0], gate().policy)
    assert not reads.fits(other, file.rules[0], gate().policy)


def test_ids_are_free_and_say_what_is_decided():
    """A name that is taken gets a number."""
    first = proposed("kill 42")
    second = proposed("kill 42", taken=("no-kill-42", "no-kill-42-2"))
    third = proposed("kill 42", decision=Decision.REVIEW)

    assert first is not None
    assert second is not None
    assert third is not None
    ids = [one.rule.id for one in (first, second, third)]
    assert ids == ["no-kill-42", "no-kill-42-3", "ask-kill-42"]


def test_what_the_rule_leaves_out_is_told():
    """A rule speaks of one command of the text; the others are named."""
    found = proposed("ls && kill 3")

    assert found is not None
    assert found.left == ("ls",)


@pytest.mark.parametrize("command", ["", "# nothing", "echo 'unclosed"])
def test_no_rule_without_a_command(command: str):
    """What cannot be read, or is nothing, gets no rule."""
    assert proposed(command) is None


def test_every_character_can_be_quoted():
    """What JSON and TOML escape differently is escaped for TOML."""
    text = 'a"b\\c\x7f\x1f\u2028é😀\n\t'

    assert tomllib.loads(f"x = {quoted(text)}") == {"x": text}
