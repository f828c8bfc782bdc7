"""Remote sides as the kernel writes them."""

import pytest

from linara_agent.core.decision import Decision
from linara_agent.core.peers import finding, peer, peers


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("tcp 0200A8C0:0050", "tcp 192.168.0.2:80"),
        ("udp 08080808:0035", "udp 8.8.8.8:53"),
        ("tcp6 B80D0120000000000000000001000000:01BB", "tcp6 [2001:db8::1]:443"),
        ("tcp 00000000:0000", None),
        ("tcp6 00000000000000000000000000000000:0000", None),
        ("tcp 0100007F:0050", None),
        ("", None),
        ("tcp x:y", None),
        ("tcp 0200:0050", None),
    ],
)
def test_one(line: str, expected: str | None):
    """An address of this machine, none at all, or what is no line, is nobody."""
    assert peer(line) == expected


def test_all():
    """Each is named once, whatever else the twin reported."""
    lines = ["tcp 0200A8C0:0050", "tcp 0200A8C0:0050", "?", "tcp 00000000:0000"]
    assert peers(lines) == ("tcp 192.168.0.2:80",)


def test_an_open_network_is_never_silent():
    """It is said even where nobody was seen."""
    assert finding(()).decision is Decision.REVIEW
    assert "spoke to nobody" in finding(()).reason
    assert "tcp 5 and 1 more" in finding(tuple(f"tcp {n}" for n in "123456")).reason
