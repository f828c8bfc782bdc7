"""The Docker engine's API in our words, every foreign error translated.

Only what the twin needs is here. Configurations of containers are plain
dictionaries in the form of the Engine API (POST /containers/create), because
docker-py's own builders do not know all of the fields.
"""

import shutil
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import requests
import urllib3
from docker.api import APIClient
from docker.errors import APIError, DockerException, NotFound
from docker.tls import TLSConfig
from docker.utils.socket import SocketError

from linara_agent.docker_sandbox.attachment import Attachment
from linara_agent.docker_sandbox.endpoint import NOT_DONE, Endpoint, find_endpoint
from linara_agent.errors import SandboxUnavailable

FOREIGN: tuple[type[Exception], ...] = (
    DockerException,
    RuntimeError,
    SocketError,
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    HTTPException,
    OSError,
    ValueError,
)
"""Everything docker-py and what is below it may raise."""

Config = Mapping[str, Any]
_OLDEST_API = "1.40"
_BACKING = "Backing Filesystem"
_NO_DETACHING = "ctrl-@,ctrl-\\,ctrl-^,ctrl-_"
"""The engine's own Ctrl-P Ctrl-Q would leave a shell without its person."""


class Which(Protocol):
    """Finds a program; `shutil.which`."""

    def __call__(self, cmd: str, /) -> str | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFacts:
    """What the engine says of itself; `root` is its data directory.

    `backing` is the file system under its storage driver. Without `limits` it drops
    those on memory and processes, with no more than a warning.
    """

    version: str
    root: str
    system: str
    rootless: bool
    security: tuple[str, ...]
    driver: str = ""
    backing: str = ""
    cgroup: str = ""
    limits: bool = True


class MissingImage(Exception):
    """The image of a container to be created is not there; never leaves the package."""


