"""A member of the group docker who is not root: the same previews, the same limits."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docker_sandbox.conftest import OrdinaryUser, PlanFor

pytestmark = pytest.mark.docker


@pytest.fixture
def foreign_file() -> Iterator[Path]:
    """A file of root in the sticky /tmp, writable for everyone."""
    handle, name = tempfile.mkstemp(dir="/tmp", prefix="linara-test-foreign-")
    os.close(handle)
    path = Path(name)
    path.chmod(0o666)
    yield path
    path.unlink()


def owners(top: Path) -> set[int]:
    return {path.lstat().st_uid for path in top.rglob("*")}


def test_the_main_path_works(ordinary_user: OrdinaryUser, plan_for: PlanFor) -> None:
    """Their files change in the twin, not on the host; nothing of root's appears."""
    (ordinary_user.home / "mine").write_text("old\n")
    os.chown(ordinary_user.home / "mine", ordinary_user.uid, ordinary_user.uid)
    preview = ordinary_user.preview(
        plan_for(
            "id -u; grep CapEff /proc/self/status; rm mine; mkdir -p a/b; touch a/b/c"
        )
    )
    assert preview.outcome.stdout.decode().split() == [
        str(ordinary_user.uid),
        "CapEff:",
        "0" * 16,
    ]
    names = [
        (change.kind.value, os.path.relpath(change.path, ordinary_user.home))
        for change in preview.changes
    ]
    assert sorted(names) == [
        ("created", "a"),
        ("created", "a/b"),
        ("created", "a/b/c"),
        ("deleted", "mine"),
    ]
    assert preview.findings == ()
    assert not any(change.unsettled for change in preview.changes)
    assert (ordinary_user.home / "mine").read_text() == "old\n"
    assert owners(ordinary_user.home) == {ordinary_user.uid}
    assert list((ordinary_user.home / ".cache/linara-agent/scratch").iterdir()) == []


def test_what_fails_on_the_host_fails_in_the_twin(
    ordinary_user: OrdinaryUser, plan_for: PlanFor, foreign_file: Path
) -> None:
    """The files of others in /tmp stay, and the system's directories are shut."""
    preview = ordinary_user.preview(
        plan_for(
            f"rm -f {foreign_file}; mkdir /var/x; touch /etc/x; ls /root;"
            ": > /etc/hosts;"
            f"echo mine > /tmp/linara-test-own-$$; echo more >> {foreign_file}"
        )
    )
    said = preview.outcome.stderr.decode()
    assert f"rm: cannot remove '{foreign_file}': Operation not permitted" in said
    assert "mkdir: cannot create directory '/var/x': Permission denied" in said
    assert "touch: cannot touch '/etc/x': Permission denied" in said
    assert said.count("Permission denied") == 4
    kinds = {change.kind.value: change.path for change in preview.changes}
    assert set(kinds) == {"created", "modified"}
    assert kinds["modified"] == str(foreign_file)


def test_secrets_and_hostile_trees_leave_nothing(
    ordinary_user: OrdinaryUser, plan_for: PlanFor
) -> None:
    """Masks work without root, and shut directories in the scratch are removed."""
    ssh = ordinary_user.home / ".ssh"
    ssh.mkdir(mode=0o700)
    (ssh / "key").write_text("secret")
    for path in (ssh, ssh / "key"):
        os.chown(path, ordinary_user.uid, ordinary_user.uid)
    preview = ordinary_user.preview(
        plan_for(
            "stat -c '%a %u' ~/.ssh; ls -A ~/.ssh; mkdir -p d/e; chmod 0 d/e",
            masks=(str(ssh),),
        )
    )
    assert preview.outcome.stdout.decode() == f"700 {ordinary_user.uid}\n"
    assert sorted(Path(change.path).name for change in preview.changes) == ["d", "e"]
    assert list((ordinary_user.home / ".cache/linara-agent/scratch").iterdir()) == []


REAPING = """
import os, sys
from linara_agent.docker_sandbox.sandbox import DockerSandbox, Premises
from linara_agent.docker_sandbox.scratch import candidates
with DockerSandbox(Premises(environment=os.environ, seccomp="",
        places=candidates(os.environ, os.getuid()), pid=os.getpid(),
        uid=os.getuid())) as sandbox:
    print(sandbox.reap())
"""


def test_what_a_dead_run_left_to_root_is_reaped(ordinary_user: OrdinaryUser) -> None:
    """A scratch directory with entries of root's is emptied through the engine."""
    parent = ordinary_user.home / ".cache/linara-agent/scratch"
    left = parent / "run.4000000.1.00000000.1"
    (left / "0" / "work" / "work").mkdir(parents=True)
    for path in (ordinary_user.home / ".cache", parent.parent, parent, left):
        os.chown(path, ordinary_user.uid, ordinary_user.uid)
        path.chmod(0o700)
    done = ordinary_user.run(REAPING)
    assert (done.stdout, done.stderr) == ("1\n", "")
    assert list(parent.iterdir()) == []
