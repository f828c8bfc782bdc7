"""What OpenRouter says of a key: its limits and what was spent with it.

https://openrouter.ai/docs/api-reference/limits. The answer's label holds a part of
the key and its creator is a person, so both are not even read.
"""

from decimal import Decimal
from enum import Enum, auto
from typing import Annotated

from pydantic import AliasChoices, Field, ValidationError

from linara_agent.openrouter.endpoint import endpoint
from linara_agent.openrouter.inquiry import answer, inquire, unreadable
from linara_agent.openrouter.options import Options
from linara_agent.openrouter.wire import Count, Maybe, Wire

Dollars = Maybe[Annotated[Decimal, Field(max_digits=30)]]

_OK = range(200, 300)
_REFUSED = (401, 403)


class FreeRequests(Wire):
    """Requests to free models on this day (UTC), of the whole account."""

    used: Count = None
    limit: Count = None
    remaining: Count = None


class Account(Wire):
    """US dollars; None where the server does not say, or where there is no limit.

    The counters lag behind by about a minute.
    """

    limit: Dollars = None
    limit_remaining: Dollars = None
    limit_reset: Maybe[str] = None
    usage: Dollars = None
    usage_daily: Dollars = None
    usage_weekly: Dollars = None
    usage_monthly: Dollars = None
    is_free_tier: Maybe[bool] = None
    is_management_key: Maybe[bool] = Field(
        default=None,
        validation_alias=AliasChoices("is_management_key", "is_provisioning_key"),
    )
    expires_at: Maybe[str] = None
    free_model_daily_requests: Maybe[FreeRequests] = None


class _Reply(Wire):
    data: Account


def account(options: Options) -> Account:
    """Ask OpenRouter about the key in use; costs nothing. Raises Failure."""
    body = answer("/key", endpoint(options), options)
    try:
        return _Reply.model_validate_json(body).data
    except ValidationError:
        raise unreadable("answer about the key") from None


class Confirmation(Enum):
    """What a server says to a key."""

    ACCEPTED = auto()
    REFUSED = auto()
    UNKNOWN = auto()


def confirm(options: Options) -> Confirmation:
    """Ask once whether the server takes the key.

    UNKNOWN means that it answered something else. Raises Failure where it cannot be
    reached, and for a key or an address that nothing is sent with.
    """
    target = endpoint(options)
    path = "/key" if target.official else "/models"
    status = inquire(path, target, options).status
    if status in _REFUSED:
        return Confirmation.REFUSED
    return Confirmation.ACCEPTED if status in _OK else Confirmation.UNKNOWN
