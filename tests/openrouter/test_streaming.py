"""A streamed reply over a real connection: what is told meanwhile, what ends it."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier, get_ident

import pytest
from pydantic import SecretStr

from linara_agent.errors import ProposalUnavailable
from linara_agent.openrouter.arrival import Arrived
from linara_agent.openrouter.client import complete
from linara_agent.openrouter.options import Options
from linara_agent.openrouter.prompt import Turn
from linara_agent.openrouter.transport import Session
from tests.openrouter_double.reply import End, Reply, chunk, events, head, in_json
from tests.openrouter_double.server import KEY, Double

TURNS = (Turn(role="user", content="list files"),)
SSE = ("Content-Type", "text/event-stream; charset=utf-8")
ALIVE = b": OPENROUTER PROCESSING\n\n"
DONE = b"data: [DONE]\n\n"


def piece(content: str = "", finish: str | None = None, **delta: object) -> object:
    delta = {"content": content, **delta}
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


STREAM = events(ALIVE, piece("ls "), piece("-la"), piece(finish="stop"), DONE)
WHOLE = {"choices": [{"finish_reason": "stop", "message": {"content": "ls -la"}}]}


@pytest.fixture
def double() -> Iterator[Double]:
    with Double() as double:
        yield double


@pytest.fixture
def asked(double: Double) -> Options:
    return Options(
        key=SecretStr(KEY),
        base_url=double.url,
        openrouter=True,
        total_s=5,
        backoff_s=0.001,
    )


def test_stream_gives_the_same_as_one_piece(double, asked):
    """The text is the same whether it comes in pieces or at once."""
    double.play(STREAM, in_json(200, WHOLE))
    streamed = complete(TURNS, asked)
    at_once = complete(TURNS, replace(asked, stream=False))
    assert streamed == at_once
    assert [request.json["stream"] for request in double.requests] == [True, False]


def test_server_that_does_not_stream_is_understood(double, asked):
    """A server may answer the wish for a stream with one piece of JSON."""
    double.play(in_json(200, WHOLE))
    assert complete(TURNS, asked).text == "ls -la"


def test_server_that_streams_unasked_is_understood(double, asked):
    """What comes is read as what it says it is."""
    double.play(STREAM)
    assert complete(TURNS, replace(asked, stream=False)).text == "ls -la"


def test_progress_is_told_while_it_comes(double, asked):
    """Signs of life and the growing text are told, in the caller's own thread."""
    told: list[Arrived] = []
    threads = set()

    def progress(arrived: Arrived) -> None:
        told.append(arrived)
        threads.add(get_ident())

    thinking = piece(reasoning="hm")
    answer = (piece("ls "), 0.5, piece("-la"), 0.5, piece(finish="stop"), DONE)
    double.play(events(ALIVE, 0.5, ALIVE, 0.5, thinking, 0.5, *answer))
    assert complete(TURNS, asked, progress=progress).text == "ls -la"
    assert told[0] == Arrived(comments=1, characters=0, reasoning=False, text="")
    assert told[1].comments == 2
    assert told[2].reasoning
    assert [one.text for one in told[3:5]] == ["ls", "ls -la"]
    assert told[-1].characters == len("hm" + "ls -la")
    assert threads == {get_ident()}


def test_structured_text_is_not_told(double, asked):
    """Of an answer in JSON the person sees a count."""
    told: list[Arrived] = []
    double.play(STREAM)
    complete(TURNS, asked, schema={}, progress=told.append)
    assert {one.text for one in told} == {None}


def test_failing_listener_ends_the_exchange(double, asked):
    """An error of the screen comes out as it is, and nothing is asked again."""

    def progress(_: Arrived) -> None:
        raise BrokenPipeError

    double.play(events(ALIVE, 60.0))
    started = time.monotonic()
    with pytest.raises(BrokenPipeError):
        complete(TURNS, asked, progress=progress)
    assert time.monotonic() - started < 20
    assert len(double.requests) == 1


