"""A real server on loopback that plays what OpenRouter was seen to send."""

import json
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from pydantic import SecretStr

from linara_agent.core.intent import Intent
from linara_agent.openrouter.budget import Budget, Price
from linara_agent.openrouter.endpoint import endpoint
from linara_agent.openrouter.options import Options
from linara_agent.openrouter.reservations import Reservations

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"

Step = bytes | float | Callable[[], None]
"""Bytes to send, seconds to wait, or something to do (`RESET` ends it hard)."""

PHRASES = {200: "OK", 307: "Temporary Redirect"}


def RESET() -> None:  # noqa: N802 — a marker among the steps
    """Stands for a connection that is reset."""


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True)
class ModelServer:
    """Plays one script of steps per request; the last one again and again."""

    listener: socket.socket
    scripts: list[tuple[Step, ...]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    over: Event = field(default_factory=Event)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    @property
    def reset(self) -> Step:
        return RESET

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v1"

    def play(self, *steps: Step) -> None:
        """Append the script for the next request."""
        self.scripts.append(steps)

    def send(self, status: int, body: bytes | object, **headers: str) -> None:
        """Append a whole reply; what is not bytes is sent as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        lines = {name.replace("_", "-"): value for name, value in headers.items()}
        lines = {"Content-Length": str(len(content)), **lines}
        head = f"HTTP/1.1 {status} {PHRASES.get(status, 'Whatever')}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.play(head.encode() + b"Connection: close\r\n\r\n" + content)

    def answer(self, text: object, finish: str = "stop", **message: object) -> None:
        """Append a successful chat completion."""
        self.send(200, completion(text, finish, **message))

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                connection.settimeout(20)
                self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        request = _read(connection)
        if request is None:
            return
        self.requests.append(request)
        number = min(len(self.requests), len(self.scripts)) - 1
        for step in self.scripts[number]:
            if step is RESET:
                hard = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, hard)
                return
            if callable(step):
                step()
            elif isinstance(step, bytes):
                connection.sendall(step)
            else:
                self.over.wait(step)
        with suppress(OSError):
            connection.shutdown(socket.SHUT_WR)


def _read(connection: socket.socket) -> Request | None:
    with connection.makefile("rb") as stream:
        first = stream.readline().decode("latin-1").split()
        if len(first) != 3:
            return None
        headers = {}
        while (line := stream.readline().decode("latin-1").strip()) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", 0)))
    return Request(first[0], first[1], headers, body)


def completion(text: object, finish: str | None = "stop", **message: object) -> Any:
    """The smallest body of a chat completion."""
    return {
        "id": "gen-1790000000-AbCdEfGhIjKlMnOpQrSt",
        "object": "chat.completion",
        "created": 1790000000,
        "model": "nvidia/nemotron-3-super-120b-a12b:free",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish,
                "message": {"role": "assistant", "content": text, **message},
            }
        ],
    }


@contextmanager
def serving() -> Iterator[ModelServer]:
    """A double that answers on loopback while the context lasts."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        double = ModelServer(listener)
        thread = Thread(target=double.serve, daemon=True)
        thread.start()
        yield double
        double.over.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with serving() as double:
        yield double


@pytest.fixture
def options(server: ModelServer) -> Options:
    """Options for the double as if it were OpenRouter, with next to no waiting."""
    return Options(
        key=SecretStr(KEY),
        base_url=server.url,
        total_s=20,
        backoff_s=0.001,
        openrouter=True,
    )


@pytest.fixture
def intent() -> Intent:
    return Intent(words="list all files", cwd="/home/ada/work", home="/home/ada")


@pytest.fixture
def key() -> str:
    return KEY


@pytest.fixture
def body() -> Callable[..., Any]:
    """Makes the body of a chat completion."""
    return completion


@pytest.fixture
def far_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Budget:
    """Ten dollars a day, for a model that costs a dollar and more an answer.

    To the budget, the double on this machine stands elsewhere: it is not free.
    """
    monkeypatch.setattr(
        "linara_agent.openrouter.budget.endpoint",
        lambda options: replace(endpoint(options), loopback=False),
    )
    price = Price(prompt=Decimal(0), completion=Decimal("0.001"))
    return Budget(
        day=Decimal(10),
        reservations=Reservations(
            path=tmp_path / "reserved.json", day=lambda: "2026-11-22"
        ),
        price=lambda _: price,
    )
