"""`policy test` and `policy lint`, with their exit codes."""

from pathlib import Path

import pytest

from tests.end_to_end.program import Program

SOUND = """version = 1

[examples]
review = ["ls"]
deny = ["touch x"]

[[rule]]
id = "writes"
decision = "deny"
because = "Nothing is to be written."
effect = ["create", "modify"]
match = ["touch x", "mkdir y"]
not_match = ["rm x"]
"""


@pytest.fixture
def linara(hermetic_home: Path) -> Program:
    del hermetic_home
    return Program(cwd=Path.cwd()).with_(COLUMNS=None)


def written(text: str) -> str:
    Path("mine.toml").write_text(text)
    return str(Path("mine.toml").absolute())


def test_a_sound_file(linara: Program):
    """Exit 0, with the number of examples and the score."""
    file = written(SOUND)
    done = linara("policy", "test", "mine.toml", "--mutate", "--strict")
    assert (done.code, done.err) == (0, b"")
    assert f"{file}  5 examples, all hold" in done.text
    assert "mutation score 100.0 %: 4 of 4" in done.text
    found = linara("policy", "test", "mine.toml", "--mutate", "--json").json
    assert found["sound"] is True
    assert found["files"] == [
        {
            "file": file,
            "examples": 5,
            "problems": [],
            "uncovered": [],
            "mutants": 4,
            "score": 100.0,
            "survivors": [],
        }
    ]


def test_an_example_that_does_not_hold(linara: Program):
    """Exit 1, each with file and line."""
    file = written(SOUND.replace('"rm x"', '"mkdir x"').replace('["ls"]', '["true"]'))
    done = linara("policy", "test", "mine.toml")
    assert done.code == 1
    assert f"{file}:13: not_match: writes speaks of `mkdir x`" in done.text
    assert f"{file}:4: examples.review: the verdict on `true` is allow" in done.text


def test_a_spoilt_rule_that_nobody_notices(linara: Program):
    """Exit 1 with --mutate alone, naming what was done to which rule."""
    file = written(SOUND.replace(', "mkdir y"', ""))
    assert linara("policy", "test", "mine.toml").code == 0
    done = linara("policy", "test", "--mutate", "mine.toml")
    assert done.code == 1
    assert f"{file}:7: not noticed: writes: effect without create" in done.text


def test_a_rule_without_an_example(linara: Program):
    """It is told, and fails with --strict alone."""
    file = written(SOUND[: SOUND.index("match =")].replace('deny = ["touch x"]', ""))
    done = linara("policy", "test", "mine.toml")
    assert done.code == 0
    assert f"{file}:7: no example exercises writes" in done.text
    assert linara("policy", "test", "--strict", "mine.toml").code == 1


def test_without_a_name_what_is_in_force_is_tested(
    linara: Program, hermetic_home: Path
):
    """The base with all it extends, and every layer that counts."""
    user = hermetic_home / ".config" / "linara-agent" / "policy.toml"
    user.parent.mkdir(parents=True, mode=0o700)
    user.write_text(SOUND.replace('review = ["ls"]\n', ""))
    found = linara("policy", "test", "--policy", "automation", "--json").json
    assert [one["file"] for one in found["files"]] == [
        "policies/default.toml",
        "policies/automation.toml",
        str(user),
    ]
    assert found["sound"] is True


@pytest.mark.parametrize("command", ["test", "lint"])
def test_a_file_that_cannot_be_used(linara: Program, command: str):
    """Exit 2, and every problem at once."""
    file = written(SOUND.replace("effect", "efect") + "[limit]\nbytes = 1\n")
    done = linara("policy", command, "mine.toml")
    assert (done.code, done.out) == (2, b"")
    assert f"{file}:11: rule.0.efect: no such key" in done.said
    assert f"{file}:14: limit: no such key" in done.said
    assert linara("policy", command, "nowhere.toml").code == 2


def test_lint(linara: Program):
    """Exit 1 with remarks as file:line, 0 without any."""
    file = written(
        'version = 1\n[[rule]]\nid = "wide"\ndecision = "allow"\n'
        'because = "Everything may be deleted."\neffect = ["delete"]\n'
    )
    done = linara("policy", "lint", "mine.toml")
    assert done.code == 1
    assert f"{file}:2: too-wide: wide: it allows delete of anything" in done.text
    (remark,) = linara("policy", "lint", "mine.toml", "--json").json["remarks"]
    assert (remark["where"], remark["kind"]) == (f"{file}:2", "too-wide")

    written(SOUND)
    good = linara("policy", "lint", "mine.toml", "strict")
    assert good.code == 0
    assert "nothing to remark" in good.text
    assert linara("policy", "lint", "strict", "--json").json["remarks"] == []
