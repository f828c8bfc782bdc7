"""Cases 66, 67 and 69 to 71: bytes and connections that are not what they should be."""

import codecs
import gzip
import json

from tests.openrouter_double.cases.case import COMMAND, Case, Place, answer, completion
from tests.openrouter_double.reply import JSON, End, Reply, head, whole
from tests.openrouter_double.server import Double

_BODY = json.dumps(completion()).encode()
_LATIN = json.dumps(completion("echo caf~")).encode().replace(b"~", b"\xe9")
_RECIPES = "--provider recipes"


def _elsewhere(double: Double) -> Reply:
    """The same double under another name: if it is asked, it has one request more."""
    there = f"http://localhost:{double.port}/api/v1/chat/completions"
    return whole(307, b"", ("Location", there))


CASES = (
    Case(
        number=66,
        variant="a",
        sends="half a JSON object, as if it were whole",
        replies=(whole(200, _BODY[:90], JSON),),
        told="The server's reply cannot be read; it starts with: {",
        advice="Check the base URL",
    ),
    Case(
        number=66,
        variant="b",
        sends="fewer bytes than Content-Length says",
        replies=(
            Reply(
                (head(200, JSON, ("Content-Length", "9999")) + _BODY, End.CLOSE),
            ),
        ),
        told="The connection to the model's server broke",
        advice=_RECIPES,
        tries=3,
    ),
    Case(
        number=67,
        variant="a",
        sends="bytes that are not UTF-8",
        replies=(whole(200, _LATIN, JSON),),
        told="The server's reply cannot be read",
        advice="Check the base URL",
    ),
    Case(
        number=67,
        variant="b",
        sends="a compressed answer",
        replies=(whole(200, gzip.compress(_BODY), JSON, ("Content-Encoding", "gzip")),),
        command=COMMAND,
    ),
    Case(
        number=67,
        variant="c",
        sends="an answer that begins with a byte order mark",
        replies=(whole(200, codecs.BOM_UTF8 + _BODY, JSON),),
        command=COMMAND,
    ),
    Case(
        number=69,
        sends="307 to another host",
        replies=(_elsewhere, answer()),
        told="a key is not sent on",
        advice="Correct the base URL",
    ),
    Case(
        number=70,
        variant="a",
        sends="nothing: nobody listens",
        told="The model's server cannot be reached",
        advice="Check the network connection",
        tries=3,
        place=Place.CLOSED,
    ),
    Case(
        number=70,
        variant="b",
        sends="a reset before the headers",
        replies=(Reply((End.RESET,)),),
        told="The connection to the model's server broke",
        advice="Check the network connection",
        tries=3,
    ),
    Case(
        number=70,
        variant="c",
        sends="a certificate that nobody vouches for",
        told="No secure connection to the model's server could be made",
        advice="SSL_CERT_FILE",
        tries=0,
        place=Place.TLS,
    ),
    Case(
        number=70,
        variant="d",
        sends="headers without end",
        replies=(
            Reply((b"HTTP/1.1 200 OK\r\n",), endless=(b"X-Wait: a bit\r\n", 0.5)),
        ),
        told="The model did not answer within 0.5 seconds.",
        advice="raise the time limit",
        total_s=0.5,
    ),
    Case(
        number=71,
        sends="a body without end",
        replies=(Reply((head(200, JSON),), endless=(b" " * 65536,)),),
        told="The server's reply is larger than",
        advice="Check the base URL",
    ),
)
