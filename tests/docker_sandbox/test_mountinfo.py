"""Reading /proc/self/mountinfo."""

from pathlib import Path

import pytest

from linara_agent.docker_sandbox.mountinfo import covering, is_below, parse, visible

LINES = rb"""22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
23 22 0:21 / /proc rw - proc proc rw
24 22 0:22 / /mnt/with\040space\134and\011tab rw shared:1 master:2 - xfs /dev/b rw
25 22 0:23 / /media ro,nosuid - ext4 /dev/c ro
26 25 0:24 / /media/inner rw - ext4 /dev/d rw
27 22 0:25 / /srv rw - ext4 /dev/e rw
28 27 0:26 / /srv/hidden rw - ext4 /dev/f rw
29 27 0:27 / /srv rw - tmpfs tmpfs rw
30 22 0:28 / /opt/early rw - ext4 /dev/g rw
31 22 0:29 / /opt rw - ext4 /dev/h rw
"""


def points(text: bytes) -> list[str]:
    return [mount.point for mount in visible(parse(text))]


def test_escapes_are_read() -> None:
    """Spaces, tabs and backslashes in a mount point are what they are."""
    assert parse(LINES)[2].point == "/mnt/with space\\and\ttab"


def test_optional_fields_do_not_shift_the_file_system() -> None:
    """However many optional fields there are, the file system is the one after "-"."""
    assert [mount.filesystem for mount in parse(LINES)][:4] == [
        "ext4",
        "proc",
        "xfs",
        "ext4",
    ]


def test_read_only_mounts_are_known() -> None:
    """The options of the mount decide, not those of the file system."""
    assert [m.point for m in parse(LINES) if m.read_only] == ["/media"]


def test_what_is_mounted_over_cannot_be_seen() -> None:
    """A mount upon a mount hides it and all below; one over a parent hides it too."""
    assert points(LINES) == [
        "/",
        "/proc",
        "/mnt/with space\\and\ttab",
        "/media",
        "/media/inner",
        "/srv",
        "/opt",
    ]


def test_the_upper_one_of_two_mounts_is_the_visible_one() -> None:
    """At one path the later mount counts."""
    srv = next(mount for mount in visible(parse(LINES)) if mount.point == "/srv")
    assert srv.filesystem == "tmpfs"


@pytest.mark.parametrize(
    ("path", "point"),
    [
        ("/media/x", "/media"),
        ("/media/inner/y", "/media/inner"),
        ("/mediatheque", "/"),
        ("/media", "/media"),
    ],
)
def test_a_path_lies_on_its_nearest_mount(path: str, point: str) -> None:
    """Whole names count, not beginnings of names."""
    mount = covering(parse(LINES), path)
    assert mount is not None
    assert mount.point == point


def test_a_directory_is_not_below_itself() -> None:
    """Below means inside."""
    assert (is_below("/a", "/a"), is_below("/a/b", "/a"), is_below("/a", "/")) == (
        False,
        True,
        True,
    )


def test_the_own_mounts_can_be_read() -> None:
    """Every line of this machine's own list is understood, and `/` is among them."""
    assert "/" in points(Path("/proc/self/mountinfo").read_bytes())
