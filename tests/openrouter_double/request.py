"""What the double received, and what is wrong with it."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

OFFICIAL = frozenset(
    {"models", "provider", "plugins", "reasoning", "session_id", "metadata", "route"}
)
"""Fields of a request that OpenRouter alone knows."""

PAGES = ("/key", "/models", "/credits", "/generation")
CHAT = "/chat/completions"
_ROLES = frozenset({"system", "developer", "user", "assistant", "tool"})
_MOST_MODELS, _MOST_STOPS = 3, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`raw` is every byte of it; `headers` have lower-case names, in their order.

    `at` is when it was read, on the monotonic clock; `connection` counts from 0.
    """

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    raw: bytes
    at: float
    connection: int

    def header(self, name: str) -> str | None:
        """The only value of a header; several are an error of whoever sent them."""
        values = [value for key, value in self.headers if key == name]
        assert len(values) <= 1, f"{name} was sent {len(values)} times"
        return values[0] if values else None

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def page(self) -> str:
        """The path below the base URL, without its query."""
        path = self.path.partition("?")[0]
        ends = [page for page in (CHAT, *PAGES) if path.endswith(page)]
        return ends[0] if ends else path


def read(stream: BinaryIO, *, connection: int) -> Request | None:
    """The next request of a connection; None when there is no more."""
    lines = []
    while (line := stream.readline()) not in (b"\r\n", b""):
        lines.append(line)
    first = lines[0].decode("latin-1").split() if lines else []
    if len(first) != len(("method", "path", "version")):
        return None
    pairs = (line.decode("latin-1").partition(":") for line in lines[1:])
    headers = tuple((name.lower(), value.strip()) for name, _, value in pairs)
    body = stream.read(int(dict(headers).get("content-length", 0)))
    return Request(
        method=first[0],
        path=first[1],
        headers=headers,
        body=body,
        raw=b"".join(lines) + b"\r\n" + body,
        at=time.monotonic(),
        connection=connection,
    )


def complaints(request: Request, *, key: str | None, official: bool) -> list[str]:
    """Everything about a request that the interface forbids; empty for a good one."""
    return [
        *_about_key(request, key),
        *(_about_page(request) if request.page in PAGES else _about_chat(request)),
        *([] if official or not request.body else _about_fields(request)),
    ]


def _about_key(request: Request, key: str | None) -> Iterator[str]:
    sent = request.header("authorization")
    if key is None:
        if sent is not None:
            yield "a key was sent, and there is none"
        return
    if sent != f"Bearer {key}":
        yield "the Authorization header does not hold the key"
    if request.raw.count(key.encode()) > 1:
        yield "the key stands elsewhere than in the Authorization header"


def _about_page(request: Request) -> Iterator[str]:
    if request.method != "GET":
        yield f"{request.page} was asked with {request.method}"


def _about_chat(request: Request) -> Iterator[str]:
    if request.page != CHAT:
        yield f"there is no page {request.path}"
    if request.method != "POST":
        yield f"a chat was asked for with {request.method}"
    if request.header("content-type") != "application/json":
        yield "the content type is not JSON"
    try:
        body = request.json
    except ValueError:
        yield "the body is not JSON"
        return
    if not isinstance(body, dict):
        yield "the body is not an object"
        return
    yield from _about_body(body)


def _about_body(body: dict[str, Any]) -> Iterator[str]:
    messages = body.get("messages")
    if not messages or not isinstance(messages, list):
        yield "there is no message"
    elif not all(
        one.get("role") in _ROLES and isinstance(one.get("content"), str)
        for one in messages
    ):
        yield "a message has no role or no text"
    if not isinstance(body.get("model"), str) or not body["model"]:
        yield "no model is named"
    if len(body.get("models", ())) > _MOST_MODELS:
        yield "more than three models are named"
    if len(body.get("stop", ())) > _MOST_STOPS:
        yield "there are more than four stops"
    if not isinstance(body.get("max_tokens"), int):
        yield "max_tokens is not sent"


def _about_fields(request: Request) -> Iterator[str]:
    try:
        fields = OFFICIAL & set(request.json)
    except ValueError:
        return
    headers = [name for name, _ in request.headers if name.startswith("x-openrouter")]
    headers += [name for name, _ in request.headers if name == "http-referer"]
    for name in sorted(fields) + headers:
        yield f"{name} is OpenRouter's own"
