"""A Debian system in a tar, made by mmdebstrap from Debian's packages alone.

It runs as the caller: root makes it directly, others in a user namespace, which needs
ranges of ids in /etc/subuid and /etc/subgid (mmdebstrap(1), "MODES").
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from linara_agent.docker_sandbox.endpoint import NOT_DONE
from linara_agent.errors import SandboxUnavailable

RELEASE = "bookworm"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_FD = 'ln -sf /usr/bin/fdfind "$1/usr/local/bin/fd"'
_WITHOUT = ("/usr/share/man/*", "/usr/share/doc/*")
_SAID = 3


def command(packages: Sequence[str], archive: Path, *, program: str) -> list[str]:
    """The argument vector; as few packages as will do, no manuals."""
    return [
        program,
        "--variant=minbase",
        "--format=tar",
        f"--include={','.join(packages)}",
        *(f"--dpkgopt=path-exclude={path}" for path in _WITHOUT),
        f"--customize-hook={_FD}",
        RELEASE,
        os.fspath(archive),
    ]


def bootstrap(
    packages: Sequence[str], archive: Path, tell: Callable[[str], None]
) -> None:
    """Write the tar; raises SandboxUnavailable with the command that helps."""
    program = shutil.which("mmdebstrap")
    if program is None or not KEYRING.exists():
        raise SandboxUnavailable(
            "No registry gave a Debian image, and mmdebstrap (or Debian's keyring), "
            "which makes one from Debian's packages, is not installed.",
            not_done=NOT_DONE.replace("preview", "image"),
            remedy="Run `sudo apt-get install mmdebstrap debian-archive-keyring`, "
            "then `linara-agent sandbox build` again.",
        )
    tell(f"mmdebstrap installs {len(packages)} packages of Debian {RELEASE}")
    try:
        done = subprocess.run(
            command(packages, archive, program=program),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=archive.parent,
            check=False,
        )
    except OSError as exc:
        raise _failed(exc.strerror or str(exc)) from exc
    if done.returncode != 0:
        lines = done.stdout.decode(errors="replace").strip().splitlines()
        raise _failed("; ".join(lines[-_SAID:]))


def _failed(why: str) -> SandboxUnavailable:
    return SandboxUnavailable(
        f"mmdebstrap could not make the toolbox image: {why}.",
        not_done=NOT_DONE.replace("preview", "image"),
        remedy="Look at the network and at `apt-get update`; as an ordinary user it "
        "needs lines of yours in /etc/subuid and /etc/subgid (or run it with sudo).",
    )
