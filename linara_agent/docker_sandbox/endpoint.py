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

    `certificates` is a directory with ca.pem, and perhaps cert.pem and key.pem, or
    None; `verified` tells whether the server must prove who it is.
    """

    url: str
    named_by: str
    certificates: str | None = None
    verified: bool = True

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
        return _usable(_from_host(environment, host))
    directory = _config_directory(environment)
    name = environment.get("DOCKER_CONTEXT") or _current_context(directory)
    if name in ("", "default"):
        return Endpoint(url=DEFAULT, named_by="the default socket")
    return _usable(_from_context(directory, name))


def _from_host(environment: Mapping[str, str], host: str) -> Endpoint:
    """With TLS where DOCKER_TLS_VERIFY or DOCKER_TLS is set, as in Docker's client."""
    verified = bool(environment.get("DOCKER_TLS_VERIFY", ""))
    secured = verified or bool(environment.get("DOCKER_TLS", ""))
    certificates = None
    if secured and not host.startswith("unix://"):
        named = environment.get("DOCKER_CERT_PATH")
        certificates = named or os.fspath(_config_directory(environment))
    return Endpoint(
        url=host,
        named_by="DOCKER_HOST",
        certificates=certificates,
        verified=verified or not secured,
    )


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
        unproved = meta["Endpoints"]["docker"].get("SkipTLSVerify", False)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
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
        verified=not unproved,
    )


def _usable(endpoint: Endpoint) -> Endpoint:
    _complete(endpoint)
    if endpoint.url.startswith(("unix://", "tcp://", "http://", "https://")):
        return endpoint
    if endpoint.url.startswith("ssh://"):
        there = endpoint.url.removeprefix("ssh://").split("/", 1)[0]
        raise SandboxUnavailable(
            f"{endpoint.named_by} names the engine {endpoint.url}, and this program "
            "does not speak ssh itself (it is not supported).",
            not_done=NOT_DONE,
            remedy="Pass its socket on: `ssh -nNT -L "
            f"$HOME/engine.sock:/var/run/docker.sock {_for_ssh(there)}`, then "
            "`DOCKER_HOST=unix://$HOME/engine.sock`; the preview is made in a copy of "
            "the workspace.",
        )
    raise SandboxUnavailable(
        f"{endpoint.named_by} names the engine {endpoint.url}, which is of a kind that "
        "is not supported.",
        not_done=NOT_DONE,
        remedy="Use an engine on this machine: unset DOCKER_HOST and run "
        "`docker context use default`.",
    )


def _for_ssh(there: str) -> str:
    """`USER@HOST:PORT` as ssh's own words."""
    host, _, port = there.rpartition(":")
    return f"-p {port} {host}" if host and port.isdigit() else there


def _complete(endpoint: Endpoint) -> None:
    """Raises SandboxUnavailable if a certificate that is needed is not there."""
    folder = endpoint.certificates
    if folder is None:
        return
    present = {
        name
        for name in ("ca.pem", "cert.pem", "key.pem")
        if (Path(folder) / name).is_file()
    }
    lacking = []
    if endpoint.verified and "ca.pem" not in present:
        lacking.append("ca.pem")
    if len(present & {"cert.pem", "key.pem"}) == 1:
        lacking += sorted({"cert.pem", "key.pem"} - present)
    if lacking:
        raise SandboxUnavailable(
            f"The engine {endpoint.url} (named by {endpoint.named_by}) is to be "
            f"reached by TLS, and {folder} lacks {' and '.join(lacking)}.",
            not_done=NOT_DONE,
            remedy="Put ca.pem, cert.pem and key.pem there, or set DOCKER_CERT_PATH to "
            "the directory that holds them.",
        )
