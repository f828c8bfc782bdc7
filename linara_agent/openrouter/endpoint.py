"""Where requests go, and whether a key may go there."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from linara_agent.openrouter.errors import unusable_address
from linara_agent.openrouter.options import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """`url` has no slash at its end; `official` servers know OpenRouter's fields."""

    url: str
    loopback: bool
    official: bool


def endpoint(options: Options) -> Endpoint:
    """Read the base URL; raises SettingsProblem for one that would expose the key."""
    try:
        parts = urlsplit(options.base_url.strip())
        host = (parts.hostname or "").rstrip(".")
        reason = _objection(parts, host)
    except ValueError as exc:  # a bad port or bracket
        raise unusable_address("it cannot be read") from exc
    if reason is not None:
        raise unusable_address(reason)
    ours = host == "openrouter.ai" or host.endswith(".openrouter.ai")
    return Endpoint(
        url=parts.geturl().rstrip("/"),
        loopback=_is_loopback(host),
        official=ours if options.openrouter is None else options.openrouter,
    )


def _objection(parts: SplitResult, host: str) -> str | None:
    _ = parts.port  # raises ValueError if it is not a number in range
    if not host:
        return "it names no host"
    if parts.username is not None or parts.password is not None:
        return "it contains a user name or a password"
    if parts.query or parts.fragment:
        return "it contains a query or a fragment"
    if parts.scheme == "https":
        return None
    if parts.scheme == "http" and _is_loopback(host):
        return None
    return "only https is safe for a key, except on this machine itself"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
