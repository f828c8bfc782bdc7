"""Where the caller's Docker engine is said to be.

The order is the docker command's own: `DOCKER_HOST`, then the context named by
`DOCKER_CONTEXT` or by `currentContext` in `config.json`, then the default socket
(https://docs.docker.com/engine/manage-resources/contexts/).
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from linara_agent.errors import SandboxUnavailable

DEFAULT = "unix:///var/run/docker.sock"
NOT_DONE = "No preview was made and nothing ran."


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An engine's address and who named it (`DOCKER_HOST`, a context, nobody).

    `certificates` is a directory with ca.pem, cert.pem and key.pem, or None.
    """

    url: str
    named_by: str
    certificates: str | None = None

    @property
    def socket(self) -> str | None:
        """The socket file of a local engine, None for any other."""
        if not self.url.startswith("unix://"):
            return None
        return "/" + self.url.removeprefix("unix://").lstrip("/")


def find_endpoint(environment: Mapping[str, str]) -> Endpoint:
    """Read what the environment says; raises SandboxUnavailable for a bad context."""
    host = environment.get("DOCKER_HOST", "").strip()
    if host:
        verify = environment.get("DOCKER_TLS_VERIFY", "")
        certificates = environment.get("DOCKER_CERT_PATH") if verify else None
        return _usable(
            Endpoint(url=host, named_by="DOCKER_HOST", certificates=certificates)
        )
    directory = _config_directory(environment)
    name = environment.get("DOCKER_CONTEXT") or _current_context(directory)
    if name in ("", "default"):
        return Endpoint(url=DEFAULT, named_by="the default socket")
    return _usable(_from_context(directory, name))


def _config_directory(environment: Mapping[str, str]) -> Path:
    explicit = environment.get("DOCKER_CONFIG")
    return Path(explicit or Path(environment.get("HOME", "/")) / ".docker")


def _current_context(directory: Path) -> str:
    """The context in config.json; no file, or one that is not JSON, names none."""
    try:
        config = json.loads((directory / "config.json").read_bytes())
    except (OSError, ValueError):
        return ""
    name = config.get("currentContext", "") if isinstance(config, dict) else ""
    return name if isinstance(name, str) else ""


def _from_context(directory: Path, name: str) -> Endpoint:
    """A context's file lies in a directory named by the SHA-256 of its name."""
    folder = hashlib.sha256(name.encode()).hexdigest()
    path = directory / "contexts" / "meta" / folder / "meta.json"
    try:
        meta = json.loads(path.read_bytes())
        url = meta["Endpoints"]["docker"]["Host"]
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise SandboxUnavailable(
            f"The Docker context “{name}” is selected but cannot be read ({path}).",
            not_done=NOT_DONE,
            remedy="Run `docker context ls`, then `docker context use default`.",
        ) from exc
    tls = directory / "contexts" / "tls" / folder / "docker"
    return Endpoint(
        url=str(url),
        named_by=f"the Docker context “{name}”",
        certificates=os.fspath(tls) if tls.is_dir() else None,
    )


def _usable(endpoint: Endpoint) -> Endpoint:
    if endpoint.url.startswith(("unix://", "tcp://", "http://", "https://")):
        return endpoint
    raise SandboxUnavailable(
        f"{endpoint.named_by} names the engine {endpoint.url}, which is on another "
        "machine or of a kind that is not supported.",
        not_done=NOT_DONE,
        remedy="Use an engine on this machine: unset DOCKER_HOST and run "
        "`docker context use default`.",
    )