def test_end_mark_is_the_end(double, asked):
    """A server that keeps the stream open after its end keeps nobody waiting."""
    ended = events(ALIVE, piece("ls", "stop"), DONE).steps[:-1]
    double.play(Reply((*ended, 60.0)))
    started = time.monotonic()
    assert complete(TURNS, asked).text == "ls"
    assert time.monotonic() - started < 20


def test_error_is_the_end(double, asked):
    """After an error nothing more is waited for."""
    double.play(events({"error": {"code": 400, "message": "no"}}, 60.0))
    started = time.monotonic()
    with pytest.raises(ProposalUnavailable, match="refused the request"):
        complete(TURNS, asked)
    assert time.monotonic() - started < 20


def test_stream_has_a_size_limit(double, asked):
    """A stream may be sixteen times as large as what it carries, and no larger."""
    padded = [ALIVE * 100] * 10
    double.play(events(*padded, piece("ls", "stop"), DONE), events(*padded * 3, DONE))
    small = replace(asked, cap_bytes=len(ALIVE) * 100)
    assert complete(TURNS, small).text == "ls"
    with pytest.raises(ProposalUnavailable, match=f"larger than {len(ALIVE) * 1600}"):
        complete(TURNS, small)


def test_key_that_comes_back_in_pieces_is_taken_out(double, asked):
    """A key that the server sends back does not pass, wherever it was cut."""
    pieces = (piece(f"echo {KEY[:12]}"), piece(KEY[12:], "stop"))
    double.play(events(*pieces, DONE))
    assert complete(TURNS, asked).text == "echo [key]"


ENDLESS = head(200, ("Transfer-Encoding", "chunked"), SSE)
BLANK = b" " * 65536


@pytest.mark.parametrize(
    ("reply", "what"),
    [
        (Reply((ENDLESS,), (chunk(ALIVE), 0.01)), r"within 0\.6 seconds"),
        (Reply((ENDLESS,), (chunk(b":"), 0.01)), r"within 0\.6 seconds"),
        (Reply((ENDLESS,), (chunk(b"data: {}\n\n"),)), r"within 0\.6|larger"),
        (Reply((ENDLESS,), (b"1\r\n", 0.05, b"d", 0.05, b"\r\n")), r"within 0\.6"),
        (Reply((ENDLESS,), (chunk(b"x" * 65536),)), "larger than 4194304 bytes"),
        (Reply((ENDLESS,), (chunk(BLANK + b"\n"),)), "larger than|within"),
        (Reply((head(200, SSE),), (BLANK,)), "larger than 4194304 bytes"),
        (Reply((head(200),), (BLANK,)), "larger than 4194304 bytes"),
        (
            Reply((head(200, ("Content-Length", str(1 << 30))),), (BLANK,)),
            "larger than 4194304 bytes",
        ),
        (Reply((head(503),), (BLANK,)), "larger than 4194304 bytes"),
        (Reply((b"HTTP/1.1 200 OK\r\n",), (b"X-A: b\r\n",)), "broke|within"),
        (Reply((b"HTTP/1.1 200 OK\r\nX-A: ",), (b"a" * 65536,)), "broke|within"),
        (Reply((), (b"HTTP/1.1 100 Continue\r\n\r\n",)), r"within 0\.6 seconds"),
    ],
    ids=[
        "comments for ever",
        "one byte after the other",
        "empty events for ever",
        "one byte now and then",
        "one line for ever",
        "lines for ever",
        "a stream of a gigabyte",
        "a body of a gigabyte",
        "a gigabyte that is announced",
        "an error of a gigabyte",
        "headers for ever",
        "one header for ever",
        "go on for ever",
    ],
)
def test_endless_reply_ends(double, asked, reply, what):
    """Whatever a server sends for ever, it ends by its size or the total deadline."""
    double.play(reply)
    started = time.monotonic()
    total_s = 20 if what.endswith("bytes") else 0.6
    with pytest.raises(ProposalUnavailable, match=what) as caught:
        complete(TURNS, replace(asked, total_s=total_s))
    assert time.monotonic() - started < 20
    assert caught.value.remedy


