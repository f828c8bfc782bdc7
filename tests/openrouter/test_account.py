"""What OpenRouter says of a key, and whether a server takes one."""

from dataclasses import replace
from decimal import Decimal

import pytest

from linara_agent.openrouter.account import Confirmation, account, confirm
from linara_agent.openrouter.errors import Failure

REPORT = {
    "data": {
        "label": "sk-or-v1-012...def",
        "creator_user_id": "user_2abcDEF12345",
        "limit": 5,
        "limit_remaining": 4.9,
        "limit_reset": "monthly",
        "usage": 0.1,
        "usage_daily": 0.00012345,
        "usage_weekly": "?",
        "is_free_tier": False,
        "expires_at": None,
        "free_model_daily_requests": {"used": 12, "limit": 50, "remaining": 38},
        "rate_limit": {"requests": -1},
    }
}


def test_an_account_is_read(server, options):
    """Amounts as they were written, an odd one as not said, and no name of anybody."""
    server.send(200, REPORT)
    found = account(options)

    assert (found.limit, found.limit_remaining) == (Decimal(5), Decimal("4.9"))
    assert (found.usage_daily, found.usage_weekly) == (Decimal("0.00012345"), None)
    assert found.free_model_daily_requests is not None
    assert found.free_model_daily_requests.remaining == 38
    assert "sk-or" not in repr(found)
    assert "user_2" not in repr(found)


def test_the_free_tier_has_no_limit(server, options):
    """No limit is told as None, and fields that came later may be missing."""
    server.send(200, {"data": {"limit": None, "is_free_tier": True}})
    found = account(options)

    assert (found.limit, found.is_free_tier) == (None, True)
    assert found.free_model_daily_requests is None


@pytest.mark.parametrize("body", [b"", b"[]", b'{"data": null}', b"<html>"])
def test_an_answer_that_is_none_is_a_failure(server, options, body: bytes):
    """Nothing is made up."""
    server.send(200, body)
    with pytest.raises(Failure, match="cannot be read"):
        account(options)


def test_a_refused_key_is_a_failure(server, options):
    """As it is when a model is asked."""
    server.send(401, {"error": {"code": 401, "message": "User not found."}})
    with pytest.raises(Failure, match="does not accept the key"):
        account(options)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (200, Confirmation.ACCEPTED),
        (401, Confirmation.REFUSED),
        (403, Confirmation.REFUSED),
        (500, Confirmation.UNKNOWN),
        (307, Confirmation.UNKNOWN),
        (404, Confirmation.UNKNOWN),
    ],
)
def test_a_key_is_confirmed_once(server, options, status: int, said: Confirmation):
    """One request, with the key in its header alone, and never a second try."""
    server.send(status, b"")

    assert confirm(options) is said
    (request,) = server.requests
    assert (request.method, request.path) == ("GET", "/api/v1/key")
    assert request.headers["authorization"] == f"Bearer {options.secret}"


def test_another_server_is_asked_for_its_models(server, options):
    """It has no page about keys."""
    server.send(200, {"data": []})

    assert confirm(replace(options, openrouter=False)) is Confirmation.ACCEPTED
    assert server.requests[0].path == "/api/v1/models"
