"""Server-sent events from bytes that are cut anywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linara_agent.errors import ProposalUnavailable
from linara_agent.openrouter.event_stream import EventStream

ENDS = ("\n", "\r\n", "\r")


def read(*chunks: bytes, limit: int = 1000) -> tuple[list[bytes], int]:
    stream = EventStream(limit)
    events = [event for chunk in chunks for event in stream.feed(chunk)]
    return [*events, *stream.end()], stream.comments


@given(
    data=st.lists(st.text(st.characters(exclude_characters="\r\n"), min_size=1)),
    end=st.sampled_from(ENDS),
    space=st.sampled_from(("", " ")),
    cuts=st.lists(st.integers(0, 400)),
)
def test_events_are_the_same_however_they_are_cut(data, end, space, cuts):
    """Line ends, the space after the colon and the packets make no difference."""
    data = [text for text in data if text.strip(" ")]
    text = "".join(f"data:{space}{one}{end}:alive{end}{end}" for one in data)
    whole = text.encode(errors="surrogatepass")
    places = sorted({min(cut, len(whole)) for cut in cuts} | {0, len(whole)})
    chunks = [
        whole[a:b] for a, b in zip(places, [*places[1:], len(whole)], strict=True)
    ]
    wanted = [
        one.removeprefix("" if space else " ").encode(errors="surrogatepass")
        for one in data
    ]
    assert read(*chunks) == (wanted, len(data))


def test_lines_of_one_event_are_joined():
    """Several data lines are one event; other fields are passed over."""
    content = b"event: x\nid: 1\ndata: {\ndata: }\nretry: 5\n\ndata\n\ndata: y\n\n"
    assert read(content) == ([b"{\n}", b"", b"y"], 0)


def test_cut_line_end_is_one_line_end():
    """A CRLF that comes in two packets does not end the event."""
    assert read(b"data: {\r", b"\ndata: }\r", b"\n\r", b"\n") == ([b"{\n}"], 0)


def test_byte_order_mark_is_dropped():
    """A stream may start with a byte order mark."""
    assert read(b"\xef\xbb\xbfdata: x\n\n") == ([b"x"], 0)


def test_last_event_needs_no_blank_line():
    """An event that only lacks the blank line at the end of the stream counts."""
    assert read(b"data: x\n\ndata: [DONE]") == ([b"x", b"[DONE]"], 0)


@pytest.mark.parametrize("piece", [b"data: xxxx", b"data: xxxx\n", b":xxxx"])
def test_nothing_grows_without_bound(piece):
    """Neither a line without an end nor an event without an end is kept for ever."""
    with pytest.raises(ProposalUnavailable, match="larger than 50 bytes"):
        read(b"data: ", *[piece] * 100, limit=50)
