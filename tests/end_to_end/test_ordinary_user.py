"""A member of the group docker who is not root: the same path, nothing of root's."""

import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import docker
import pytest
from packaging.requirements import Requirement

from tests.conftest import ENGINE, ROOT, leftovers
from tests.end_to_end.conftest import Made
from tests.end_to_end.program import Program

pytestmark = pytest.mark.docker

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
NOBODY = 65534


def needed(name: str, found: dict[str, Distribution]) -> None:
    """Collect what a distribution imports, as far as it is installed here."""
    if name in found:
        return
    try:
        found[name] = distribution(name)
    except PackageNotFoundError:
        return
    for line in found[name].requires or ():
        one = Requirement(line)
        if one.marker is None or one.marker.evaluate({"extra": ""}):
            needed(one.name.lower(), found)


@pytest.fixture(scope="session")
def readable_copy() -> Iterator[Path]:
    """The package, its data and its dependencies where everyone may read them."""
    folder = Path(tempfile.mkdtemp(dir="/var/tmp", prefix="linara-test-copy-"))
    folder.chmod(0o755)
    found: dict[str, Distribution] = {}
    needed("linara-agent", found)
    installed = Path(sysconfig.get_path("purelib"))
    for one in found.values():
        for file in one.files or ():
            source = Path(str(one.locate_file(file)))
            target = folder / (
                file if source.is_relative_to(installed) else f"bin/{source.name}"
            )
            if source.is_file() and source.suffix != ".pyc":
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)
    shutil.rmtree(folder / "linara_agent", ignore_errors=True)
    shutil.copytree(ROOT / "linara_agent", folder / "linara_agent")
    for name in ("policies", "sandbox"):
        shutil.copytree(ROOT / name, folder / "linara_agent" / "_data" / name)
    subprocess.run(["chmod", "-R", "a+rX,go-w", folder], check=True)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def python() -> str:
    """An interpreter of this version that every user can run."""
    if os.getuid() != 0:
        pytest.skip("only root can become another user")
    minor = f"python{sys.version_info.major}.{sys.version_info.minor}"
    found = shutil.which(minor, path="/usr/bin:/usr/local/bin")
    if found is None:
        pytest.skip(f"no {minor} that another user could run")
    return found


def as_user(uid: int, groups: str, python: str, copy: Path, home: Path) -> Program:
    work = home / "work"
    work.mkdir()
    os.chown(work, uid, uid)
    become = ("setpriv", f"--reuid={uid}", f"--regid={uid}", groups)
    base = {
        "HOME": str(home),
        "PATH": f"{copy / 'bin'}:{PATH}",
        "PYTHONPATH": str(copy),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "DOCKER_HOST": ENGINE or "",
        "DOCKER_CONFIG": "/nonexistent",
    }
    return Program(cwd=work, words=(*become, python, "-m", "linara_agent"), base=base)


@pytest.fixture
def ordinary(readable_copy: Path, python: str) -> Iterator[Program]:
    """Someone with an account and a home, in the group of the engine's socket."""
    address = ENGINE or ""
    if not address.startswith("unix://"):
        pytest.skip("the engine has no socket with a group")
    group = Path(address.removeprefix("unix://")).stat().st_gid
    name = f"linara-test-{os.getpid()}"
    home = Path(tempfile.mkdtemp(dir="/var/tmp", prefix="linara-test-home-"))
    added = subprocess.run(
        ["useradd", "--no-create-home", "--home-dir", home, "--user-group", name],
        capture_output=True,
        text=True,
        check=False,
    )
    if added.returncode != 0:
        home.rmdir()
        pytest.skip(f"no user can be added: {added.stderr.strip()}")
    try:
        uid = pwd.getpwnam(name).pw_uid
        os.chown(home, uid, uid)
        yield as_user(uid, f"--groups={group}", python, readable_copy, home)
    finally:
        subprocess.run(["userdel", name], check=True)
        shutil.rmtree(home)


@pytest.fixture
def foreign_file() -> Iterator[Path]:
    """A file of root in the sticky /tmp that everyone may write."""
    handle, name = tempfile.mkstemp(dir="/tmp", prefix="linara-test-foreign-")
    os.close(handle)
    path = Path(name)
    path.write_text("of root\n")
    path.chmod(0o666)
    yield path
    path.unlink()


def owners(top: Path) -> set[int]:
    return {path.lstat().st_uid for path in top.rglob("*")}


def test_the_main_path_works(ordinary: Program, engine: docker.DockerClient):
    """Preview and apply work as for root, and every file that appears is theirs."""
    home = ordinary.cwd.parent
    command = "mkdir -p a/b && echo hi > a/b/c.txt && chmod 600 a/b/c.txt && id -u"

    shown = ordinary("run", "--json", command)

    assert shown.json["preview"]["stdout"] == f"{home.stat().st_uid}\n", shown.said
    assert list(ordinary.cwd.iterdir()) == []
    applied = ordinary("apply", shown.json["plan"])
    assert applied.code == 0, applied.said
    made = ordinary.cwd / "a/b/c.txt"
    assert (made.read_text(), made.stat().st_mode & 0o777) == ("hi\n", 0o600)
    assert ordinary("do", "--provider", "recipes", "list files").code == 0
    assert ordinary("audit", "verify").code == 0
    assert owners(home) == {home.stat().st_uid}
    assert leftovers(engine, str(home)) == []
    assert list((home / ".cache/linara-agent/scratch").iterdir()) == []


def test_what_they_may_not_do_fails_in_the_twin_too(
    ordinary: Program, foreign_file: Path
):
    """Another user's file in /tmp stays, and /var lets them make nothing."""
    command = f"rm -f {foreign_file}; mkdir /var/linara-x; cat {foreign_file}; echo end"

    preview = ordinary("run", "--json", command).json["preview"]

    assert preview["changes"] == []
    assert preview["stdout"] == "of root\nend\n"
    said = preview["stderr"].splitlines()
    assert len(said) == 2
    assert "Operation not permitted" in said[0]
    assert "Permission denied" in said[1]


def test_the_journal_must_be_theirs_to_write(
    python: str, readable_copy: Path, made: Made
):
    """A state directory without write permission exits 22; no container is made."""
    home = Path(tempfile.mkdtemp(dir="/var/tmp", prefix="linara-test-home-"))
    try:
        home.chmod(0o755)
        state = home / "state"
        state.mkdir(mode=0o755)
        nobody = as_user(NOBODY, "--groups=0", python, readable_copy, home)
        done = nobody.with_(XDG_STATE_HOME=str(state))("run", "touch x")
    finally:
        shutil.rmtree(home)

    assert (done.code, done.out) == (22, b""), done.said
    assert str(state) in done.said
    assert "permission" in done.said
    assert made(done.pid) == []
