"""What the script is given in a copy, and how its end is understood."""

from collections.abc import Mapping
from typing import Any

from linara_agent.core.preview import Outcome
from linara_agent.core.sandbox_plan import SandboxPlan
from linara_agent.docker_sandbox import prepared
from linara_agent.docker_sandbox.capture import Captured
from linara_agent.docker_sandbox.copy_config import Grounds
from linara_agent.docker_sandbox.endpoint import NOT_DONE
from linara_agent.docker_sandbox.engine import Engine
from linara_agent.docker_sandbox.identity import Outdated
from linara_agent.docker_sandbox.mountinfo import is_below
from linara_agent.errors import SandboxUnavailable

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_KILLED = 9


def orders(plan: SandboxPlan, grounds: Grounds) -> Mapping[str, Any]:
    """As for a twin, with the toolbox's shell, programs and locales."""
    told = {**prepared.orders(plan), "program": "/bin/bash"}
    kept = [
        (name, value)
        for name, value in plan.environment
        if name not in ("LANG", "LANGUAGE", "PATH") and not name.startswith("LC_")
    ]
    path = dict(plan.environment).get("PATH", "")
    told["env"] = [*kept, ("LANG", "C.UTF-8"), ("PATH", f"{path}:{_PATH}".lstrip(":"))]
    file = plan.script_file
    if file is not None and not is_below(file, grounds.workspace):
        # It was not copied; as a text it still gets its own name and arguments.
        told["argv"] = ["bash", "-c", "--", plan.text, file, *plan.arguments]
    return told


def outcome_of(
    captured: Captured,
    *,
    engine: Engine,
    container: str,
    full: bool,
    complaints: bytes,
) -> Outcome:
    """Raises SandboxUnavailable where there is none, Outdated for an old standby."""
    if captured.failed is not None:
        raise SandboxUnavailable(
            f"The command cannot be started in the copy: {captured.failed}.",
            not_done=NOT_DONE,
            remedy="Go to a directory that you may enter, or shorten the text.",
        )
    if captured.report is not None:
        return prepared.reported(captured, captured.report)
    if captured.silent:
        raise broken("fell silent", complaints)
    limit = "scratch"
    if not full:
        status = engine.wait(container)
        if not engine.state(container)["OOMKilled"]:
            if status == 0:
                raise Outdated  # it waited too long for its text
            raise broken("broke off", complaints)
        limit = "memory"
    return Outcome(
        exit=None,
        signal=_KILLED,
        stdout=bytes(captured.stdout),
        stderr=bytes(captured.stderr),
        truncated=False,
        limits=(limit,),
    )


def broken(how: str, complaints: bytes) -> SandboxUnavailable:
    said = complaints.decode(errors="replace").strip().splitlines()
    return SandboxUnavailable(
        f"A container of the copy {how}" + (f": {said[-1]}." if said else "."),
        not_done="The preview has no result; the host is untouched.",
        remedy="Try again; `linara-agent sandbox build` makes the toolbox image anew.",
    )
