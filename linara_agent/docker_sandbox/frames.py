"""How the supervisor speaks on its standard output, and what about.

One byte for the kind, four big-endian bytes for the length, the data. The client
answers each STEP with a line, and nothing else.
"""

import json
import os

HELLO, STDOUT, STDERR, REPORT, FAILED, TRACE, STEP = range(1, 8)


def frame(kind: int, data: bytes) -> None:
    """Write one frame whole."""
    rest = memoryview(bytes([kind]) + len(data).to_bytes(4, "big") + data)
    while rest:
        rest = rest[os.write(1, rest) :]


def say(kind: int, value: object) -> None:
    frame(kind, json.dumps(value).encode())
