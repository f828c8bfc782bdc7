"""`--trace`, `--runtime` and `--steps`, from the command line to screen and journal."""

import os
import shutil
from pathlib import Path

import docker
import pytest

from tests.end_to_end.program import Program

pytestmark = pytest.mark.docker

SCRIPT = "set -e\nmkdir made\ncd made\necho 1 > a\nmv ../old old; false\ntouch never\n"


@pytest.fixture
def strace() -> None:
    if shutil.which("strace") is None:
        pytest.skip("no strace on this machine")


@pytest.mark.usefixtures("strace")
def test_a_traced_run_tells_its_programs_everywhere(linara: Program):
    """On the screen with a warning, in --json, and in the journal."""
    asked = "env true; exec 3<>/dev/tcp/10.1.1.1/80"
    shown = linara("run", "--trace", "--no-input", asked)
    assert shown.code == 10, shown.said
    assert "Programs  2 executed" in shown.said
    assert "Targets  1 tried" in shown.said
    assert "TCP  10.1.1.1 port 80  ENETUNREACH" in shown.said
    assert "Traced by strace: slower, and a program that wants to can hide" in (
        " ".join(shown.said.split())
    )

    told = linara("run", "--trace", "--json", asked).json
    traced = told["preview"]["traced"]
    assert [
        (Path(one["path"]).name, one["arguments"], one["exit"], one["signal"])
        for one in traced["programs"]
    ] == [("env", ["env", "true"], None, None), ("true", ["true"], 0, None)]
    assert traced["complete"] is True
    target = {
        "socket": "TCP",
        "address": "10.1.1.1",
        "port": 80,
        "error": "ENETUNREACH",
    }
    assert target in traced["connections"]

    log = linara("audit", "show", told["run"]).text
    assert "executed" in log
    assert "ENETUNREACH" in log


@pytest.mark.usefixtures("strace")
def test_an_answer_that_was_traced_tells_it_too(linara: Program):
    """The output stays alone on stdout."""
    done = linara("run", "--trace", "ls | wc -l")
    assert (done.code, done.text) == (0, "0\n")
    assert "Programs  2 executed" in done.said


def test_without_strace_nothing_runs(linara: Program, tmp_path: Path):
    """That is a wrong call, with the remedy, and no run in the journal."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("python3", "git", "shfmt"):
        found = shutil.which(name)
        if found is not None:
            (programs / name).symlink_to(found)
    bare = linara.with_(PATH=str(programs))
    done = bare("run", "--trace", "true")
    assert (done.code, done.text) == (2, "")
    assert "apt-get install strace" in done.said
    assert linara("audit", "list").text == ""


def test_a_runtime_that_the_engine_lacks_stops_the_run(
    linara: Program, engine: docker.DockerClient
):
    """By option or by setting, with those that there are."""
    default = engine.info()["DefaultRuntime"]
    by_option = linara("run", "--runtime", "nosuch", "true")
    by_setting = linara.with_(LINARA_RUNTIME="nosuch")("run", "true")
    for done in (by_option, by_setting):
        assert done.code == 21
        assert "no runtime 'nosuch'; it has" in " ".join(done.said.split())
        assert default in done.said
    assert linara("run", "--runtime", default, "true").code == 0


def test_another_runtime_is_named(linara: Program, engine: docker.DockerClient):
    """On the screen, in --json, and in the journal."""
    info = engine.info()
    others = [name for name in info["Runtimes"] if name.endswith("runc.v2")]
    if info["DefaultRuntime"] in others or not others:
        pytest.skip("the engine has but one runtime")
    done = linara("run", "--runtime", others[0], "true")
    assert f"Runtime  {others[0]}" in done.said
    told = linara("run", "--json", "--runtime", others[0], "true").json
    assert told["preview"]["runtime"] == others[0]
    assert others[0] in linara("audit", "show", told["run"]).text


def test_a_script_in_steps_tells_what_each_one_changed(linara: Program, work: Path):
    """On the screen below the step, in --json by number; applied like any other."""
    (work / "old").write_text("old\n")
    (work / "script.sh").write_text(SCRIPT)
    shown = linara("script", "--steps", "--no-input", "script.sh")
    assert shown.code == 10, shown.said
    at = shown.said.index
    assert (
        at("Changes  2 created, 1 renamed")
        < at("step 2  line 2: mkdir made")
        < at("+ /")
        < at("step 4  line 4: echo 1 > a")
        < at("step 5  line 5: mv ../old old; false")
        < at("It ended before step 6.")
    )

    told = linara("script", "--steps", "--json", "script.sh").json
    preview = told["preview"]
    assert {
        one["path"].removeprefix(f"{work}/"): one["step"] for one in preview["changes"]
    } == {"made": 2, "made/a": 4, "made/old": 5, "old": 5}
    assert preview["steps"][1] == {"line": 2, "text": "mkdir made", "begun": True}
    assert [one["begun"] for one in preview["steps"]] == [True] * 5 + [False]

    assert linara("apply", told["plan"]).code == 0
    assert (work / "made" / "old").read_text() == "old\n"


def test_without_the_option_no_change_has_a_step(linara: Program):
    """The JSON is what it was."""
    told = linara("run", "--json", "touch x").json
    assert told["preview"]["steps"] == []
    assert told["preview"]["traced"] is None
    assert [set(one) & {"step"} for one in told["preview"]["changes"]] == [set()]


def test_a_copy_has_neither_trace_nor_steps(linara: Program, work: Path):
    """It says so instead of leaving them out."""
    (work / "script.sh").write_text(SCRIPT)
    environment = linara.with_(PATH=os.environ["PATH"])
    done = environment("script", "--steps", "--view", "copy", "script.sh")
    assert done.code == 21
    assert "cannot have --steps" in done.said
