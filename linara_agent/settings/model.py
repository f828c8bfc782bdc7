"""The settings of the model: what each may be, and the variable that holds it.

What they mean to OpenRouter is told at
https://openrouter.ai/docs/api-reference/parameters and
https://openrouter.ai/docs/guides/routing/provider-selection.
"""

import json
from decimal import Decimal
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic import SecretStr as Secret

_MOST_FALLBACKS = 3
_MOST_STOPS = 4
_LONGEST_ANSWER = 1_000_000


def _split(value: object) -> object:
    """A list as text: words between commas, or a JSON list where those matter."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return [word for part in value.split(",") if (word := part.strip())]


def _without_password(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        raise ValueError("it cannot be read as an address") from None
    if parts.username is not None or parts.password is not None:
        raise ValueError("an address here has no user name and no password")
    return url.strip()


def _ascii(text: str) -> str:
    if not (text.isascii() and text.isprintable()):
        raise ValueError("a header holds plain ASCII only")
    return text


_Words = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_split)
]
_Header = Annotated[str, Field(max_length=200), AfterValidator(_ascii)]
_Seconds = Annotated[float, Field(gt=0, le=600)]
_Dollars = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]


class ModelSettings(BaseModel):
    """Times in seconds, money in US dollars, `max_*_price` per million tokens.

    None and () mean that nothing is sent, so the server's default holds.
    `openrouter` says whether the server knows OpenRouter's own fields, as a gateway to
    it may; None means: if its host is openrouter.ai.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, protected_namespaces=()
    )

    key: Secret | None = None
    model: Annotated[str, Field(min_length=1)] = "openrouter/free"
    fallbacks: Annotated[_Words, Field(max_length=_MOST_FALLBACKS)] = ()
    base_url: Annotated[str, AfterValidator(_without_password)] = (
        "https://openrouter.ai/api/v1"
    )
    openrouter: bool | None = None
    deadline_s: _Seconds = 60.0
    connect_s: _Seconds = 10.0

    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    max_tokens: Annotated[int, Field(ge=1, le=_LONGEST_ANSWER)] = 1024
    stop: Annotated[_Words, Field(max_length=_MOST_STOPS)] = ()
    seed: int | None = None
    stream: bool = True
    effort: (
        Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None
    ) = None

    data_collection: Literal["allow", "deny"] = "allow"
    zdr: bool = False
    only: _Words = ()
    ignore: _Words = ()
    allow_fallbacks: bool | None = None
    max_prompt_price: _Dollars | None = None
    max_completion_price: _Dollars | None = None
    referer: _Header | None = None
    title: _Header | None = "linara-agent"

    context: Literal["none", "cwd", "tree"] = "cwd"
    cache: bool = True
    max_cost: _Dollars | None = None
    daily_budget: _Dollars | None = None


MODEL_PREFIX = "LINARA_MODEL_"

_OLDER_NAMES = {
    "key": "OPENROUTER_API_KEY",
    "model": "OPENROUTER_MODEL",
    "base_url": "OPENROUTER_BASE_URL",
    "data_collection": "LINARA_DATA_COLLECTION",
    "deadline_s": f"{MODEL_PREFIX}DEADLINE",
    "connect_s": f"{MODEL_PREFIX}CONNECT",
}

MODEL_VARIABLES = {
    name: _OLDER_NAMES.get(name, f"{MODEL_PREFIX}{name.upper()}")
    for name in ModelSettings.model_fields
}
