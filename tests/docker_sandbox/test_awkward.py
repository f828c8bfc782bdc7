"""Which of the awkward places this machine is."""

from dataclasses import replace

from linara_agent.core.preview import Unshown
from linara_agent.docker_sandbox.awkward import awkward
from linara_agent.docker_sandbox.engine import EngineFacts
from linara_agent.docker_sandbox.host_view import HostView, Lower
from linara_agent.docker_sandbox.mountinfo import Mount

FACTS = EngineFacts(
    version="20.10", root="/var/lib/docker", system="Debian", rootless=False,
    security=(),
)  # fmt: skip
VIEW = HostView(entries=(), lowers=(Lower(path="/usr", filesystem="ext4"),))


def found(
    facts: EngineFacts = FACTS, view: HostView = VIEW, mounts: tuple[Mount, ...] = ()
) -> dict[str, str]:
    rows = [row for row in awkward(facts, view, mounts) if not row.ok]
    assert all(row.remedy and not row.required for row in rows)
    return {row.name: row.detail for row in rows}


def test_a_usual_machine_is_none():
    """Ordinary file systems and a system's engine raise nothing of the two."""
    assert found().keys() <= {"WSL", "SELinux", "NixOS, Guix"}


def test_engines_that_are_elsewhere_are_named():
    """Rootless, Docker Desktop and the snap are each known by what they say."""
    assert "rootless engine" in found(replace(FACTS, rootless=True))
    assert "virtual machine's engine" in found(replace(FACTS, system="Docker Desktop"))
    assert "snap's engine" in found(
        replace(FACTS, root="/var/snap/docker/common/var-lib-docker")
    )


def test_file_systems_are_named_with_their_place():
    """What cannot be shown, what may refuse root, and what was not tried."""
    view = HostView(
        entries=(),
        lowers=(
            Lower(path="/home", filesystem="nfs4"),
            Lower(path="/usr", filesystem="overlay"),
        ),
        unshown=(
            Unshown(path="/swap.img"),
            Unshown(path="/boot/efi", filesystem="vfat"),
            Unshown(path="/run/user/1000/doc", filesystem="fuse.portal"),
        ),
    )
    mount = Mount(id=1, parent=0, point="/data", options=("rw",), filesystem="zfs")
    rows = found(view=view, mounts=(mount,))
    assert rows["FUSE, FAT, CIFS"] == "/boot/efi (vfat)"
    assert rows["network file systems"] == "/home"
    assert rows["overlay on overlay"] == "/usr"
    assert rows["zfs"] == "/data"
