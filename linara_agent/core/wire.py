"""How values of the core stand in JSON: plans, `--json`, the journal.

A text that is not UTF-8 (a file name, a program's output) becomes
`{"b64": "…"}`, and an integer above 2**53 (a time in ns, an inode) becomes a
decimal string, so that every JSON reader gets the exact value back.
"""

from base64 import b64decode, b64encode
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

_EXACT_IN_EVERY_READER = 2**53


def encode_bytes(value: bytes) -> str | dict[str, str]:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return {"b64": b64encode(value).decode()}


def decode_bytes(value: object) -> object:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, dict) and set(value) == {"b64"}:
        return b64decode(value["b64"], validate=True)
    return value


def encode_text(value: str) -> str | dict[str, str]:
    return encode_bytes(value.encode(errors="surrogateescape"))


def decode_text(value: object) -> object:
    if isinstance(value, dict) and set(value) == {"b64"}:
        raw = b64decode(value["b64"], validate=True)
        return raw.decode(errors="surrogateescape")
    return value


def encode_integer(value: int) -> int | str:
    return value if abs(value) <= _EXACT_IN_EVERY_READER else str(value)


def decode_integer(value: object) -> object:
    return int(value) if isinstance(value, str) else value


def _plain_bytes(value: Any) -> Any:  # noqa: ANN401 — pydantic hands over anything
    return encode_bytes(value)


Bytes = Annotated[bytes, BeforeValidator(decode_bytes), PlainSerializer(_plain_bytes)]
"""Output of a program: any bytes."""

Path = Annotated[str, BeforeValidator(decode_text), PlainSerializer(encode_text)]
"""An absolute path as `os.fsdecode` gives it: what is not UTF-8 is surrogates."""

Text = Annotated[str, BeforeValidator(decode_text), PlainSerializer(encode_text)]
"""A text of the person's (a script, a variable) that need not be UTF-8 either."""

Integer = Annotated[
    int, BeforeValidator(decode_integer), PlainSerializer(encode_integer)
]
"""An integer of any size."""
