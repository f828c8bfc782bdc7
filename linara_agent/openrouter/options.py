"""What the person chose about the model; known without any HTTP library."""

from dataclasses import dataclass
from typing import Literal

from pydantic import SecretStr

DEFAULT_MODEL = "openrouter/free"
DEFAULT_BASE_URL = "https://openrouter.ai/api/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxPrice:
    """The dearest provider that may answer: US dollars per million tokens."""

    prompt: float | None = None
    completion: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """None and () mean: not sent, so the server's or the provider's default.

    Where and with what patience (times in seconds): `total_s` bounds everything,
    waits between tries included, `connect_s` one connection, `read_s` one silence
    of the server (None: as long as `total_s`). The first wait between tries is a
    random part of `backoff_s`, the next of twice as much; a server that asks for
    more than `longest_wait_s` is not tried again. `cap_bytes` bounds a reply, after
    decompression. `openrouter` says whether the server knows OpenRouter's own
    fields; None means: if its host is openrouter.ai.

    The request (https://openrouter.ai/docs/api-reference/parameters): `max_tokens`
    counts thinking and answer together; `stream` lets the reply come in pieces,
    which shows that the server lives; `stop` holds up to four texts that end the
    answer, `effort` how hard to think (none … max).

    OpenRouter's own, left out for other servers
    (https://openrouter.ai/docs/guides/routing/provider-selection): up to three
    `fallbacks` are tried in order when `model` cannot answer; `data_collection`
    "deny" skips providers that keep or train on prompts, `zdr` keeps those that
    store nothing, which both rule out most free ones; `only` and `ignore` name
    providers; `allow_fallbacks` False forbids another provider than the first;
    `referer` and `title` name the program to OpenRouter and are plain ASCII.
    """

    key: SecretStr | None = None
    model: str = DEFAULT_MODEL
    base_url: str = DEFAULT_BASE_URL
    openrouter: bool | None = None

    total_s: float = 60.0
    connect_s: float = 10.0
    read_s: float | None = None
    attempts: int = 3
    backoff_s: float = 0.5
    longest_wait_s: float = 60.0
    cap_bytes: int = 4 << 20

    max_tokens: int = 1024
    temperature: float | None = None
    top_p: float | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    stream: bool = True
    effort: str | None = None

    fallbacks: tuple[str, ...] = ()
    data_collection: Literal["allow", "deny"] = "allow"
    zdr: bool = False
    only: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    allow_fallbacks: bool | None = None
    max_price: MaxPrice | None = None
    referer: str | None = None
    title: str | None = "linara-agent"

    @property
    def secret(self) -> str | None:
        """The usable key, None if there is none; never keep it in a variable."""
        if self.key is None:
            return None
        return self.key.get_secret_value().strip() or None
