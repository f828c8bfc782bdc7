"""`policy list`, `show`, `trust` and `schema`, as a person calls them."""

import json
import os
from pathlib import Path

import pytest

from tests.end_to_end.program import Done, Program
from tests.end_to_end.terminal import terminal

PROJECT = """version = 1
[[rule]]
id = "no-listing"
decision = "deny"
because = "Nothing is listed in this project."
program = ["ls"]
match = ["ls"]
"""
OVERRIDE = """version = 1
[[override]]
rule = "change-temp"
decision = "allow"
reason = "My temporary files are of no worth."
"""


@pytest.fixture
def linara(hermetic_home: Path) -> Program:
    del hermetic_home
    return Program(cwd=Path.cwd()).with_(COLUMNS=None)


@pytest.fixture
def user_file(hermetic_home: Path) -> Path:
    """Where the person's own layer lies; its directory is there."""
    path = hermetic_home / ".config" / "linara-agent" / "policy.toml"
    path.parent.mkdir(parents=True, mode=0o700)
    return path


@pytest.fixture
def project() -> Path:
    path = Path.cwd() / ".linara-agent.toml"
    path.write_text(PROJECT)
    return path


def state(linara: Program, kind: str) -> str:
    found = linara("policy", "list", "--json").json["layers"]
    return next(str(one["state"]) for one in found if one["kind"] == kind)


def refused(done: Done) -> str:
    assert (done.code, done.out) == (2, b""), done.said
    assert "not done: " in done.said
    assert "what to do: " in done.said
    return done.said


def test_the_list_says_what_is_in_force(linara: Program, user_file: Path):
    """Bases, layers with their state, and overrides, for people and for programs."""
    user_file.write_text(OVERRIDE)
    found = linara("policy", "list", "--policy", "strict", "--json").json
    assert [(one["name"], one["in_force"]) for one in found["bases"]] == [
        ("default", False),
        ("strict", True),
        ("automation", False),
    ]
    layers = {one["kind"]: (one["path"], one["state"]) for one in found["layers"]}
    assert layers["user"] == (str(user_file), "in force")
    assert layers["project"] == (str(linara.cwd / ".linara-agent.toml"), "none")
    (override,) = found["overrides"]
    assert (override["rule"], override["was"]) == ("change-temp", "review")
    assert override["where"] == f"{user_file}:3"
    assert "+user:" in found["policy"]

    shown = linara("policy", "list").text
    assert "default  in force" in shown
    assert f"user     {user_file}  in force" in shown
    assert "change-temp  review → allow" in shown


def test_show_begins_with_the_overrides(linara: Program, user_file: Path):
    """Then come the rules, the strictest first, each with what it speaks of."""
    user_file.write_text(OVERRIDE)
    shown = linara("policy", "show").text
    assert shown.index("Overrides") < shown.index("Rules") < shown.index("Limits")
    assert "My temporary files are of no worth." in shown
    rules = linara("policy", "show", "--json").json["rules"]
    temp = next(one for one in rules if one["id"] == "change-temp")
    assert temp["decision"] == "allow"
    assert temp["class"] == ["temp", "incidental"]
    assert temp["where"].startswith("policies/default.toml:")
    for one in rules:
        assert one["id"] in shown
        assert one["where"] in shown
    assert shown.index("delete-everything") < shown.index("read-files")


def test_one_policy_can_be_shown(linara: Program, user_file: Path):
    """By its name without the layers, or a layer by its file alone."""
    user_file.write_text(PROJECT)
    strict = linara("policy", "show", "strict", "--json").json
    assert "+user:" not in strict["policy"]
    assert "network-denied" in {one["id"] for one in strict["rules"]}
    mine = linara("policy", "show", str(user_file), "--json").json
    assert [one["id"] for one in mine["rules"]] == ["no-listing"]


def test_a_project_is_trusted_by_name(linara: Program, project: Path):
    """Untrusted it is named and does not count; trusted it does, until it changes."""
    before = linara("check", "ls")
    assert (before.code, state(linara, "project")) == (0, "untrusted")
    assert f"the project's policy {project} does not count" in before.said

    trusted = linara("policy", "trust", "--yes")
    assert trusted.code == 0
    assert "Nothing is listed in this project." in trusted.said
    after = linara("check", "ls")
    assert (after.code, after.err) == (11, b"")
    assert state(linara, "project") == "in force"

    project.write_text("version = 1\n")
    changed = linara("check", "ls")
    assert (changed.code, state(linara, "project")) == (10, "changed")
    assert "has changed since you trusted it" in changed.said

    assert linara("policy", "trust", "--forget").code == 0
    assert state(linara, "project") == "untrusted"
    assert linara("check", "ls").code == 0


