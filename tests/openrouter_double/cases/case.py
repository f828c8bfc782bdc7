"""One way in which a server was seen to answer, and what must come of it."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from linara_agent.openrouter.options import DEFAULT_MODEL
from tests.openrouter_double.reply import Header, Reply, in_json
from tests.openrouter_double.request import CHAT
from tests.openrouter_double.server import Script

WORDS = "list all files"
"""What is asked in every case."""

COMMAND = "ls -la"
"""The command of every good answer that is about something else."""

MODEL = "nvidia/nemotron-3-super-120b-a12b:free"
ID = "gen-1790000000-AbCdEfGhIjKlMnOpQrSt"
USER_ID = "user_2abcDEFghiJKLmnoPQRst"


class Place(Enum):
    """Where the client finds the server."""

    PLAIN = "a port of loopback"
    TLS = "a port with a certificate that nobody vouches for"
    CLOSED = "a port where nobody listens"


class Ask(Enum):
    """What of the program meets the reply."""

    CHAT = "a request for a command"
    DOCTOR = "the checks of `doctor`"
    NOTHING = "nothing: the program does not ask this page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`number` as in the list of cases, `variant` a letter where there are several.

    Of a good answer `command` is what would be previewed. Else `told` is a part of
    what the person reads, and `advice` of what they can do. `tries` counts requests,
    `wait_s` is the least time between the first two. `stream` is None where it makes
    no difference whether a stream was asked for. `page` is what is asked,
    `model` what is asked for.
    """

    number: int
    variant: str = ""
    sends: str
    replies: tuple[Script, ...] = ()
    page: str = CHAT
    command: str | None = None
    told: str = ""
    advice: str = ""
    tries: int = 1
    wait_s: float = 0.0
    total_s: float = 20.0
    stream: bool | None = None
    model: str = DEFAULT_MODEL
    official: bool = True
    place: Place = Place.PLAIN
    ask: Ask = Ask.CHAT

    @property
    def name(self) -> str:
        return f"{self.number}{self.variant}"


def completion(
    text: object = COMMAND, finish: str | None = "stop", **message: object
) -> dict[str, Any]:
    """The smallest body of a chat completion."""
    return {
        "id": ID,
        "object": "chat.completion",
        "created": 1790000000,
        "model": MODEL,
        "choices": [
            {
                "index": 0,
                "finish_reason": finish,
                "message": {"role": "assistant", "content": text, **message},
            }
        ],
    }


def answer(text: object = COMMAND, finish: str = "stop", **message: object) -> Reply:
    return in_json(200, completion(text, finish, **message))


def fault(code: object, message: str, **metadata: object) -> dict[str, Any]:
    """An error as OpenRouter reports it."""
    inner: dict[str, object] = {"code": code, "message": message}
    if metadata:
        inner["metadata"] = metadata
    return {"error": inner}


def refusal(status: int, message: str, *headers: Header, **metadata: object) -> Reply:
    """A reply with that status and the error that goes with it."""
    body = fault(status, message, **metadata) | {"user_id": USER_ID}
    return in_json(status, body, *headers)
