"""What stands in the uppers: owners and modes of the host, empty secret places."""

import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from linara_agent.core.change import ChangeKind
from tests.docker_sandbox.conftest import (
    PLANS,
    PREVIEWING,
    PREVIEWS,
    ROOT,
    SECCOMP,
    OrdinaryUser,
    PlanFor,
    PreviewOf,
)

pytestmark = pytest.mark.docker

LOOK = (
    "stat -c '%n %a %u %g %Y' /etc /home /var /usr /root;"
    "stat -c '%n %a %u %g' /tmp /var/tmp"  # somebody always writes there
)


def test_owners_and_modes_are_the_hosts(preview_of: PreviewOf) -> None:
    """The twin's top-level directories look exactly like the host's."""
    told = subprocess.run(["bash", "-c", LOOK], capture_output=True, check=True).stdout
    assert preview_of(LOOK).outcome.stdout == told


def test_a_whole_top_level_directory_can_be_masked(preview_of: PreviewOf) -> None:
    """Where a mask is a mount of its own, the mount stands empty."""
    text = "stat -c '%a %u' /opt; ls -A /opt"
    told = subprocess.run(
        ["stat", "-c", "%a %u", "/opt"], capture_output=True, check=True
    )
    preview = preview_of(text, masks=("/opt",))
    assert preview.outcome.stdout == told.stdout
    assert preview.changes == ()


def test_secret_places_stand_empty(preview_of: PreviewOf, hermetic_home: Path) -> None:
    """A masked directory looks empty, a masked file too; neither is a change."""
    ssh = hermetic_home / ".ssh"
    ssh.mkdir(mode=0o700)
    (ssh / "id_rsa").write_text("secret")
    env = hermetic_home / "deep" / ".env"
    env.parent.mkdir()
    env.write_text("TOKEN=secret")
    env.chmod(0o640)
    preview = preview_of(
        "stat -c %a ~/.ssh ~/deep/.env; ls -A ~/.ssh; cat ~/deep/.env",
        masks=(str(ssh), str(env), str(hermetic_home / "absent")),
    )
    assert preview.outcome.stdout == b"700\n640\n"
    assert preview.changes == ()


def test_a_masked_place_is_found_behind_a_link(
    preview_of: PreviewOf, hermetic_home: Path
) -> None:
    """A link to a secret directory does not lead around the mask."""
    (hermetic_home / "real").mkdir()
    (hermetic_home / "real" / "key").write_text("secret")
    (hermetic_home / ".ssh").symlink_to("real")
    masks = (str(hermetic_home / ".ssh"),)
    outcome = preview_of("ls ~/.ssh/ ~/real; cat ~/real/key ~/.ssh/key", masks=masks)
    assert b"secret" not in outcome.outcome.stdout
    assert b"key" not in outcome.outcome.stdout.replace(b"/key", b"")


def test_masked_places_can_be_moved_and_removed(
    preview_of: PreviewOf, hermetic_home: Path
) -> None:
    """Placeholders are no mounts: removing the tree around them works."""
    (hermetic_home / "d" / "secret").mkdir(parents=True)
    (hermetic_home / "d" / "secret" / "key").write_text("x")
    masks = (str(hermetic_home / "d" / "secret"),)
    preview = preview_of("cp -r ~/d ~/e && rm -r ~/d", masks=masks)
    assert preview.outcome.stderr == b""
    deleted = [c.path for c in preview.changes if c.kind is ChangeKind.DELETED]
    assert str(hermetic_home / "d") in deleted


def test_the_scratch_is_not_in_its_own_twin(
    preview_of: PreviewOf, hermetic_home: Path
) -> None:
    """A search through the home does not meet what the preview itself keeps."""
    found = (
        preview_of("find ~ -path '*/linara-agent/scratch*'")
        .outcome.stdout.decode()
        .splitlines()
    )
    assert found == [str(hermetic_home / ".cache/linara-agent/scratch")]


def test_an_ordinary_user_sees_the_same_owners(
    ordinary_user: OrdinaryUser, plan_for: PlanFor
) -> None:
    """What the engine seeds for them is what root would seed."""
    told = subprocess.run(["bash", "-c", LOOK], capture_output=True, check=True).stdout
    assert ordinary_user.preview(plan_for(LOOK)).outcome.stdout == told


ACL = struct.pack("<I" + "HHI" * 5, 2, *(
    1, 7, 0xFFFFFFFF,  # the owner: rwx
    2, 5, 12345,  # the user 12345: r-x
    4, 5, 0xFFFFFFFF,  # the group
    16, 5, 0xFFFFFFFF,  # the mask
    32, 0, 0xFFFFFFFF,  # others
))  # fmt: skip
"""acl(5) as the kernel stores it: version 2, then tag, permissions and id of each."""

TELL = """python3 -c "
import os
for kind in ('access', 'default'):
    for path in ('d', 'd/inner'):
        try:
            print(os.getxattr(path, 'system.posix_acl_' + kind).hex())
        except OSError:
            print(path)
" """


def with_lists(top: Path) -> None:
    """A directory with both access lists, and inside a secret that inherits none."""
    (top / "d" / "inner").mkdir(parents=True)
    os.setxattr(top / "d", "system.posix_acl_access", ACL)
    os.setxattr(top / "d", "system.posix_acl_default", ACL)


EXPECTED = f"{ACL.hex()}\nd/inner\n{ACL.hex()}\nd/inner\n"


def test_access_lists_are_kept(preview_of: PreviewOf) -> None:
    """The way to a masked place keeps its lists, the place does not inherit them."""
    with_lists(Path())
    outcome = preview_of(TELL, masks=(str(Path("d/inner").absolute()),)).outcome
    assert outcome.stdout.decode() == EXPECTED


def test_access_lists_are_kept_for_an_ordinary_user(
    ordinary_user: OrdinaryUser, plan_for: PlanFor
) -> None:
    """The engine sets them as root does."""
    with_lists(ordinary_user.home)
    for path in ("d", "d/inner"):
        os.chown(ordinary_user.home / path, ordinary_user.uid, ordinary_user.uid)
    mask = str(ordinary_user.home / "d/inner")
    outcome = ordinary_user.preview(plan_for(TELL, masks=(mask,))).outcome
    assert outcome.stdout.decode() == EXPECTED


@pytest.mark.skipif(os.getuid() != 0, reason="only root can mount")
def test_a_mount_upon_a_file_is_shown(plan_for: PlanFor) -> None:
    """Where /etc/hosts is a mount of its own, the twin shows that one, unchanged."""
    Path("hosts").write_text("192.0.2.7 mounted\n")
    plan = PLANS.dump_json(plan_for("cat /etc/hosts")).decode()
    done = subprocess.run(
        [
            *("unshare", "--mount", "bash", "-c"),
            'mount --bind hosts /etc/hosts && exec "$@"',
            *("-", sys.executable, "-c", PREVIEWING, plan, SECCOMP),
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    preview = PREVIEWS.validate_json(done.stdout)
    assert preview.outcome.stdout == b"192.0.2.7 mounted\n"
    assert preview.changes == ()