def test_a_project_counts_below_its_top_and_for_its_directory_alone(
    linara: Program, project: Path, tmp_path: Path
):
    """The top is that of the git work tree; another directory has nothing of it."""
    (project.parent / ".git").mkdir()
    inner = project.parent / "a" / "b"
    inner.mkdir(parents=True)
    assert linara("policy", "trust", "--yes", project.parent).code == 0
    assert Program(cwd=inner)("check", "ls").code == 11
    elsewhere = Program(cwd=tmp_path)
    assert elsewhere("check", "ls").code == 0
    assert elsewhere("check", "--cwd", str(inner), "ls").code == 11


def test_without_a_terminal_trust_needs_a_yes(linara: Program, project: Path):
    """A script that forgets it has changed nothing."""
    assert project.exists()
    assert "--yes" in refused(linara("policy", "trust"))
    assert state(linara, "project") == "untrusted"


@pytest.mark.parametrize(
    ("answer", "code", "expected"),
    [(b"y\n", 0, "in force"), (b"n\n", 12, "untrusted"), (b"\n", 12, "untrusted")],
)
def test_on_a_terminal_it_asks(
    linara: Program, project: Path, answer: bytes, code: int, expected: str
):
    """The rules are shown, and only a yes counts."""
    assert project.exists()
    with terminal(linara, "policy", "trust") as screen:
        assert "no-listing" in screen.wait_for(r"Let this file count\?")
        os.write(screen.master, answer)
        assert screen.end() == code
    assert state(linara, "project") == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PROJECT.replace('"deny"', '"allow"'), ":2: decision: a layer only makes"),
        (PROJECT.replace('match = ["ls"]', 'match = ["wc"]'), ":7: match: no-listing"),
        (OVERRIDE, ":3: override: the project's layer may not loosen"),
        ("version = 1\nfoo = 1\n", ":2: foo: no such key"),
        ("version = ", ":1: version:"),
    ],
)
def test_what_cannot_be_used_cannot_be_trusted(
    linara: Program, project: Path, text: str, said: str
):
    """The mistake is named with its line, and nothing counts."""
    project.write_text(text)
    assert f"{project}{said}" in refused(linara("policy", "trust", "--yes"))
    assert state(linara, "project") == "untrusted"


def test_only_a_project_s_file_is_trusted(linara: Program, tmp_path: Path):
    """Any other file, or none, is a mistake of the call."""
    other = tmp_path / "other.toml"
    other.write_text(PROJECT)
    assert "is named .linara-agent.toml" in refused(
        linara("policy", "trust", "--yes", other)
    )
    assert "there is no such file" in refused(linara("policy", "trust", "--yes"))


def test_the_trusted_and_the_policies_cannot_be_changed_by_a_command(
    linara: Program, project: Path, user_file: Path
):
    """What decides lies where no command may write, wherever it stands."""
    trusted = user_file.parents[2] / ".local/state/linara-agent/trust.json"
    for path in (project, user_file, trusted, Path("/etc/linara-agent/policy.toml")):
        found = linara("check", "--json", f"touch {path}")
        assert (path, found.code) == (path, 11)
        rules = {one["rule"] for one in found.json["findings"]}
        assert "own-state" in rules
    base = Path("base.toml")
    base.write_text('version = 1\nextends = ["default"]\n')
    assert linara("check", "touch base.toml").code == 10
    assert linara("check", "--policy", "base.toml", "touch base.toml").code == 11


def test_the_schemas_are_printed():
    """Of a policy file with all its keys, and of a file of the catalogue."""
    linara = Program(cwd=Path.cwd())
    schema = json.loads(linara("policy", "schema").out)
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert set(schema["properties"]) == {
        "version",
        "extends",
        "bases",
        "classes",
        "limits",
        "sandbox",
        "rule",
        "override",
        "examples",
    }
    assert schema["additionalProperties"] is False
    rule = schema["$defs"]["Rule"]
    assert rule["properties"]["decision"]["enum"] == ["allow", "review", "deny"]
    assert "write" in rule["properties"]["effect"]["items"]["enum"]
    assert "class" in rule["properties"]
    assert {"required": ["program"]} in rule["anyOf"]
    of_catalogue = json.loads(linara("policy", "schema", "catalogue").out)
    program = of_catalogue["$defs"]["Program"]
    assert {"name", "option", "operand"} <= set(program["properties"])
