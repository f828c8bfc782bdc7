"""`linara-agent config`: every setting with its origin, and what is wrong with one."""

from pathlib import Path

import pytest

from linara_agent.cli.exit_codes import ExitCode
from linara_agent.settings.model import MODEL_VARIABLES
from linara_agent.settings.run import RUN_VARIABLES
from tests.cli.settings_program import program, write_config

KEY = "sk-or-v1-" + "5ec2e7" * 10


def test_every_setting_is_shown_with_its_origin(hermetic_home: Path):
    """Each source is named so that it can be found; a key is only said to be set."""
    file = write_config(hermetic_home, 'view = "twin"\n[model]\nzdr = true\n')
    env = Path(".env").absolute()
    env.write_text(f"OPENROUTER_API_KEY={KEY}\n")
    done = program(hermetic_home, OPENROUTER_MODEL="a/b", LINARA_POLICY="strict")(
        "config", "show", "--json"
    )
    rows = {row["name"]: row for row in done.json["settings"]}

    assert (done.code, done.json["schema"]) == (0, 1)
    assert done.json["file"] == str(file)
    assert {row["variable"] for row in rows.values()} == {
        *MODEL_VARIABLES.values(),
        *RUN_VARIABLES.values(),
    }
    expected = {
        "model.key": ("set", ".env", f"{env}:1"),
        "model.model": ("a/b", "environment", "OPENROUTER_MODEL"),
        "model.zdr": (True, "file", f"{file}:3"),
        "view": ("twin", "file", f"{file}:1"),
        "policy": ("strict", "environment", "LINARA_POLICY"),
        "model.max_cost": (None, "default", None),
    }
    for name, (value, layer, where) in expected.items():
        origin = {"layer": layer, "where": where}
        assert (rows[name]["value"], rows[name]["origin"]) == (value, origin)


def test_the_screen_shows_the_same(hermetic_home: Path):
    """A line for each setting, in words."""
    file = write_config(hermetic_home, "[model]\nzdr = true\nmax_cost = 0.10\n")
    done = program(hermetic_home)("config", "show")
    lines = {line.split()[0]: line.split()[1:] for line in done.text.splitlines()}

    assert set(lines) == {*RUN_VARIABLES, *(f"model.{one}" for one in MODEL_VARIABLES)}
    assert lines["model.zdr"] == ["yes", f"{file}:2"]
    assert lines["model.max_cost"] == ["0.10", f"{file}:3"]
    assert lines["model.key"] == ["-", "default"]


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_no_part_of_a_key_is_shown(hermetic_home: Path, form: tuple[str, ...]):
    """Not even of one that stands in the wrong place."""
    done = program(hermetic_home, OPENROUTER_API_KEY=KEY, OPENROUTER_MODEL=KEY + "aa")(
        "--debug", "config", "show", *form
    )

    assert done.code == 0
    assert b"5ec2e7" not in done.out + done.err


def test_all_that_is_wrong_is_named_at_once(hermetic_home: Path):
    """Exit 2, with the place of each, of runs and of the model; no key in it."""
    file = write_config(
        hermetic_home, f"polcy = 'x'\n[model]\nseed = 'x'\napi_key = '{KEY}'\n"
    )
    done = program(hermetic_home, LINARA_VIEW="all", LINARA_MODEL_TOP_P="9")(
        "--debug", "config", "show"
    )

    assert (done.code, done.out) == (ExitCode.USAGE, b"")
    for place in (
        f"{file}:1: polcy", f"{file}:3: model.seed", f"{file}:4: model.api_key",
        "LINARA_VIEW: view", "LINARA_MODEL_TOP_P: model.top_p",
    ):  # fmt: skip
        assert place in done.said
    assert "5ec2e7" not in done.said


def test_the_path_is_printed_whatever_is_there(hermetic_home: Path):
    """So that an editor can be given it."""
    done = program(hermetic_home)("config", "path")
    expected = hermetic_home / ".config" / "linara-agent" / "config.toml"
    assert (done.code, done.text) == (0, f"{expected}\n")
    write_config(hermetic_home, "broken")

    assert program(hermetic_home)("config", "path").text == f"{expected}\n"


def test_the_file_gives_the_defaults_of_flags(hermetic_home: Path):
    """`check` judges by the configured policy; a flag and the environment win."""
    write_config(hermetic_home, 'policy = "/nowhere/mine.toml"\n')
    call = ("check", "ls")
    configured = program(hermetic_home)(*call)
    assert configured.code == ExitCode.USAGE
    assert "/nowhere/mine.toml" in configured.said
    assert program(hermetic_home)(*call, "--policy", "default").code == 0

    assert program(hermetic_home, LINARA_POLICY="default")(*call).code == 0


def test_a_broken_file_stops_a_run_but_not_its_help(hermetic_home: Path):
    """What the person configured is never left out in silence."""
    write_config(hermetic_home, 'policy = "strict\n')
    stopped = program(hermetic_home)("check", "ls")
    assert (stopped.code, stopped.out) == (ExitCode.USAGE, b"")
    assert "config.toml:1" in stopped.said

    assert program(hermetic_home)("check", "--help").code == 0
