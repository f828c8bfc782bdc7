"""What the process says about its caller."""

import os
import pwd
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from linara_agent.host.place import (
    caller,
    current_umask,
    hostname,
    working_directory,
)
from tests.host.ground import in_child


def test_the_caller_is_this_process() -> None:
    """Numbers are the effective ones, name and home the password database's."""
    found = caller()
    entry = pwd.getpwuid(os.geteuid())
    assert (found.uid, found.gid) == (os.geteuid(), os.getegid())
    assert (found.name, found.home) == (entry.pw_name, entry.pw_dir)
    assert set(found.groups) == {os.getegid(), *os.getgroups()}


@pytest.mark.skipif(os.geteuid() != 0, reason="changes users")
def test_a_caller_without_a_name() -> None:
    """A number that no database knows is its own name."""

    def look() -> None:
        os.environ["HOME"] = "/some/home"
        found = caller()
        assert (found.uid, found.name, found.home) == (54321, "54321", "/some/home")

    assert in_child(look, uid=54321) == 0


@pytest.mark.parametrize("mask", [0o022, 0o077, 0])
def test_the_umask_is_read_and_stays(mask: int) -> None:
    """Reading the umask does not change it."""
    before = os.umask(mask)
    try:
        assert current_umask() == mask
        assert current_umask() == mask
    finally:
        os.umask(before)


def test_the_place() -> None:
    """Host name and directory are those of the process, the directory's real path."""
    assert hostname() == socket.gethostname()
    assert working_directory() == str(Path.cwd())


def test_a_directory_that_is_gone_is_told(tmp_path: Path) -> None:
    """A caller whose directory was removed gets a remedy."""
    code = (
        "import os; os.rmdir(os.getcwd())\n"
        "from linara_agent.host.place import working_directory\n"
        "from linara_agent.errors import SettingsProblem\n"
        "try: working_directory()\n"
        "except SettingsProblem as problem: print(problem.remedy)\n"
    )
    (tmp_path / "gone").mkdir()
    root = str(Path(__file__).resolve().parent.parent.parent)
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path / "gone",
        env={"PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "exists" in found.stdout
