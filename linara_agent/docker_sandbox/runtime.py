"""The engine's runtime that a preview runs in, where the person names another one."""

from collections.abc import Mapping
from typing import Any

from linara_agent.docker_sandbox.endpoint import NOT_DONE
from linara_agent.docker_sandbox.engine import Engine, translated
from linara_agent.errors import SandboxUnavailable


def config(engine: Engine, runtime: str | None) -> dict[str, Any]:
    """The part of a container's `HostConfig` that says so.

    Raises SandboxUnavailable with the runtimes that the engine has.
    """
    if runtime is None:
        return {}
    known = sorted(_info(engine).get("Runtimes") or ())
    if runtime not in known:
        raise SandboxUnavailable(
            f"The engine at {engine.endpoint.url} has no runtime {runtime!r}; it has "
            f"{', '.join(known) or 'none that it names'}.",
            not_done=NOT_DONE,
            remedy="Name one of these with --runtime (or LINARA_RUNTIME), or add yours "
            "to `runtimes` in /etc/docker/daemon.json and restart the engine.",
        )
    return {"Runtime": runtime}


def unusual(engine: Engine, runtime: str | None) -> str | None:
    """The same runtime, unless it is the one that the engine itself takes."""
    if runtime is None or runtime == _info(engine).get("DefaultRuntime"):
        return None
    return runtime


def _info(engine: Engine) -> Mapping[str, Any]:
    with translated(engine.endpoint, "ask the engine about itself"):
        found: Mapping[str, Any] = engine.client.info()
    return found
