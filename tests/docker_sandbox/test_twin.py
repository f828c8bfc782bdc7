"""The container's configuration."""

import json

import pytest

from linara_agent.docker_sandbox.twin import overlay_options
from tests.docker_sandbox.conftest import SECCOMP

FORBIDDEN = [
    "add_key",
    "bpf",
    "delete_module",
    "finit_module",
    "fsconfig",
    "fsmount",
    "fsopen",
    "fspick",
    "init_module",
    "io_uring_enter",
    "io_uring_register",
    "io_uring_setup",
    "kcmp",
    "kexec_load",
    "keyctl",
    "mount",
    "mount_setattr",
    "move_mount",
    "open_by_handle_at",
    "open_tree",
    "perf_event_open",
    "pidfd_getfd",
    "pivot_root",
    "process_vm_readv",
    "process_vm_writev",
    "ptrace",
    "reboot",
    "request_key",
    "setns",
    "socketcall",
    "swapon",
    "umount",
    "umount2",
    "unshare",
    "userfaultfd",
]


@pytest.mark.parametrize(
    ("path", "escaped"),
    [
        ("/plain", "/plain"),
        ("/a:b", "/a\\:b"),
        ("/a,b", "/a\\,b"),
        ("/a\\b", "/a\\\\b"),
        ("/a b", "/a b"),
    ],
)
def test_separators_in_paths_are_escaped(path: str, escaped: str) -> None:
    """Colons and commas separate layers and options; a backslash takes that away."""
    options = overlay_options(path, "/u", "/w", kernel="6.1.0")
    assert options.startswith(f"lowerdir={escaped},upperdir=/u,workdir=/w,redirect_dir")


def test_no_device_and_no_set_user_id() -> None:
    """What a script makes in an overlay gives nobody rights."""
    options = overlay_options("/l", "/u", "/w", kernel="5.4.0-150-generic")
    assert options.endswith("nosuid,nodev")


@pytest.mark.parametrize(
    ("kernel", "last"),
    [
        ("5.10.0", "volatile"),
        ("6.1.0-18-amd64", "volatile"),
        ("5.9.16", "nodev"),
        ("odd", "nodev"),
    ],
)
def test_nothing_is_synced_where_the_kernel_can(kernel: str, last: str) -> None:
    """A twin is thrown away: its unmounting must not write out the whole disk."""
    options = overlay_options("/l", "/u", "/w", kernel=kernel)
    assert options.rpartition(",")[2] == last


def test_the_profile_allows_nothing_dangerous() -> None:
    """What is not named is refused; neither mounts nor tracing nor keys are named."""
    profile = json.loads(SECCOMP)
    allowed = {
        name
        for rule in profile["syscalls"]
        if rule["action"] == "SCMP_ACT_ALLOW"
        for name in rule["names"]
    }
    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
    assert allowed.isdisjoint(FORBIDDEN)
    assert {"read", "write", "execve", "openat", "renameat2"} <= allowed


def test_the_profile_ties_sockets_to_their_families() -> None:
    """Only Unix, internet and netlink sockets: others may lead out of the machine."""
    rules = [r for r in json.loads(SECCOMP)["syscalls"] if "socket" in r["names"]]
    families = [(rule["args"][0]["index"], rule["args"][0]["value"]) for rule in rules]
    assert families == [(0, 1), (0, 2), (0, 10), (0, 16)]