class Engine:
    """One engine that answers; all methods raise SandboxUnavailable."""

    def __init__(self, client: APIClient, endpoint: Endpoint) -> None:
        self._client = client
        self._facts: EngineFacts | None = None
        self.endpoint = endpoint

    @property
    def client(self) -> APIClient:
        """For what is said nowhere else; its errors are for `translated`."""
        return self._client

    def close(self) -> None:
        self._client.close()

    def facts(self) -> EngineFacts:
        """Asked once."""
        if self._facts is None:
            self._facts = self._ask()
        return self._facts

    def _ask(self) -> EngineFacts:
        with translated(self.endpoint, "ask the engine about itself"):
            info = self._client.info()
        security = tuple(info.get("SecurityOptions") or ())
        return EngineFacts(
            version=str(info.get("ServerVersion", "")),
            root=str(info.get("DockerRootDir", "/var/lib/docker")),
            system=str(info.get("OperatingSystem", "")),
            rootless=any("rootless" in option for option in security),
            security=security,
            driver=str(info.get("Driver", "")),
            backing=str(dict(info.get("DriverStatus") or ()).get(_BACKING, "")),
            cgroup=str(info.get("CgroupVersion", "")),
            limits=bool(info.get("MemoryLimit") and info.get("PidsLimit")),
        )

    def create(self, config: Config) -> str:
        """Create a container and return its id; raises MissingImage as well."""
        call: Callable[[Config], Any] = self._client.create_container_from_config
        with translated(self.endpoint, "create the container"):
            try:
                made = call(config)
            except NotFound as exc:
                if "image" in str(exc.explanation).lower():
                    raise MissingImage(str(exc.explanation)) from exc
                raise
        return str(made["Id"])

    def attach(self, container: str) -> Attachment:
        """Join the streams of a container that is not yet started."""
        wanted = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        with translated(self.endpoint, "attach to the container"):
            return Attachment(self._client.attach_socket(container, params=wanted))

    def start(self, container: str) -> None:
        with translated(self.endpoint, "start the container"):
            self._client.start(container)

    def put_archive(self, container: str, path: str, archive: bytes | BinaryIO) -> None:
        with translated(self.endpoint, "copy files into the container"):
            self._client.put_archive(container, path, archive)

    def state(self, container: str) -> Mapping[str, Any]:
        """The part `State` of the container's description."""
        with translated(self.endpoint, "look at the container"):
            described: Mapping[str, Any] = self._client.inspect_container(container)
        state: Mapping[str, Any] = described["State"]
        return state

    def wait(self, container: str) -> int:
        """The exit status, once the container has ended."""
        with translated(self.endpoint, "wait for the container"):
            return int(self._client.wait(container)["StatusCode"])

    def kill(self, container: str) -> None:
        """End a container; one that has ended is no error."""
        with translated(self.endpoint, "end the container"):
            _unless_gone(lambda: self._client.kill(container))

    def remove(self, container: str) -> None:
        """End and remove a container with its volumes; none there is no error."""
        with translated(self.endpoint, "remove the container"):
            _unless_gone(
                lambda: self._client.remove_container(container, force=True, v=True)
            )

    def containers(self, *labels: str) -> tuple[Mapping[str, Any], ...]:
        """All containers, ended ones too, that carry these labels."""
        with translated(self.endpoint, "list the containers"):
            found = self._client.containers(all=True, filters={"label": list(labels)})
        return tuple(found)

    def volumes(self, *labels: str) -> tuple[Mapping[str, Any], ...]:
        with translated(self.endpoint, "list the volumes"):
            found = self._client.volumes(filters={"label": list(labels)})
        return tuple(found["Volumes"] or ())

    def remove_volume(self, name: str) -> None:
        with translated(self.endpoint, "remove a volume"):
            _unless_gone(lambda: self._client.remove_volume(name))

    def import_image(self, archive: bytes, *, name: str, labels: Config) -> None:
        """Make an image `repository:tag` from a tar archive."""
        repository, _, tag = name.partition(":")
        changes = [f"LABEL {key}={value}" for key, value in labels.items()]
        with translated(self.endpoint, "import the image"):
            self._client.import_image_from_data(
                archive, repository=repository, tag=tag, changes=changes
            )

    def images(self, label: str) -> tuple[Mapping[str, Any], ...]:
        """All images that carry this label."""
        with translated(self.endpoint, "list the images"):
            return tuple(self._client.images(filters={"label": label}))

    def remove_image(self, image: str) -> None:
        """One that is gone, or that a container still uses, is no error."""
        with translated(self.endpoint, "remove an image"):
            _unless_gone(lambda: self._client.remove_image(image))

    def open_terminal(
        self, container: str, command: Sequence[str]
    ) -> tuple[str, Attachment]:
        """Start a program on a terminal of its own in a running container.

        It gets the container's user, limits and rights. Returns the id by which it
        is asked for, and its stream, on which everything is the terminal's own.
        """
        with translated(self.endpoint, "open a terminal in the container"):
            made = self._client.exec_create(
                container,
                list(command),
                stdin=True,
                tty=True,
                detach_keys=_NO_DETACHING,
            )
            name = str(made["Id"])
            stream = self._client.exec_start(name, tty=True, socket=True)
            return name, Attachment(stream)

    def resize_terminal(self, name: str, *, rows: int, columns: int) -> None:
        with translated(self.endpoint, "set the size of the terminal"):
            _unless_gone(lambda: self._client.exec_resize(name, rows, columns))

    def terminal_state(self, name: str) -> Mapping[str, Any]:
        """Among others `Running` and `ExitCode` of what runs on the terminal."""
        with translated(self.endpoint, "look at the terminal"):
            state: Mapping[str, Any] = self._client.exec_inspect(name)
        return state

    def has_image(self, name: str) -> bool:
        with translated(self.endpoint, "list the images"):
            return bool(self._client.images(name))


def connect(environment: Mapping[str, str], *, timeout_s: float = 120.0) -> Engine:
    """Find the engine and make it answer; raises SandboxUnavailable."""
    endpoint = find_endpoint(environment)
    with translated(endpoint, "reach the engine"):
        _knock(endpoint, timeout_s)
        # not version="auto": if nobody answers, that leaves a connection open
        with closing(_client(endpoint, _OLDEST_API, timeout_s)) as asking:
            spoken = str(asking.version(api_version=False)["ApiVersion"])
        return Engine(_client(endpoint, spoken, timeout_s), endpoint)


def _knock(endpoint: Endpoint, timeout_s: float) -> None:
    """Fail at once, and without docker-py's way of leaving sockets open."""
    if endpoint.socket is not None:
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(timeout_s)
            door.connect(endpoint.socket)


def _client(endpoint: Endpoint, version: str, timeout_s: float) -> APIClient:
    client = APIClient(
        base_url=endpoint.url,
        version=version,
        timeout=int(timeout_s),
        tls=_tls(endpoint),
    )
    if endpoint.certificates is not None:
        client.trust_env = False  # or REQUESTS_CA_BUNDLE would beat the engine's own CA
    return client


def _tls(endpoint: Endpoint) -> TLSConfig | bool:
    folder = endpoint.certificates
    if folder is None:
        return False
    pair = (f"{folder}/cert.pem", f"{folder}/key.pem")
    return TLSConfig(
        ca_cert=f"{folder}/ca.pem" if endpoint.verified else None,
        client_cert=pair if Path(pair[0]).is_file() else None,
        verify=endpoint.verified,
    )