@pytest.mark.parametrize(
    "steps",
    [
        (End.RESET,),
        (b"HTTP/1.1 200 OK\r\nContent-", End.RESET),
        (head(200, ("Content-Length", "900")), b'{"choices": [', End.RESET),
        (ENDLESS, chunk(ALIVE), End.RESET),
        (ENDLESS, chunk(b'data: {"choices": [{"delta": {"con'), End.RESET),
        (ENDLESS, b"f", End.RESET),
    ],
    ids=["before", "in headers", "in body", "in stream", "in event", "in frame"],
)
def test_reset_at_any_stage_is_tried_again(double, asked, steps):
    """A reset never leaves a part of a command; it is tried to the last attempt."""
    double.play(Reply(steps))
    with pytest.raises(ProposalUnavailable, match=r"broke.*tried 3 times"):
        complete(TURNS, asked)
    assert len(double.requests) == 3


def test_silence_has_its_own_limit(double, asked):
    """A server that falls silent may be given up before all the time is over."""
    double.play(Reply((ENDLESS, chunk(ALIVE), 20.0)))
    quick = replace(asked, read_s=0.1, attempts=2)
    with pytest.raises(ProposalUnavailable, match=r"in time.*tried 2 times"):
        complete(TURNS, quick)


def test_connection_is_used_again(double, asked):
    """Retries and further requests of a session go over one connection."""
    busy = in_json(503, {"error": {"code": 503, "message": "overloaded"}})
    double.play(busy, STREAM, in_json(200, WHOLE), STREAM)
    with Session() as session:
        for _ in range(3):
            assert complete(TURNS, asked, session=session).text == "ls -la"
    assert [request.connection for request in double.requests] == [0, 0, 0, 0]


def test_broken_connection_is_not_used_again(double, asked):
    """After a failure, or a reply that was not read to its end, a new one is made."""
    large = Reply((head(200), b"x" * (5 << 20), End.CLOSE))
    broken = Reply((ENDLESS, chunk(ALIVE), End.CLOSE))
    double.play(large, broken, STREAM)
    with Session() as session:
        with pytest.raises(ProposalUnavailable, match="larger"):
            complete(TURNS, asked, session=session)
        assert complete(TURNS, asked, session=session).text == "ls -la"
    assert [request.connection for request in double.requests] == [0, 1, 2]


def test_connection_that_the_server_closed_is_made_anew(double, asked):
    """A connection closed while nobody used it costs no try."""
    last = Reply((*in_json(200, WHOLE).steps, End.CLOSE))
    double.play(last, STREAM)
    once = replace(asked, attempts=1)
    with Session() as session:
        assert complete(TURNS, once, session=session).text == "ls -la"
        time.sleep(0.05)
        assert complete(TURNS, once, session=session).text == "ls -la"
    assert [request.connection for request in double.requests] == [0, 1]


def test_session_keeps_no_cookie(double, asked):
    """Nothing but the connection outlives an exchange."""
    double.play(in_json(200, WHOLE, ("Set-Cookie", "a=b")), STREAM)
    with Session() as session:
        complete(TURNS, asked, session=session)
        complete(TURNS, asked, session=session)
    assert "cookie" not in dict(double.requests[1].headers)


def test_servers_do_not_share_a_connection(double, asked):
    """Each server of a session is asked over its own connection."""
    double.play(STREAM)
    with Double() as other, Session() as session:
        other.play(STREAM)
        for url in (double.url, other.url, double.url):
            complete(TURNS, replace(asked, base_url=url), session=session)
    assert (len(double.requests), len(other.requests)) == (2, 1)
    assert {request.connection for request in double.requests} == {0}


def test_threads_share_a_session_but_no_connection(double, asked):
    """Requests made at the same time do not wait for each other."""
    both = Barrier(2)

    def together(_: Double) -> Reply:
        both.wait(60)
        return STREAM

    double.play(together)
    with Session() as session, ThreadPoolExecutor(2) as pool:
        asking = [
            pool.submit(complete, TURNS, asked, session=session) for _ in range(2)
        ]
        assert [one.result().text for one in asking] == ["ls -la", "ls -la"]
    assert sorted(request.connection for request in double.requests) == [0, 1]
