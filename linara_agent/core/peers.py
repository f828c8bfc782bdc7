"""Whom a preview with an open network was seen to speak to."""

import ipaddress
from collections.abc import Iterable

from linara_agent.core.decision import Decision
from linara_agent.core.policy.verdict import Finding

RULE = "network-open"
_NAMED = 5
_WORD = 8  # hex digits of 32 bits, in the byte order of the machine (little-endian)


def peer(line: str) -> str | None:
    """`PROTOCOL ADDRESS:PORT` of a remote side as /proc/net/{tcp,udp} has it.

    None for no address, and for what is no such line.
    """
    protocol, _, where = line.partition(" ")
    address, _, port = where.partition(":")
    try:
        words = [address[at : at + _WORD] for at in range(0, len(address), _WORD)]
        packed = b"".join(bytes.fromhex(word)[::-1] for word in words)
        ip, number = ipaddress.ip_address(packed), int(port, 16)
    except ValueError:
        return None
    if ip.is_unspecified or ip.is_loopback:
        return None
    if isinstance(ip, ipaddress.IPv6Address):
        return f"{protocol} [{ip}]:{number}"
    return f"{protocol} {ip}:{number}"


def peers(lines: Iterable[str]) -> tuple[str, ...]:
    """Each remote side once, in order."""
    return tuple(sorted({one for one in map(peer, lines) if one is not None}))


def finding(connections: tuple[str, ...]) -> Finding:
    """What an open network means for the preview; at least `review`."""
    shown = ", ".join(connections[:_NAMED])
    more = len(connections) - _NAMED
    seen = f"{shown}{f' and {more} more' if more > 0 else ''}" if shown else "nobody"
    return Finding(
        rule=RULE,
        decision=Decision.REVIEW,
        reason=f"the network was open to the preview, which spoke to {seen}; what was"
        " sent and refused, and short exchanges (names asked for), are not seen, and"
        " what it did elsewhere is done",
    )
