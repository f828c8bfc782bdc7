"""Policies and catalogue as they are loaded, and what becomes of bad files."""

import tomllib
from pathlib import Path

import pytest

from linara_agent.core.effects.catalogue import catalogue_from, program_from
from linara_agent.errors import PolicyProblem
from linara_agent.rulebook import load_catalogue, load_policy
from linara_agent.shipped import shipped
from tests.core.gates import assess

COMMANDS = shipped("policies") / "commands"
GOOD = """version = 1
extends = ["default"]

[[rule]]
id = "one"
decision = "deny"
because = "It is denied in this test."
effect = ["read"]
"""


def test_the_own_state_is_denied() -> None:
    """Nothing changes the journal or the plans by a command."""
    found = assess("rm -r ~/.local/state/linara-agent/journal")
    assert "own-state" in {finding.rule for finding in found.findings}


def test_every_rule_points_to_its_line() -> None:
    """The `where` of a rule is the line of its `[[rule]]`."""
    text = (
        (shipped("policies") / "default.toml").read_text(encoding="utf-8").splitlines()
    )
    for placed in load_policy("default").rules:
        line = int(placed.where.rpartition(":")[2])
        assert text[line - 1] == "[[rule]]"
        assert text[line] == f'id = "{placed.rule.id}"'


def test_the_index_of_aliases_is_that_of_the_files() -> None:
    """Each name is found under the file that a full reading finds it in."""
    whole = catalogue_from(
        program_from(path.read_text(encoding="utf-8"), file=path.name)
        for path in COMMANDS.glob("*.toml")
    )
    indexed = load_catalogue().programs
    assert set(indexed) == set(whole.programs)
    assert len(indexed) == len(whole.programs)
    aliases = {name: one for name, one in whole.programs.items() if name != one.name}
    assert {name: indexed[name].name for name in aliases} == {
        name: one.name for name, one in aliases.items()
    }


def test_every_catalogue_file_is_named_after_its_program() -> None:
    """NAME.toml describes NAME, so that a program is found without a search."""
    for path in COMMANDS.glob("*.toml"):
        assert tomllib.loads(path.read_text(encoding="utf-8"))["name"] == path.stem


def test_an_unknown_program_is_no_key() -> None:
    """A name that no file describes is not in the catalogue."""
    assert load_catalogue().find("no-such-program") is None


def problem(directory: Path, text: str | bytes, name: str = "p.toml") -> str:
    """What is said of a policy file; its place is written as FILE."""
    path = directory / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(PolicyProblem) as caught:
        load_policy(str(path))
    assert caught.value.not_done == "Nothing was judged, and nothing ran."
    assert caught.value.remedy
    return caught.value.what.replace(str(path), "FILE")


def test_a_misspelt_key_is_named_with_its_line(tmp_path: Path) -> None:
    """A typo names file, line and key."""
    said = problem(tmp_path, GOOD + 'efect = ["read"]\n')
    assert said == ("The policy cannot be used:\n  FILE:9: rule.0.efect: no such key")


def test_all_problems_are_named_at_once(tmp_path: Path) -> None:
    """Four mistakes in one file are four lines."""
    text = GOOD.replace('"deny"', '"forbid"').replace('"one"', '"One!"')
    text = text.replace('because = "It is denied in this test."\n', "")
    said = problem(tmp_path, text + "[limit]\nbytes = 1\n")
    lines = said.splitlines()[1:]
    assert [line.split(": ")[:2] for line in lines] == [
        ["  FILE:5", "rule.0.id"],
        ["  FILE:6", "rule.0.decision"],
        ["  FILE:4", "rule.0.because"],
        ["  FILE:8", "limit"],
    ]
    assert "must be allow, review or deny" in lines[1]


def test_ids_are_unique_within_a_file(tmp_path: Path) -> None:
    """An id that is used twice is named at its second place."""
    again = GOOD[GOOD.index("[[rule]]") :]
    said = problem(tmp_path, GOOD + again)
    assert "FILE:10: id: the rule id one is used twice" in said


def test_ids_are_unique_over_all_files(tmp_path: Path) -> None:
    """A rule cannot take the id of a rule of its base."""
    said = problem(tmp_path, GOOD.replace('"one"', '"observe"'))
    assert "id: observe is used at FILE:4 too" in said


