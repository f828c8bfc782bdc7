"""What the person chose about the model; known without any HTTP library."""

from dataclasses import dataclass
from typing import Literal

from pydantic import SecretStr

DEFAULT_MODEL = "openrouter/free"
DEFAULT_BASE_URL = "https://openrouter.ai/api/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Times in seconds, `max_tokens` for thinking and answer together.

    `total_s` bounds everything, waits between tries included; `connect_s` one
    connection. The first wait between tries is a random part of `backoff_s`, the
    next of twice as much; a server that asks for more than `longest_wait_s` is
    not tried again. `openrouter` says whether the server knows OpenRouter's own
    fields; None means: if its host is openrouter.ai. `temperature` None leaves
    the provider's default. `data_collection` "deny" skips providers that keep or
    train on prompts, which rules out most free ones.
    """

    key: SecretStr | None = None
    model: str = DEFAULT_MODEL
    base_url: str = DEFAULT_BASE_URL
    total_s: float = 60.0
    connect_s: float = 10.0
    max_tokens: int = 1024
    temperature: float | None = None
    data_collection: Literal["allow", "deny"] = "allow"
    attempts: int = 3
    backoff_s: float = 0.5
    longest_wait_s: float = 60.0
    openrouter: bool | None = None

    @property
    def secret(self) -> str | None:
        """The usable key, None if there is none; never keep it in a variable."""
        if self.key is None:
            return None
        return self.key.get_secret_value().strip() or None
