"""Where the changes of a run are kept."""

import os
from pathlib import Path

import pytest

from linara_agent.docker_sandbox.mountinfo import parse
from linara_agent.docker_sandbox.scratch import candidates, choose, furnish, open_run
from linara_agent.errors import SandboxUnavailable

MOUNTS = parse(Path("/proc/self/mountinfo").read_bytes())
UID = os.getuid()


def refusal(place: Path | str) -> str:
    with pytest.raises(SandboxUnavailable) as caught:
        choose([str(place)], mounts=MOUNTS, uid=UID)
    return caught.value.what


def test_the_cache_directory_comes_first() -> None:
    """XDG_CACHE_HOME, then ~/.cache, then /var/tmp."""
    assert candidates({"XDG_CACHE_HOME": "/c", "HOME": "/h"}, 7) == (
        "/c/linara-agent/scratch",
        "/var/tmp/linara-agent-7/scratch",
    )
    assert candidates({"HOME": "/h"}, 7)[0] == "/h/.cache/linara-agent/scratch"
    assert candidates({}, 7) == ("/var/tmp/linara-agent-7/scratch",)


def test_it_is_made_for_the_caller_alone(tmp_path: Path) -> None:
    """The directory is made with mode 0700 whatever the umask."""
    place = tmp_path / "a" / "scratch"
    assert choose([str(place)], mounts=MOUNTS, uid=UID) == str(place)
    assert place.stat().st_mode & 0o777 == 0o700


def test_an_open_directory_is_closed(tmp_path: Path) -> None:
    """A directory of ours that others can read is shut."""
    place = tmp_path / "scratch"
    place.mkdir(mode=0o755)
    choose([str(place)], mounts=MOUNTS, uid=UID)
    assert place.stat().st_mode & 0o777 == 0o700


def test_a_link_is_refused(tmp_path: Path) -> None:
    """Someone else may have made the link."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "scratch").symlink_to(tmp_path / "elsewhere")
    assert "symbolic link" in refusal(tmp_path / "scratch")


@pytest.mark.skipif(UID != 0, reason="only root can give a directory away")
def test_a_directory_of_another_user_is_refused(tmp_path: Path) -> None:
    """What another user owns may be swapped under us."""
    place = tmp_path / "scratch"
    place.mkdir()
    os.chown(place, 54321, 54321)
    assert "another user" in refusal(place)


def test_memory_is_refused() -> None:
    """A tmpfs would count against the container's memory."""
    place = Path("/dev/shm/linara-agent-test/scratch")
    try:
        assert "tmpfs" in refusal(place)
    finally:
        place.rmdir()
        place.parent.rmdir()


def test_the_next_place_is_tried(tmp_path: Path) -> None:
    """One bad candidate is no reason to stop."""
    (tmp_path / "file").write_text("")
    places = [str(tmp_path / "file" / "scratch"), str(tmp_path / "good")]
    assert choose(places, mounts=MOUNTS, uid=UID) == str(tmp_path / "good")


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    """What cannot be written is an error in our words."""
    with pytest.raises(SandboxUnavailable, match="cannot be written"):
        open_run(str(tmp_path / "missing"), "run")


def test_each_layer_gets_its_place(tmp_path: Path) -> None:
    """Work directories exist, uppers are left to the seeds."""
    scratch = open_run(str(tmp_path), "run")
    furnish(scratch, 2)
    assert (Path(scratch.work(1)).is_dir(), Path(scratch.upper(1)).exists()) == (
        True,
        False,
    )