def test_broken_toml_is_named_with_its_line(tmp_path: Path) -> None:
    """The TOML parser's line and the key on it are said."""
    said = problem(tmp_path, GOOD.replace('"deny"', "deny"))
    assert said == "The policy cannot be used:\n  FILE:6: decision: Invalid value"


def test_an_unknown_base_is_named(tmp_path: Path) -> None:
    """`extends` that leads nowhere names its line and the shipped policies."""
    said = problem(tmp_path, GOOD.replace('"default"', '"defualt"'))
    assert "FILE:2: extends: there is no policy 'defualt'" in said
    assert "default, strict, automation" in said


def test_policies_cannot_extend_themselves(tmp_path: Path) -> None:
    """A loop over two files is found, and its files are named."""
    (tmp_path / "b.toml").write_text('version = 1\nextends = ["./a.toml"]\n')
    said = problem(tmp_path, 'version = 1\nextends = ["b.toml"]\n', "a.toml")
    assert "b.toml:2: extends: './a.toml' extends itself" in said
    assert "(a.toml → b.toml → a.toml)" in said


def test_a_file_that_is_no_text_is_named_with_its_line(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are refused, with the line they stand on."""
    said = problem(tmp_path, b"version = 1\n# \xff\n")
    assert said == ("The policy cannot be used:\n  FILE:2: it is not written in UTF-8")


@pytest.mark.parametrize(
    "reference", ["nope", "~nobody-here/x", "a\0b", "x" * 5000, "."]
)
def test_a_policy_that_is_not_there(reference: str) -> None:
    """A name that is neither shipped nor a file is a problem of the call."""
    with pytest.raises(PolicyProblem, match="there is no policy"):
        load_policy(reference)


def test_an_override_of_no_rule_is_a_problem(tmp_path: Path) -> None:
    """A typo in an override must not silently leave the rule as it is."""
    text = (
        GOOD
        + '[[override]]\nrule = "observ"\ndecision = "deny"\nreason = "Nobody looks."\n'
    )
    said = problem(tmp_path, text)
    assert "FILE:10: override: there is no rule observ" in said


def test_a_class_of_ours_keeps_its_meaning(tmp_path: Path) -> None:
    """`[classes]` cannot give `workspace` or `secrets` other paths."""
    said = problem(tmp_path, GOOD + '\n[classes.secrets]\npaths = ["/x"]\n')
    assert "FILE:10: classes: secrets has a meaning already" in said


def test_only_the_system_permits_bases(tmp_path: Path) -> None:
    """In a base `bases` would say nothing, so it is a mistake."""
    said = problem(tmp_path, GOOD.replace("[[rule]]", 'bases = ["strict"]\n[[rule]]'))
    assert "FILE:4: bases: only the system's layer permits bases" in said


def test_an_unknown_class_is_a_problem(tmp_path: Path) -> None:
    """A class is one of ours or of `[classes]`."""
    said = problem(tmp_path, GOOD + 'class = ["wrkspace"]\n')
    assert "FILE:4: class: there is no class wrkspace" in said


def test_own_classes_count(tmp_path: Path) -> None:
    """A rule may speak of paths that the file gives a name."""
    path = tmp_path / "p.toml"
    path.write_text(
        GOOD + 'class = ["data"]\n\n[classes.data]\npaths = ["~/data/**"]\n'
    )
    assert assess("cat ~/data/x", policy=str(path)).decision.word == "deny"
    assert assess("cat ~/other/x", policy=str(path)).decision.word == "allow"


def test_limits_are_inherited_key_by_key(tmp_path: Path) -> None:
    """A file that sets one limit keeps its base's other one."""
    path = tmp_path / "p.toml"
    path.write_text('version = 1\nextends = ["strict"]\n[limits]\nchanged_files = 5\n')
    limits = load_policy(str(path)).limits
    assert (limits.changed_files, limits.bytes) == (5, 104857600)


def test_a_base_counts_once(tmp_path: Path) -> None:
    """Two bases with a common base do not clash."""
    path = tmp_path / "p.toml"
    path.write_text('version = 1\nextends = ["strict", "automation"]\n')
    ids = [placed.rule.id for placed in load_policy(str(path)).rules]
    assert len(ids) == len(set(ids))
    assert "automation-network" in ids
