"""A preview and its apply do what the script itself would have done."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COUNT = os.environ.get("LINARA_FIDELITY_SCRIPTS", "10")
"""Scripts for each user; each is as good as any other, so more find more."""


@pytest.mark.docker
@pytest.mark.timeout(0)
@pytest.mark.parametrize("user", ["root", "ordinary"])
def test_random_scripts_end_alike(user: str) -> None:
    """Directly, and through a preview and an apply, a script leaves equal trees."""
    if os.getuid() != 0:
        pytest.skip("only root can make the files of others, or become another user")
    flags = ["--ordinary"] if user == "ordinary" else []
    command = [sys.executable, "-m", "tests.docker_sandbox.fidelity", COUNT, "1"]
    done = subprocess.run(
        [*command, *flags], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == f"{COUNT} scripts, refused: {{}}\n"
