"""What the sandbox needs to know of the process that it works in."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from linara_agent.shipped import shipped

if TYPE_CHECKING:
    from linara_agent.docker_sandbox.sandbox import Premises


def premises_of_child(client: int) -> "Premises":
    """Of this process, which works for that one. Raises SettingsProblem."""
    return premises_of(os.environ, os.geteuid(), client=client)


def premises_of(
    environment: Mapping[str, str], uid: int, *, client: int | None = None
) -> "Premises":
    """With the environment of the person who called. Raises SettingsProblem."""
    from linara_agent.docker_sandbox import sandbox, scratch

    return sandbox.Premises(
        environment=dict(environment),
        places=scratch.candidates(environment, uid),
        seccomp=(shipped("sandbox") / "seccomp.json").read_text(encoding="utf-8"),
        pid=os.getpid(),
        uid=uid,
        client=client,
    )
