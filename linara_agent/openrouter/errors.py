"""What can go wrong on the way to a model, each as a ProposalUnavailable.

    ProposalUnavailable
    └── Failure      one try failed; `again` says whether another may help

Everything httpx can raise is mapped by `transport`, everything a server can
report by `refusals.reported`, everything a model can answer by `answer`.
"""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from linara_agent.core.attempt import FailedReply
from linara_agent.core.proposal import Usage
from linara_agent.errors import SettingsProblem
from linara_agent.openrouter.options import Options
from linara_agent.openrouter.server_text import plain, redacted

NOT_DONE = "No command was proposed, and nothing was run."
RECIPES = "`--provider recipes` answers everyday requests without a model."


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """Another try may help: after `wait_s` if the server said so, `most` times."""

    wait_s: float | None = None
    most: int | None = None


class Failure(FailedReply):
    """One try failed; `again` is None when the next one would fail as well.

    `usage` is what was billed nevertheless, None if the server did not say. `offline`:
    no model can be reached from here now, whatever is asked.
    """

    def __init__(
        self,
        what: str,
        *,
        remedy: str,
        again: Again | None = None,
        usage: Usage | None = None,
        offline: bool = False,
    ) -> None:
        super().__init__(what, not_done=NOT_DONE, remedy=remedy)
        self.again = again
        self.usage = usage
        self.offline = offline


FOREIGN = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict)
"""The roots of httpx's exceptions."""

_ONLINE = (
    "Check the network connection and the server's address"
    f" (`linara-agent config show`), and try again; {RECIPES}"
)
_BUG = "Run the command again with `--debug` and report what it prints."


@dataclass(frozen=True, slots=True)
class _Kind:
    what: str
    remedy: str
    retry: bool = False


_UNREACHABLE = _Kind("The model's server cannot be reached", _ONLINE, retry=True)
_SLOW = _Kind("The model's server did not answer in time", _ONLINE, retry=True)
_BROKEN = _Kind("The connection to the model's server broke", _ONLINE, retry=True)
_MISUSED = _Kind("The request to the model's server could not be built", _BUG)

# The most specific classes first; the first that fits decides.
_TRANSPORT: tuple[tuple[type[Exception], _Kind], ...] = (
    (httpx.ConnectTimeout, _UNREACHABLE),
    (httpx.ConnectError, _UNREACHABLE),
    (httpx.TimeoutException, _SLOW),
    (httpx.NetworkError, _BROKEN),
    (
        httpx.ProxyError,
        _Kind(
            "The proxy refused the connection to the model's server",
            "Check HTTPS_PROXY and ALL_PROXY in the environment.",
        ),
    ),
    (httpx.LocalProtocolError, _MISUSED),
    (httpx.ProtocolError, _BROKEN),
    (
        httpx.UnsupportedProtocol,
        _Kind(
            "The model's address is not one of http or https",
            "Correct the base URL in the settings.",
        ),
    ),
    (
        httpx.InvalidURL,
        _Kind(
            "The model's address cannot be used",
            "Correct the base URL in the settings.",
        ),
    ),
    (
        httpx.DecodingError,
        _Kind("The server's reply is compressed in a way that cannot be read", _ONLINE),
    ),
    (
        httpx.TooManyRedirects,
        _Kind(
            "The model's server sends the request elsewhere",
            "Correct the base URL in the settings.",
        ),
    ),
    (
        httpx.TransportError,
        _Kind("The request to the model's server failed", _ONLINE),
    ),
    (httpx.RequestError, _Kind("The request to the model's server failed", _ONLINE)),
    (
        httpx.HTTPStatusError,
        _Kind("The model's server refused the request", _ONLINE),
    ),
    (httpx.StreamError, _MISUSED),
    (httpx.CookieConflict, _MISUSED),
    (httpx.HTTPError, _Kind("The request to the model's server failed", _ONLINE)),
)

_UNTRUSTED = _Kind(
    "No secure connection to the model's server could be made",
    "Check the base URL and the clock; behind a company's proxy, name its "
    "certificates in SSL_CERT_FILE.",
)


