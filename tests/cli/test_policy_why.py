"""`policy why`: every finding by command, and what would make it pass."""

from pathlib import Path

import pytest

from tests.end_to_end.program import Program


@pytest.fixture
def linara(hermetic_home: Path) -> Program:
    del hermetic_home
    return Program(cwd=Path.cwd()).with_(COLUMNS=None)  # lines are not broken


def test_every_finding_stands_under_its_command(linara: Program):
    """Rule, file and line, reason, effect, and the part of the text underlined."""
    done = linara("policy", "why", "ls && rm -rf ~")
    lines = done.text.splitlines()

    assert (done.code, done.err) == (11, b"")
    first, second = lines.index("  ls"), lines.index("  rm -rf ~")
    assert any("read-files  policies/default.toml:" in x for x in lines[first:second])
    below = lines[second:]
    assert any("delete-everything  policies/default.toml:" in x for x in below)
    assert any(set(x.strip()) == {"^"} for x in below)
    assert lines[-3:] == [
        "What would make it pass",
        "  - without the command `rm -rf ~`",
        "      ls",
    ]


def test_the_json_has_the_verdict_and_the_advice(linara: Program):
    """The verdict is that of `check`; each advice says how, and what it gets."""
    found = linara("policy", "why", "--json", "find . -name x -delete").json
    checked = linara("check", "--json", "find . -name x -delete").json

    assert {key: found[key] for key in checked} == checked
    assert found["nearest"] == []
    assert found["advice"][0] == {
        "way": "words",
        "what": "without `-delete`",
        "decision": "allow",
        "command": "find . -name x",
    }
    ways = [(one["way"], one["command"]) for one in found["advice"][1:]]
    assert set(ways) == {("policy", None)}


def test_where_nothing_helps_the_nearest_is_named(linara: Program):
    """The reason of the rule says what is done instead."""
    done = linara("policy", "why", "reboot")
    found = linara("policy", "why", "--json", "reboot").json

    assert done.code == 11
    assert "Nothing that was tried makes it pass" in done.text
    (nearest,) = found["nearest"]
    assert nearest in done.text
    assert nearest.endswith("do that by hand.")
    assert all(one["decision"] == "review" for one in found["advice"])


def test_what_is_allowed_needs_no_advice(linara: Program):
    """Exit 0, the reasons, and nothing more."""
    done = linara("policy", "why", "ls")

    assert done.code == 0
    assert "make it pass" not in done.text
    assert linara("policy", "why", "--json", "ls").json["advice"] == []


def test_it_is_judged_for_another_place_and_policy(linara: Program):
    """--policy, --cwd, --home and --user mean what they mean to `check`."""
    words = ("--cwd", "/home/eve/p", "--home", "/home/eve", "--user", "eve")
    found = linara("policy", "why", "--json", *words, "touch x").json

    assert found["effects"][0]["target"] == "/home/eve/p/x"
    strict = linara(
        "policy", "why", "--json", "--policy", "strict", "cat /etc/os-release"
    )
    assert strict.code == 10
    said = [one["what"] for one in strict.json["advice"]]
    assert "with --policy default" in said


def test_a_layer_counts_in_the_advice(linara: Program, hermetic_home: Path):
    """A rule of the person's own is named by its file and line."""
    path = hermetic_home / ".config" / "linara-agent" / "policy.toml"
    path.parent.mkdir(parents=True, mode=0o700)
    path.write_text(
        'version = 1\n[[rule]]\nid = "no-wc"\ndecision = "review"\n'
        'because = "Nothing is counted here."\nprogram = ["wc"]\n'
    )
    said = linara("policy", "why", "wc a").text

    assert f"with no-wc at {path}:2 as allow" in said


@pytest.mark.parametrize("words", [(), ("a", "b"), ("--cwd", "x", "ls")])
def test_a_wrong_call_is_refused(linara: Program, words: tuple[str, ...]):
    """One command, and absolute paths; exit 2."""
    assert linara("policy", "why", *words).code == 2
