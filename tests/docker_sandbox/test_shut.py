"""The sandbox from inside: no way out."""

import os
import re
import socket
import tempfile
from pathlib import Path

import pytest

from linara_agent.docker_sandbox.unpreviewable import RULE
from tests.docker_sandbox.conftest import PreviewOf

pytestmark = pytest.mark.docker

ROOT_KEEPS = 0b11011  # CHOWN, DAC_OVERRIDE, FOWNER, FSETID (linux/capability.h)


def test_capabilities_are_exactly_as_promised(preview_of: PreviewOf) -> None:
    """Root keeps four rights over files, everyone else none; none can be gained."""
    said = preview_of("cat /proc/self/status").outcome.stdout.decode()
    fields = dict(line.split(":\t", 1) for line in said.splitlines())
    expected = ROOT_KEEPS if os.getuid() == 0 else 0
    assert {int(fields[f"Cap{kind}"], 16) for kind in ("Prm", "Eff")} == {expected}
    assert int(fields["CapBnd"], 16) == (ROOT_KEEPS if os.getuid() == 0 else 0)
    assert (int(fields["CapAmb"], 16), int(fields["CapInh"], 16)) == (0, 0)
    assert (fields["NoNewPrivs"], fields["Seccomp"]) == ("1", "2")


def test_there_is_no_network(preview_of: PreviewOf) -> None:
    """No interface but the loopback; an attempt fails at once and is told."""
    preview = preview_of(
        "tail -n +3 /proc/net/dev | cut -d: -f1; cat /proc/net/route | wc -l;"
        "echo > /dev/tcp/192.0.2.1/80"
    )
    assert preview.outcome.stdout.decode().split() == ["lo", "1"]
    assert b"Network is unreachable" in preview.outcome.stderr
    assert preview.network_tried


def test_quiet_scripts_have_tried_no_network(preview_of: PreviewOf) -> None:
    """What uses no network is not accused of it."""
    assert not preview_of("ls /; id; echo x | cat").network_tried


@pytest.mark.parametrize(
    "attempt",
    [
        "s = socket.socket(type=socket.SOCK_DGRAM); s.sendto(b'x', ('192.0.2.1', 53))",
        "s = socket.socket(socket.AF_INET6); s.connect(('2001:db8::1', 80))",
        "s = socket.socket(); s.connect(('127.0.0.1', 9))",
    ],
)
def test_every_way_to_send_is_noticed(preview_of: PreviewOf, attempt: str) -> None:
    """Datagrams, the newer protocol, and services of this machine count as well."""
    preview = preview_of(f'python3 -c "import socket; {attempt}"')
    assert preview.outcome.exit != 0
    assert preview.network_tried


def test_only_harmless_kinds_of_socket_exist(preview_of: PreviewOf) -> None:
    """A virtual machine's host (AF_VSOCK) and the kernel's crypto are out of reach."""
    preview = preview_of(
        """python3 - <<'END'
import socket
for family in (1, 2, 10, 16, 17, 38, 40):
    try:
        kind = socket.SOCK_RAW if family == 16 else socket.SOCK_STREAM
        socket.socket(family, kind).close()
        print(family)
    except OSError:
        pass
END"""
    )
    assert preview.outcome.stdout.decode().split() == ["1", "2", "10", "16"]


def test_sockets_of_the_host_refuse(preview_of: PreviewOf) -> None:
    """A listening socket in /tmp is seen, and nobody answers behind it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        path = Path(folder) / "s"
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
            server.listen()
            preview = preview_of(
                f'test -S {path} && python3 -c "import socket;'
                f"socket.socket(socket.AF_UNIX).connect('{path}')\""
            )
    assert b"ConnectionRefusedError" in preview.outcome.stderr


def test_the_engine_is_out_of_reach(preview_of: PreviewOf) -> None:
    """Docker's socket does not answer in the twin, so no container can be asked for."""
    address = os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
    path = address.removeprefix("unix://")
    preview = preview_of(
        f"python3 -c \"import socket; socket.socket(socket.AF_UNIX).connect('{path}')\""
    )
    assert re.search(
        rb"(ConnectionRefused|FileNotFound|Permission)Error", preview.outcome.stderr
    )


