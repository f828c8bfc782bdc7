"""How long to wait before another try, and when to give up.

The wait is random between nothing and a bound that doubles each time ("full
jitter"), and comes on top of what the server asks for (Retry-After, else
X-RateLimit-Reset). A chat completion is billed anew with every try, so there are few.
"""

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import SystemRandom

from linara_agent.openrouter.errors import Failure, wait_too_long
from linara_agent.openrouter.options import Options
from linara_agent.openrouter.wire import Fault

_SECONDS = re.compile(r"\d{1,9}(?:\.\d{1,9})?")
_FIRST_MS = 10**11
"""A reset above this is in milliseconds; in seconds it would be the year 5138."""


class Patience:
    """One request's tries: asked after each failure whether to wait, and how long."""

    def __init__(self, options: Options, deadline: float) -> None:
        self._options = options
        self._deadline = deadline
        self._tries = 0
        self._asked: float | None = None

    def wait(self, exc: Exception) -> bool | float:
        """Seconds until the next try, or False to give up."""
        self._tries += 1
        if not isinstance(exc, Failure) or exc.again is None:
            return False
        if exc.again.most is not None and self._tries > exc.again.most:
            return False
        asked = exc.again.wait_s
        wait = self._jitter() + (asked or 0.0)
        left = self._deadline - time.monotonic()
        if wait >= left or (asked or 0.0) > self._options.longest_wait_s:
            self._asked = asked
            return False
        return wait

    def _jitter(self) -> float:
        bound = self._options.backoff_s * 2 ** (self._tries - 1)
        return SystemRandom().uniform(0, min(bound, self._options.longest_wait_s))

    def explained(self, failure: Failure) -> Failure:
        """The failure that ends it, with what the waiting came to."""
        if self._asked is not None:
            return wait_too_long(failure, self._asked)
        if self._tries > 1:
            what = f"{failure.what} It was tried {self._tries} times."
            failure = Failure(
                what,
                remedy=failure.remedy,
                usage=failure.usage,
                offline=failure.offline,
            )
        return failure


def asked_wait(headers: Mapping[str, str], fault: Fault) -> float | None:
    """Seconds that the server asks to wait; None without a sensible wish.

    `headers` have lower-case names.
    """
    wish = _retry_after(headers.get("retry-after", ""))
    if wish is None and fault.availability is not None:
        wish = fault.availability.retry_after
    if wish is None:
        reset = reset_moment(headers, fault)
        wish = None if reset is None else reset.timestamp() - time.time()
    return None if wish is None else max(0.0, wish)


def _retry_after(value: str) -> float | None:
    """Seconds or an HTTP date (RFC 9110, 10.2.3)."""
    value = value.strip()
    if _SECONDS.fullmatch(value):
        return float(value)
    try:
        return parsedate_to_datetime(value).timestamp() - time.time()
    except (ValueError, OverflowError):
        return None


def reset_moment(headers: Mapping[str, str], fault: Fault) -> datetime | None:
    """When the limit starts anew: X-RateLimit-Reset, or `resets_at` in ISO 8601."""
    inner = fault.details.headers or {}
    values = (
        headers.get("x-ratelimit-reset"),
        *(
            value
            for name, value in inner.items()
            if name.lower() == "x-ratelimit-reset"
        ),
        fault.details.resets_at,
    )
    moments = (_moment(str(value)) for value in values if value is not None)
    return next((moment for moment in moments if moment is not None), None)


def _moment(value: str) -> datetime | None:
    try:
        if value.isdigit():
            number = int(value[:20])
            seconds = number / 1000 if number > _FIRST_MS else number
            return datetime.fromtimestamp(seconds, tz=UTC)
        moment = datetime.fromisoformat(value)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
