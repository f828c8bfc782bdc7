"""`linara-agent doctor` on the real engine, and where something is missing."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from linara_agent.cli.exit_codes import ExitCode

PROGRAM = Path(sys.executable).with_name("linara-agent")


def doctor(**environment: str) -> tuple[int, Any]:
    done = subprocess.run(
        [PROGRAM, "doctor", "--json"],
        capture_output=True,
        check=False,
        env={**os.environ, **environment},
    )
    return done.returncode, json.loads(done.stdout)


@pytest.mark.docker
def test_where_all_is_well_it_exits_with_zero():
    """Each check was made and holds, or is not required and says what to do."""
    code, found = doctor()

    names = {check["name"] for check in found["checks"]}
    wrong = [check for check in found["checks"] if not check["ok"]]
    assert (code, found["schema"], found["ok"]) == (0, 1, True), wrong
    assert names >= {"python", "parsers", "policy", "engine", "journal"}
    assert [check for check in wrong if check["required"]] == []
    assert [check for check in wrong if not check["remedy"]] == []


def test_a_missing_engine_is_named_with_its_remedy():
    """Exit 21; what comes after the engine is still checked."""
    code, found = doctor(
        DOCKER_HOST="unix:///nonexistent/docker.sock",
    )

    checks = {check["name"]: check for check in found["checks"]}
    assert (code, found["ok"]) == (ExitCode.NO_SANDBOX, False)
    assert not checks["engine"]["ok"]
    assert "/nonexistent/docker.sock" in checks["engine"]["detail"]
    assert checks["engine"]["remedy"]
    assert checks["journal"]["ok"]


def test_a_journal_that_cannot_be_written_wins(hermetic_home: Path):
    """Exit 22, for without a journal nothing runs whatever else is there."""
    state = hermetic_home / ".local/state/linara-agent"
    state.mkdir(parents=True)
    (state / "journal").write_text("in the way\n")
    code, found = doctor(
        DOCKER_HOST="unix:///nonexistent/docker.sock",
    )

    checks = {check["name"]: check for check in found["checks"]}
    assert (code, checks["journal"]["ok"]) == (ExitCode.NO_JOURNAL, False)
    assert checks["journal"]["remedy"]
