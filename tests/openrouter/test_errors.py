"""Every exception of the HTTP library becomes ours, and none carries the key."""

import logging
import ssl
import traceback
from dataclasses import replace
from typing import Any

import httpx
import pytest

from linara_agent.errors import ProposalUnavailable
from linara_agent.openrouter import errors
from linara_agent.openrouter.client import complete
from linara_agent.openrouter.options import Options
from linara_agent.openrouter.prompt import Turn

TURNS = (Turn(role="user", content="list files"),)


def foreign_classes() -> list[type[Exception]]:
    """Every exception class that httpx has, whether it is exported or not."""
    roots = [
        thing
        for thing in vars(httpx).values()
        if isinstance(thing, type) and issubclass(thing, Exception)
    ]
    found: dict[str, type[Exception]] = {}
    while roots:
        cls = roots.pop()
        found[cls.__name__] = cls
        roots += cls.__subclasses__()
    return [found[name] for name in sorted(found)]


def made(cls: type[Exception], words: str) -> Exception:
    """An instance, whatever arguments its class wants."""
    request = httpx.Request("POST", "https://openrouter.ai/api/v1")
    response = httpx.Response(500, request=request)
    if issubclass(cls, httpx.HTTPStatusError):
        return cls(words, request=request, response=response)
    try:
        return cls(words)
    except TypeError:
        return cls()


@pytest.mark.parametrize("cls", foreign_classes(), ids=lambda cls: cls.__name__)
def test_every_exception_of_httpx_is_caught_and_mapped(cls, options):
    """Each class is below a root that is caught and has a meaning in plain words."""
    assert issubclass(cls, errors.FOREIGN)
    failure = errors.transport(made(cls, "it went wrong"), options)
    assert isinstance(failure, ProposalUnavailable)
    assert failure.what.endswith(".")
    assert failure.remedy


def test_the_walk_finds_the_whole_tree():
    """The list of classes is the library's own, so a new one fails the test above."""
    names = {cls.__name__ for cls in foreign_classes()}
    assert {"HTTPError", "InvalidURL", "PoolTimeout", "CookieConflict"} <= names
    assert len(names) >= 28


@pytest.mark.parametrize(
    ("cls", "what", "again"),
    [
        (httpx.ConnectError, "cannot be reached", True),
        (httpx.ConnectTimeout, "cannot be reached", True),
        (httpx.PoolTimeout, "did not answer in time", True),
        (httpx.ReadError, "broke", True),
        (httpx.RemoteProtocolError, "broke", True),
        (httpx.LocalProtocolError, "could not be built", False),
        (httpx.ProxyError, "proxy refused", False),
        (httpx.UnsupportedProtocol, "not one of http or https", False),
        (httpx.InvalidURL, "address cannot be used", False),
        (httpx.DecodingError, "compressed", False),
        (httpx.StreamClosed, "could not be built", False),
    ],
)
def test_only_lost_connections_are_worth_another_try(options, cls, what, again):
    """What another try cannot mend is not tried again."""
    failure = errors.transport(made(cls, "odd"), options)
    assert what in failure.what
    assert (failure.again is not None) is again


def test_untrusted_certificate_is_no_lost_connection(options):
    """A certificate that does not verify is told as such and not tried again."""
    exc = httpx.ConnectError("certificate verify failed")
    exc.__cause__ = ssl.SSLCertVerificationError("self-signed certificate")
    failure = errors.transport(exc, options)
    assert "No secure connection" in failure.what
    assert "SSL_CERT_FILE" in failure.remedy
    assert failure.again is None


def failure_of(options: Options) -> ProposalUnavailable:
    """What a call raises; no frame from here on has a reason to hold the key."""
    with pytest.raises(ProposalUnavailable) as caught:
        complete(TURNS, options)
    return caught.value


def everything_shown(exc: BaseException) -> str:
    """The traceback with the local variables of every frame of every cause."""
    report = traceback.TracebackException.from_exception(exc, capture_locals=True)
    parts = ["".join(report.format())]
    parts += [f"{link!r} {link.args!r} {vars(link)!r}" for link in errors.chain(exc)]
    return "\n".join(parts)


@pytest.fixture
def log(caplog):
    """Everything that is logged, down to the libraries' details."""
    caplog.set_level(logging.DEBUG)
    return caplog


WAYS: dict[str, dict[str, Any]] = {
    "refused": {"base_url": "http://127.0.0.1:1/v1"},
    "reset": {},
    "echo": {},
    "slow": {"total_s": 0.2},
    "tls": {"base_url": "https://127.0.0.1:1/v1"},
}


@pytest.mark.parametrize("way", WAYS)
def test_key_is_in_no_exception_traceback_or_log(server, options, way, log):
    """However a request fails, the key is neither in what is raised nor logged."""
    key = options.key.get_secret_value()
    if way == "echo":
        server.send(401, {"error": {"code": 401, "message": f"Bad key {key}!"}})
    elif way == "slow":
        server.play(10.0)
    else:
        server.play(server.reset)
    shown = everything_shown(failure_of(replace(options, **WAYS[way])))
    assert "openrouter/client.py" in shown
    assert "SecretStr('**********')" in shown
    assert key not in shown
    assert key not in log.text


def test_key_that_a_library_quotes_is_redacted(server, options):
    """A server that sends the key back as nonsense does not get it into an error."""
    key = options.key.get_secret_value()
    server.play(f"HTTP/1.1 200 OK\r\nBad {key}\r\n\r\n".encode())
    shown = everything_shown(failure_of(options))
    assert "illegal header line" in shown
    assert key not in shown


def test_key_is_in_no_representation(options, key):
    """Options can be printed and logged."""
    assert key not in repr(options) + str(options) + str(options.key)


def test_foreign_frames_and_quoted_keys_are_taken_out(options, key):
    """What a library kept of the key in its frames or words does not get away."""
    with pytest.raises(httpx.InvalidURL) as raised:
        httpx.URL(f"https://[{key}]/")
    caught = raised.value
    caught.args = (f"bad {key}",)
    errors.without_secrets(caught, options)
    assert caught.__traceback__ is None
    assert caught.args == ("bad [key]",)
