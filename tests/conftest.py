"""What every test gets: a home of its own, a clean environment, an engine or a skip.

`@pytest.mark.docker` tests talk to the Docker engine that `sandbox/engine.sh`
finds. Without one they are skipped, unless LINARA_REQUIRE_DOCKER=1: then they
fail, so that no run can be green for want of an engine.
"""

import os
import signal
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import docker
import pytest
from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

from tests.disks import mounts_stay

ROOT = Path(__file__).resolve().parent.parent

# Examples that failed are kept with the checkout, not in a test's directory, and a
# slow machine is no reason to fail. `make fuzz` takes the second profile.
set_hypothesis_home_dir(ROOT / ".hypothesis")
# The same examples each time: what is new is looked for by `make fuzz`.
settings.register_profile("suite", deadline=None, derandomize=True)
_MANY = int(os.environ.get("LINARA_FUZZ_EXAMPLES", "5000"))
settings.register_profile("fuzz", deadline=None, max_examples=_MANY)
settings.load_profile("suite")

# A shell has its background jobs ignore Ctrl-C, and what they start as well; tests
# send it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

RUN_LABEL = "org.linara-agent.run"
LEFTOVERS = pytest.StashKey[list[str]]()


@cache
def engine_address() -> str | None:
    """The address of the engine that answers, None without one."""
    found = subprocess.run(
        [ROOT / "sandbox" / "engine.sh", "where"],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return found.stdout.strip() if found.returncode == 0 else None


# Asked once, before any test has a home of its own: a docker context is read
# from the real one.
ENGINE = engine_address()


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("docker") is None or ENGINE is not None:
        return
    if os.environ.get("LINARA_REQUIRE_DOCKER") == "1":
        pytest.fail("no Docker engine answers, and LINARA_REQUIRE_DOCKER=1")
    pytest.skip("no Docker engine answers; `sandbox/engine.sh ensure` makes one")


@pytest.fixture
def steady_mounts() -> Iterator[None]:
    """No other test mounts anything meanwhile, so that each twin is made but once."""
    with mounts_stay():
        yield


@pytest.fixture(scope="session")
def engine() -> Iterator[docker.DockerClient]:
    """A client of the engine that answers; use it with the `docker` mark."""
    assert ENGINE is not None, "mark the test with pytest.mark.docker"
    client = docker.DockerClient(base_url=ENGINE)
    yield client
    client.close()


@pytest.fixture(autouse=True)
def hermetic_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home, XDG directories and a working directory below `tmp_path`, no keys.

    DOCKER_HOST stays as it is; DOCKER_CONFIG keeps pointing at the real contexts,
    so that a test and the person find the same engine.
    """
    contexts = Path(os.environ.get("DOCKER_CONFIG", Path.home() / ".docker"))
    home = tmp_path / "home"
    work = tmp_path / "work"
    home.mkdir(mode=0o755)
    work.mkdir(mode=0o755)
    for name in tuple(os.environ):
        if name.startswith(("OPENROUTER_", "LINARA_", "XDG_", "GIT_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / ".cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / ".local" / "share"))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / ".local" / "state"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    if contexts.is_dir():
        monkeypatch.setenv("DOCKER_CONFIG", str(contexts))
    monkeypatch.chdir(work)
    return home


def leftovers(client: docker.DockerClient, scratch: str) -> list[str]:
    """Our containers and volumes whose scratch lies below `scratch`."""
    ours: dict[str, str | list[str] | bool] = {"label": RUN_LABEL}
    volumes = {
        volume.name
        for volume in client.volumes.list(filters=ours)
        if any(scratch in str(value) for value in _options(volume.attrs).values())
    }
    containers = [
        container.name
        for container in client.containers.list(
            all=True, filters=ours, ignore_removed=True
        )
        if any(
            mount.get("Name") in volumes or scratch in str(mount.get("Source"))
            for mount in container.attrs["Mounts"]
        )
    ]
    return [f"volume {name}" for name in sorted(volumes)] + [
        f"container {name}" for name in sorted(map(str, containers))
    ]


def _options(volume: dict[str, object]) -> dict[str, object]:
    options = volume.get("Options")
    return options if isinstance(options, dict) else {}


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a session that left a container or a volume of its own behind."""
    is_worker = hasattr(session.config, "workerinput")
    if is_worker or ENGINE is None or session.config.option.collectonly:
        return
    factory = session.config._tmp_path_factory  # type: ignore[attr-defined]  # no public way
    try:
        client = docker.DockerClient(base_url=ENGINE)
        found = leftovers(client, str(factory.getbasetemp()))
        client.close()
    except docker.errors.DockerException as error:
        found = [f"nobody can tell: the engine went away ({error})"]
    session.config.stash[LEFTOVERS] = found
    if found:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    found = config.stash.get(LEFTOVERS, [])
    if found:
        terminalreporter.section("left behind in the Docker engine", red=True)
        for line in found:
            terminalreporter.line(line)
