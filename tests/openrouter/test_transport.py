"""One exchange: its limits, what breaks it, and that Ctrl-C ends it."""

import gzip
import json
import signal
import socket
import threading
from contextlib import suppress
from dataclasses import replace

import pytest
from pydantic import SecretStr

from linara_agent.errors import ProposalUnavailable
from linara_agent.openrouter.client import complete
from linara_agent.openrouter.prompt import Turn
from linara_agent.openrouter.transport import THREAD

TURNS = (Turn(role="user", content="list files"),)
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
)
BLANKS = b"10\r\n" + b" " * 16 + b"\r\n"
LAST = b"0\r\n\r\n"


def chunk(content: bytes) -> bytes:
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


def test_padding_before_the_reply_is_no_reply(server, options, body):
    """Blanks that keep a slow reply alive are dropped, however many come."""
    padding = [step for _ in range(64) for step in (BLANKS, 0.001)]
    reply = chunk(json.dumps(body("ls -la")).encode())
    server.play(CHUNKED, *padding, reply, LAST)
    assert complete(TURNS, options).text == "ls -la"


def test_padding_without_reply_is_tried_again(server, options):
    """A body of nothing but blanks is a failure of the connection."""
    server.play(CHUNKED, BLANKS, BLANKS, LAST)
    server.answer("ls")
    assert complete(TURNS, options).text == "ls"
    assert len(server.requests) == 2


def test_blank_replies_are_told(server, options):
    """When only blanks come, the person learns that the reply was empty."""
    server.send(200, b" \n")
    with pytest.raises(ProposalUnavailable, match=r"empty reply\. It was tried 2"):
        complete(TURNS, replace(options, attempts=2))


@pytest.mark.parametrize(
    "steps",
    [
        (CHUNKED, *(step for _ in range(600) for step in (BLANKS, 0.02))),
        (*(step for _ in range(600) for step in (b"H", 0.02)),),
        (b"HTTP/1.1 200 OK\r\n", *(s for _ in range(600) for s in (b"X: y\r\n", 0.02))),
        (12.0,),
    ],
    ids=["padded body", "dripped status line", "dripped headers", "silence"],
)
def test_total_deadline_ends_every_slow_reply(server, options, steps):
    """No way of being slow outlives the total deadline, and no second try follows."""
    server.play(*steps)
    with pytest.raises(ProposalUnavailable, match=r"within 0\.9 seconds"):
        complete(TURNS, replace(options, total_s=0.9))
    assert len(server.requests) == 1
    for worker in threading.enumerate():
        if worker.name == THREAD:
            worker.join(10)
            assert not worker.is_alive()


def test_unanswered_connection_ends_with_the_deadline(options):
    """A server that accepts and never reads is given up at the deadline."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        url = f"http://127.0.0.1:{port}/v1"
        with pytest.raises(ProposalUnavailable, match=r"within 0\.3 seconds"):
            complete(TURNS, replace(options, base_url=url, total_s=0.3))


def test_interrupt_ends_the_wait(server, options):
    """Ctrl-C passes through at once, as itself."""
    main = threading.main_thread().ident
    assert main is not None
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    server.play(lambda: signal.pthread_kill(main, signal.SIGINT), 15.0)
    try:
        with pytest.raises(KeyboardInterrupt):
            complete(TURNS, options)
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(server.requests) == 1


def test_refused_connection_is_tried_again(server, options):
    """A server that is not there is tried to the last attempt."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}/v1"
    with pytest.raises(ProposalUnavailable, match=r"cannot be reached.*tried 3 times"):
        complete(TURNS, replace(options, base_url=url))
    assert server.requests == []


def test_reset_connection_is_tried_again(server, options):
    """A connection that is reset before the reply is tried again."""
    server.play(server.reset)
    server.answer("ls")
    assert complete(TURNS, options).text == "ls"
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "steps",
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", b'{"choices": ['),
        (CHUNKED, b"ff\r\n{"),
        (b"HTTP/1.1 200 OK\r\nContent-",),
        (b"",),
        (b"220 mail.example ESMTP\r\n",),
    ],
    ids=["short body", "short chunk", "short headers", "nothing", "no HTTP"],
)
def test_broken_reply_is_tried_again(server, options, steps):
    """A reply that ends too early is never read as a whole one."""
    server.play(*steps)
    with pytest.raises(ProposalUnavailable, match=r"broke.*tried 2 times"):
        complete(TURNS, replace(options, attempts=2))
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_not_followed(server, options, key, status):
    """A redirect ends the request; the key reaches no second address."""
    server.send(status, b"", Location=server.url.replace("api", "other"))
    with pytest.raises(ProposalUnavailable, match="a key is not sent on"):
        complete(TURNS, options)
    (request,) = server.requests
    assert request.headers["authorization"] == f"Bearer {key}"


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_reply_has_a_size_limit(server, options, body, encoding):
    """A reply above the limit is not kept, compressed or not."""
    content = json.dumps(body("x" * (5 << 20))).encode()
    if encoding == "gzip":
        content = gzip.compress(content)
    server.send(200, content, Content_Encoding=encoding)
    with pytest.raises(ProposalUnavailable, match="larger than 4194304 bytes"):
        complete(TURNS, options)
    assert len(server.requests) == 1


def test_compressed_reply_and_byte_order_mark_are_read(server, options, body):
    """A reply may be compressed and start with a byte order mark."""
    content = b"\xef\xbb\xbf" + json.dumps(body("ls")).encode()
    server.send(200, gzip.compress(content), Content_Encoding="gzip")
    assert complete(TURNS, options).text == "ls"


def test_failed_tls_is_not_tried_again(options):
    """Where no secure connection can be made, nothing is sent and nothing repeated."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        seen: list[bytes] = []
        plain = threading.Thread(target=_speak_plainly, args=(listener, seen))
        plain.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/v1"
        with pytest.raises(ProposalUnavailable, match="No secure connection") as caught:
            complete(TURNS, replace(options, base_url=url))
        plain.join(10)
    assert "tried" not in str(caught.value)
    assert b"Bearer" not in b"".join(seen)


def _speak_plainly(listener: socket.socket, seen: list[bytes]) -> None:
    """All is read first: to close over what is unread would be a reset.

    The client may be the first to go, and then there is nobody to end it with.
    """
    connection, _ = listener.accept()
    with connection, suppress(OSError):
        seen.append(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        while more := connection.recv(65536):
            seen.append(more)


def test_unusable_proxy_is_told(options, monkeypatch):
    """A proxy setting that cannot be used names the variables to look at."""
    monkeypatch.setenv("HTTPS_PROXY", "gopher://127.0.0.1:1")
    options = replace(options, base_url="https://openrouter.invalid/v1")
    with pytest.raises(ProposalUnavailable, match="could not be prepared") as caught:
        complete(TURNS, options)
    assert "HTTPS_PROXY" in caught.value.remedy


def test_proxy_is_not_used_for_this_machine(server, options, monkeypatch):
    """A server on loopback is reached directly, so no proxy sees the key."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    server.answer("ls")
    assert complete(TURNS, replace(options, key=SecretStr("k"))).text == "ls"


def test_a_reply_packed_twice_is_not_unpacked(server, options):
    """A kilobyte would become gigabytes before its size could be seen."""
    packed = gzip.compress(gzip.compress(b" " * (64 << 20)))
    assert len(packed) < 2000
    server.send(200, packed, Content_Encoding="gzip, gzip")
    with pytest.raises(ProposalUnavailable, match="was not asked for"):
        complete(TURNS, options)
    assert len(server.requests) == 1