def transport(exc: Exception, options: Options) -> Failure:
    """What one of httpx's exceptions means to a person."""
    kind = _UNTRUSTED if _is_about_tls(exc) else _transport_kind(exc)
    cause = plain(str(exc), options, limit=160)
    # The wrong address is the likeliest reason, and it holds no password.
    where = f" at {options.base_url}" if kind is _UNREACHABLE else ""
    what = f"{kind.what}{where}: {cause}." if cause else f"{kind.what}{where}."
    return Failure(
        what,
        remedy=kind.remedy,
        again=Again() if kind.retry else None,
        offline=kind.remedy is _ONLINE,
    )


def _transport_kind(exc: Exception) -> _Kind:
    return next(kind for cls, kind in _TRANSPORT if isinstance(exc, cls))


def _is_about_tls(exc: BaseException) -> bool:
    wrong = (ssl.SSLCertVerificationError, ssl.SSLError)
    lost = (ssl.SSLEOFError, ssl.SSLZeroReturnError)
    return any(
        isinstance(link, wrong) and not isinstance(link, lost) for link in chain(exc)
    )


def chain(exc: BaseException) -> Iterator[BaseException]:
    """The exception and everything it was raised from, each once."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [exc]
    while waiting:
        link = waiting.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        waiting += [link.__cause__, link.__context__]


_PACKAGE = str(Path(__file__).parent)


def without_secrets(exc: Exception, options: Options) -> None:
    """Take the key out of an exception, its causes and their tracebacks.

    The frames of the HTTP libraries hold the headers in their local variables,
    and some traceback printers show those; only our own frames stay.
    """
    for link in chain(exc):
        link.args = tuple(
            redacted(arg, options) if isinstance(arg, str) else arg for arg in link.args
        )
        trace = link.__traceback__
        if trace is None or not _is_ours(trace.tb_frame.f_code.co_filename):
            link.__traceback__ = None
            continue
        while trace.tb_next is not None:
            if not _is_ours(trace.tb_next.tb_frame.f_code.co_filename):
                trace.tb_next = None
                break
            trace = trace.tb_next


def _is_ours(filename: str) -> bool:
    return filename.startswith(_PACKAGE)


def no_key() -> Failure:
    return Failure(
        "No OpenRouter key is configured.",
        remedy="Put the key into the keyring (`linara-agent key set`) or into "
        f"OPENROUTER_API_KEY (environment or .env); {RECIPES}",
    )


def malformed_key() -> Failure:
    return Failure(
        "The configured OpenRouter key contains spaces, line breaks or characters "
        "that a key cannot have.",
        remedy="Copy the key again from https://openrouter.ai/settings/keys.",
    )


def repeated_key() -> Failure:
    return Failure(
        "The model's answer holds your key, so it is not used.",
        remedy="Choose another model or server; if it is not yours, replace the key.",
    )


def unusable_address(reason: str) -> SettingsProblem:
    return SettingsProblem(
        f"The configured base URL of the model cannot be used: {reason}.",
        not_done="No model was asked, and nothing ran.",
        remedy="Correct the base URL in the settings, for example to "
        "https://openrouter.ai/api/v1.",
    )


def unusable_setting(what: str, remedy: str) -> Failure:
    return Failure(f"{what}; no request was sent.", remedy=remedy)


def unusable_client(exc: Exception, options: Options) -> Failure:
    cause = plain(str(exc), options, limit=160)
    return Failure(
        f"The connection to the model's server could not be prepared: {cause}.",
        remedy="Check the proxy and certificate variables in the environment "
        "(HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE, SSL_CERT_DIR).",
    )


def out_of_time(options: Options) -> Failure:
    return Failure(
        f"The model did not answer within {options.total_s:g} seconds.",
        remedy="Try again, choose a faster model, or raise the time limit in the "
        f"settings; {RECIPES}",
    )


def too_large(limit: int) -> Failure:
    return Failure(
        f"The server's reply is larger than {limit} bytes, so it was not read.",
        remedy="Check the base URL in the settings, or choose another model.",
    )


def wrongly_compressed() -> Failure:
    return Failure(
        "The server's reply is compressed in a way that was not asked for, so it was"
        " not read.",
        remedy="Check the base URL in the settings, or choose another model.",
    )


def wait_too_long(failure: Failure, wait_s: float) -> Failure:
    """The same failure, when the server wants more patience than there is."""
    return Failure(
        f"{failure.what} The server asks to wait {wait_s:.0f} seconds.",
        remedy=f"Try again after that time, or choose another model; {RECIPES}",
        usage=failure.usage,
    )