def _unless_gone(call: Callable[[], object]) -> None:
    """Removing twice, or ending what has ended, is what was wanted."""
    try:
        call()
    except APIError as exc:
        if exc.status_code not in (404, 409):
            raise


@contextmanager
def translated(endpoint: Endpoint, doing: str) -> Iterator[None]:
    """Turn every foreign error into a SandboxUnavailable that says what to do."""
    try:
        yield
    except FOREIGN as exc:
        raise translation(exc, endpoint, doing) from exc


def translation(
    exc: BaseException, endpoint: Endpoint, doing: str, *, which: Which = shutil.which
) -> SandboxUnavailable:
    """Tell apart: no permission, no daemon, no binary, a wrong address, silence."""
    chain = tuple(_chain(exc))
    if _any(chain, PermissionError):
        return _no_permission(endpoint)
    refused = _any(chain, ConnectionRefusedError)
    if _timed_out(chain) and not refused:  # urllib3 counts a refusal as a time-out
        return _unavailable(
            f"The Docker engine at {endpoint.url} did not answer in time "
            f"(while trying to {doing}).",
            "Look at `docker info`; if it hangs too, restart the Docker service.",
        )
    if _any(chain, ssl.SSLError):
        return _unavailable(
            f"The server at {endpoint.url} and this client do not accept each other's "
            f"certificates ({_first_of(chain, ssl.SSLError)}).",
            "Look at the certificates in "
            f"{endpoint.certificates or 'DOCKER_CERT_PATH'} (ca, cert and key.pem).",
        )
    if _any(chain, FileNotFoundError, ConnectionError, requests.ConnectionError):
        return _no_daemon(endpoint, which)
    api = next((link for link in chain if isinstance(link, APIError)), None)
    if api is not None:
        said = str(api.explanation or api).strip().rstrip(".")
        if "HTTPS server" in said:
            return _unavailable(
                f"The engine at {endpoint.url} wants TLS.",
                "Set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH to the directory of your "
                "certificates.",
            )
        return _unavailable(
            f"The Docker engine could not {doing}: {said}.",
            "Run `linara-agent doctor`, which tests each thing the preview needs.",
        )
    return _unavailable(
        f"Talking to the Docker engine at {endpoint.url} (named by "
        f"{endpoint.named_by}) failed: it could not {doing} ({exc}).",
        "Check DOCKER_HOST and `docker context ls`, then run `linara-agent doctor`.",
    )


def _no_permission(endpoint: Endpoint) -> SandboxUnavailable:
    return _unavailable(
        f"You may not use the Docker engine at {endpoint.url}.",
        "Join the group docker with `sudo usermod -aG docker $USER`, and then log in "
        "again or start the command through `sg docker -c '…'`; membership in that "
        "group equals root.",
    )


def _no_daemon(endpoint: Endpoint, which: Which) -> SandboxUnavailable:
    unnamed = endpoint.named_by == "the default socket"
    if unnamed and which("dockerd") is None and which("docker") is None:
        return _unavailable(
            "Docker is not installed.",
            "Install it (Debian, Ubuntu: `sudo apt-get install docker.io`), or run "
            "`sandbox/engine.sh`.",
        )
    if unnamed:
        return _unavailable(
            f"No Docker engine answers at {endpoint.url}.",
            "Start it with `sudo systemctl start docker`, or run `sandbox/engine.sh`.",
        )
    return _unavailable(
        f"No Docker engine answers at {endpoint.url}, which is named by "
        f"{endpoint.named_by}.",
        "Start that engine, or use the default one: unset DOCKER_HOST and run "
        "`docker context use default`.",
    )


def _unavailable(what: str, remedy: str) -> SandboxUnavailable:
    return SandboxUnavailable(what, not_done=NOT_DONE, remedy=remedy)


def _chain(exc: BaseException | None) -> Iterator[BaseException]:
    """The error and all that caused it; urllib3 keeps causes among its arguments."""
    waiting, seen = [exc], set()
    while waiting:
        link = waiting.pop(0)
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        reason = getattr(link, "reason", None)  # of ssl's errors it is a text
        waiting += [link.__cause__, link.__context__]
        waiting += [reason] if isinstance(reason, BaseException) else []
        waiting += [item for item in link.args if isinstance(item, BaseException)]


def _any(chain: tuple[BaseException, ...], *classes: type[BaseException]) -> bool:
    return any(isinstance(link, classes) for link in chain)


def _first_of(
    chain: tuple[BaseException, ...], kind: type[BaseException]
) -> BaseException:
    return next(link for link in chain if isinstance(link, kind))


def _timed_out(chain: tuple[BaseException, ...]) -> bool:
    return _any(chain, TimeoutError, requests.Timeout, urllib3.exceptions.TimeoutError)