def test_pipes_of_the_host_lead_nowhere(preview_of: PreviewOf, tmp_path: Path) -> None:
    """A FIFO on which a process of the host waits is another one in the twin."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        preview_of(f"timeout 1 bash -c 'echo escaped > {fifo}'")
        assert os.read(reader, 100) == b""
    finally:
        os.close(reader)


@pytest.mark.parametrize(
    "attempt",
    [
        "mknod device b 8 0",
        "mount -t tmpfs none /mnt",
        "unshare --user true",
        "unshare --mount true",
        "chroot / true",
        "python3 -c 'import os; os.setuid(12345)'",
        "echo x > /proc/sys/kernel/hostname",
        "echo x > /sys/kernel/profiling",
        "nsenter --target 1 --mount true",
        "strace -o /dev/null true",
        "touch /new-in-root",
        "echo 1 > /proc/sysrq-trigger",
        "date -s 2001-01-01",
        "kill -0 1 && python3 -c 'import os; os.setpriority(os.PRIO_PROCESS, 0, -5)'",
    ],
)
def test_what_is_forbidden_fails(preview_of: PreviewOf, attempt: str) -> None:
    """Every one of these would be a way out, or a change that no twin can show."""
    program = attempt.split(maxsplit=1)[0]
    preview = preview_of(f"command -v {program} > /dev/null || exit 3; {attempt}")
    assert preview.outcome.exit != 0
    assert preview.changes == ()


def test_the_supervisor_cannot_be_touched(preview_of: PreviewOf) -> None:
    """The script can neither stop PID 1, nor look into it, nor speak for it."""
    preview = preview_of(
        "kill -9 1; kill -STOP 1; kill -INT 1; kill -TERM 1;"
        "cat /proc/1/environ /proc/1/mem; for n in 0 1 2 3 4 5 6; do"
        " echo forged > /proc/1/fd/$n; done; echo end"
    )
    assert (preview.outcome.exit, preview.outcome.stdout) == (0, b"end\n")
    assert b"forged" not in preview.outcome.stdout


def test_frames_cannot_be_forged(preview_of: PreviewOf) -> None:
    """Output that looks like our own protocol is output."""
    report = b'\4\0\0\0\2{}\5\0\0\0\4"no"\2\0\0\0\1x'
    text = "printf '" + "".join(f"\\x{byte:02x}" for byte in report) + "'; exit 3"
    outcome = preview_of(text).outcome
    assert (outcome.exit, outcome.stdout) == (3, report)


def test_the_environment_holds_nothing_else(preview_of: PreviewOf) -> None:
    """Only the given variables reach the script, none of the engine's or of ours."""
    outcome = preview_of("tr '\\0' '\\n' < /proc/$$/environ", environment=(("A", "1"),))
    assert outcome.outcome.stdout == b"A=1\n"


def test_set_user_id_programs_gain_nothing(preview_of: PreviewOf) -> None:
    """A program that is to run as its owner runs as the caller."""
    preview = preview_of("grep ' / \\| /usr ' /proc/self/mountinfo")
    usr = [
        line
        for line in preview.outcome.stdout.decode().splitlines()
        if " /usr " in line
    ]
    assert all("nosuid" in line and "nodev" in line for line in usr)
    assert usr


def test_what_cannot_be_previewed_is_a_finding(preview_of: PreviewOf) -> None:
    """A new entry directly in / ends with a finding that asks for a review."""
    if os.getuid() != 0:
        pytest.skip("on the host it would fail as well")
    findings = preview_of("mkdir /linara-agent-test").findings
    assert [finding.rule for finding in findings] == [RULE]
