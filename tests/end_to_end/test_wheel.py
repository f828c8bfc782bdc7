"""The wheel, installed into an empty environment and used from elsewhere."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ("policies", "sandbox")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built offline, by the build backend of this environment."""
    built = tmp_path_factory.mktemp("wheel")
    pip(
        *("wheel", "--no-build-isolation", "--no-deps", "--no-index"),
        *("--wheel-dir", built, ROOT),
    )
    (wheel,) = built.glob("linara_agent-*.whl")
    return wheel


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment with the wheel and a path to its dependencies.

    The dependencies are those of this environment, through a .pth file, so that
    nothing is downloaded; an editable install of the checkout, which is a .pth
    file too, is not followed from there.
    """
    environment = tmp_path_factory.mktemp("environment") / "venv"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    python = environment / "bin" / "python"
    pip("install", "--no-index", "--no-deps", wheel, python=python)
    words = "import sysconfig; print(sysconfig.get_path('purelib'))"
    asked = call(python, "-c", words, cwd=environment)
    Path(asked.stdout.strip(), "dependencies.pth").write_text(
        sysconfig.get_path("purelib") + "\n"
    )
    return environment / "bin"


def pip(*arguments: str | Path, python: str | Path = sys.executable) -> None:
    words: tuple[str | Path, ...] = (python, "-m", "pip", "--quiet", *arguments)
    subprocess.run(words, check=True)


def call(program: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, *arguments],
        cwd=cwd,
        env={},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", SHIPPED)
def test_the_wheel_carries_every_shipped_file(wheel: Path, name: str):
    """Each file of policies/ and sandbox/ is in the wheel, byte for byte."""
    files = [path for path in (ROOT / name).rglob("*") if path.is_file()]
    assert files
    with zipfile.ZipFile(wheel) as archive:
        for path in files:
            inside = f"linara_agent/_data/{name}/{path.relative_to(ROOT / name)}"
            assert archive.read(inside) == path.read_bytes()


def test_the_wheel_carries_nothing_else(wheel: Path):
    """Beside the package and its metadata there is nothing, tests least of all."""
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
    assert {top.split("-")[0] for top in tops} == {"linara_agent"}


def test_an_installed_wheel_reads_its_own_data(installed: Path, tmp_path: Path):
    """The installed package and its data are found in site-packages, not here."""
    words = (
        "import linara_agent.shipped as s; "
        "print(s.__file__, s.shipped('policies'), s.shipped('sandbox'))"
    )
    done = call(installed / "python", "-c", words, cwd=tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    environment = str(installed.parent)
    assert [path.startswith(environment) for path in done.stdout.split()] == [True] * 3


def test_an_installed_wheel_tells_its_version(installed: Path, tmp_path: Path):
    """`linara-agent --version` works from any directory, without an environment."""
    done = call(installed / "linara-agent", "--version", cwd=tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert "0.1.0" in done.stdout


def test_an_installed_wheel_judges_a_command(installed: Path, tmp_path: Path):
    """`linara-agent check ls` reads the shipped policies and allows."""
    (tmp_path / "policies").mkdir()
    done = call(installed / "linara-agent", "check", "ls", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "allow" in done.stdout


def test_the_test_has_no_environment_to_lean_on(installed: Path, tmp_path: Path):
    """The calls above see no variable of this process (guards the test itself)."""
    words = "import os; print(sorted(os.environ))"
    seen = call(installed / "python", "-c", words, cwd=tmp_path).stdout

    assert "HOME" in os.environ
    assert "HOME" not in seen
