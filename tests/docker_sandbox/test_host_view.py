"""What of the host a twin shows."""

import os
from pathlib import Path

from linara_agent.docker_sandbox.host_view import CONTAINERS_OWN, read_view
from linara_agent.docker_sandbox.mountinfo import Mount, parse

ROOT = Mount(id=1, parent=0, point="/", options=("rw",), filesystem="ext4")


def mount(point: str, filesystem: str = "ext4", options: str = "rw") -> Mount:
    return Mount(
        id=hash(point),
        parent=1,
        point=point,
        options=tuple(options.split(",")),
        filesystem=filesystem,
    )


def test_every_real_directory_of_the_root_is_a_lower() -> None:
    """All directories directly in / but the container's own are shown."""
    view = read_view([ROOT], hidden=())
    expected = {
        entry.path
        for entry in os.scandir("/")
        if entry.is_dir(follow_symlinks=False) and entry.path not in CONTAINERS_OWN
    }
    assert {lower.path for lower in view.lowers} == expected


def test_links_of_the_root_are_entries_and_no_lowers() -> None:
    """A symlink directly in / is kept as such."""
    view = read_view([ROOT], hidden=())
    links = {entry.name: entry.link for entry in view.entries if entry.link}
    assert links == {
        entry.name: str(Path(entry.path).readlink())
        for entry in os.scandir("/")
        if entry.is_symlink()
    }


def test_a_real_mount_gets_a_lower_of_its_own(tmp_path: Path) -> None:
    """A mount below a top-level directory is shown, with its own rights."""
    view = read_view([ROOT, mount(str(tmp_path), "xfs", "ro,nosuid")], hidden=())
    found = view.lower_of(str(tmp_path / "x"))
    assert found is not None
    assert (found.path, found.filesystem, found.read_only) == (
        str(tmp_path),
        "xfs",
        True,
    )


def test_pseudo_and_hidden_mounts_are_left_out(tmp_path: Path) -> None:
    """File systems without files, and what lies in the engine's own directory."""
    (tmp_path / "docker" / "x").mkdir(parents=True)
    (tmp_path / "cg").mkdir()
    mounts = [
        ROOT,
        mount(str(tmp_path / "cg"), "cgroup2"),
        mount(str(tmp_path / "docker" / "x"), "overlay"),
    ]
    view = read_view(mounts, hidden=(str(tmp_path / "docker"),))
    assert not [low.path for low in view.lowers if low.path.startswith(str(tmp_path))]


def test_a_mount_upon_a_file_is_a_file(tmp_path: Path) -> None:
    """Container runtimes mount /etc/hosts as a file; no overlay is made of that."""
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 localhost\n")
    view = read_view([ROOT, mount(str(hosts))], hidden=())
    assert view.files == (str(hosts),)


def test_what_no_overlay_can_show_is_named(tmp_path: Path) -> None:
    """A FAT or FUSE mount stays empty in the twin, and that is said."""
    for name, kind in (("efi", "vfat"), ("remote", "fuse.sshfs")):
        (tmp_path / name).mkdir()
        view = read_view([ROOT, mount(str(tmp_path / name), kind)], hidden=())
        assert view.lids == ((str(tmp_path / name), kind),)
        assert f"{tmp_path / name} ({kind})" in map(str, view.unshown)


def test_mounts_that_are_gone_are_left_out() -> None:
    """The list may be older than the directory tree."""
    view = read_view([ROOT, mount("/nonexistent/mount")], hidden=())
    assert view.lower_of("/nonexistent/mount") is None


def test_this_machine_can_be_viewed() -> None:
    """The temporary directory is part of the twin of this very machine."""
    mounts = parse(Path("/proc/self/mountinfo").read_bytes())
    assert read_view(mounts, hidden=()).lower_of("/tmp/x") is not None
