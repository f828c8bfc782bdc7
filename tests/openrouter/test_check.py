"""What `doctor` learns about the key and the model."""

from dataclasses import replace

import pytest

from linara_agent.openrouter.check import check

KEY_REPORT = {
    "data": {
        "label": "sk-or-v1-012...def",
        "creator_user_id": "user_2abcDEF12345",
        "limit": None,
        "limit_remaining": None,
        "is_free_tier": True,
        "free_model_daily_requests": {"used": 12, "limit": 50, "remaining": 38},
    }
}


def listed(id: str, prompt: object = "0", **more: object) -> dict[str, object]:
    pricing = {"prompt": prompt, "completion": "0", "request": None}
    return {"id": id, "pricing": pricing, "context_length": None, **more}


MODELS = {
    "data": [
        listed("a/free"),
        listed("a/paid", "0.00000015"),
        listed("a/varies", "-1"),
        listed("a/named:free", ["?"]),
        listed("a/priced:free", "0.1"),
        listed("~a/latest", expiration_date=None),
        listed("a/ending", expiration_date="2026-12-01"),
        listed("a/odd", ["?"]),
        {"name": "no id"},
        "?",
    ]
}


def run(server, options, model: str = "a/free", key_report: object = None):
    server.send(200, KEY_REPORT if key_report is None else key_report)
    server.send(200, MODELS)
    return list(check(replace(options, model=model)))


def test_all_is_well(server, options, key):
    """A working key and a free model are two lines without a remedy."""
    first, second = run(server, options)
    assert (first.name, first.ok, first.remedy) == ("model key", True, None)
    assert "38 of 50 free requests" in first.detail
    assert (second.name, second.ok, second.remedy) == ("model", True, None)
    assert "available and free" in second.detail
    assert [(r.method, r.path) for r in server.requests] == [
        ("GET", "/api/v1/key"),
        ("GET", "/api/v1/models"),
    ]
    assert server.requests[0].headers["authorization"] == f"Bearer {key}"


def test_neither_label_nor_account_is_shown(server, options):
    """What identifies the key or the person is not printed."""
    shown = str(run(server, options))
    assert "012" not in shown
    assert "user_2" not in shown


@pytest.mark.parametrize(
    ("model", "ok", "detail"),
    [
        ("a/named:free", True, "free"),
        ("a/priced:free", False, "costs money"),
        ("~a/latest", True, "free"),
        ("a/free:nitro", True, "free"),
        ("a/odd", True, "is available."),
        ("openrouter/free", True, "any free model"),
        ("@preset/mine", True, "preset"),
        ("a/paid", False, "costs money"),
        ("a/varies", False, "costs money"),
        ("a/ending", False, "about to be retired"),
        ("a/gone\x1b[2J", False, "does not list the model a/gone."),
    ],
)
def test_model_is_looked_up(server, options, model, ok, detail):
    """Missing, priced and retiring models are warnings, never failures."""
    line = run(server, options, model)[1]
    assert (line.ok, line.required) == (ok, ok)
    assert detail in line.detail
    assert (line.remedy is None) is ok


@pytest.mark.parametrize(
    ("report", "ok", "detail"),
    [
        ({"data": {}}, True, "is accepted."),
        ({"data": {"limit": 5, "limit_remaining": 0}}, False, "limit is reached"),
        ({"data": {"is_management_key": True}}, False, "management key"),
        ({"nothing": 1}, False, "cannot be read"),
    ],
)
def test_key_report_is_read(server, options, report, ok, detail):
    """A key that works, is used up, of the wrong kind, or unknown is told apart."""
    line = run(server, options, key_report=report)[0]
    assert (line.ok, line.required) == (ok, True)
    assert detail in line.detail


def test_used_up_free_requests_are_a_warning(server, options):
    """No free request left today is no failure of the set-up."""
    report = {"data": {"free_model_daily_requests": {"limit": 50, "remaining": 0}}}
    line = run(server, options, key_report=report)[0]
    assert (line.ok, line.required) == (False, False)
    assert "0 of 50" in line.detail


def test_refused_key_is_a_failure(server, options):
    """A configured key that is refused breaks the main path."""
    server.send(401, {"error": {"code": 401, "message": "User not found."}})
    server.send(200, MODELS)
    first, second = check(replace(options, model="a/free"))
    assert (first.ok, first.required) == (False, True)
    assert "does not accept the key" in first.detail
    assert first.remedy
    assert second.ok


def test_no_key_is_a_hint_only(server, options):
    """Without a key recipes answer; nothing is asked, and the way to a key is named."""
    (line,) = check(replace(options, key=None))
    assert (line.ok, line.required) == (False, False)
    assert line.remedy
    assert "OPENROUTER_API_KEY" in line.remedy
    assert server.requests == []


def test_unusable_address_is_a_failure(options):
    """A base URL that no key may go to is named before anything is sent."""
    (line,) = check(replace(options, base_url="http://example.org/v1"))
    assert (line.ok, line.required) == (False, True)
    assert "only https" in line.detail


def test_other_server_is_asked_for_its_models_only(server, options):
    """A server on this machine has no /key; not answering is a failure there."""
    server.send(200, MODELS)
    local = replace(options, openrouter=False, key=None, model="a/free")
    (line,) = check(local)
    assert (line.ok, server.requests[0].path) == (True, "/api/v1/models")
    (line,) = check(replace(local, base_url="http://127.0.0.1:1/v1"))
    assert (line.ok, line.required) == (False, True)


def test_unreadable_list_is_a_warning(server, options):
    """A list of models that is none does not fail the set-up."""
    server.send(200, KEY_REPORT)
    server.send(200, b"<html>")
    line = list(check(options))[1]
    assert (line.ok, line.required) == (False, False)


def test_each_fallback_is_looked_up(server, options):
    """One that is gone or priced is a line of its own; a good one none."""
    server.send(200, KEY_REPORT)
    server.send(200, MODELS)
    named = replace(options, model="a/free", fallbacks=("a/gone", "a/free", "a/paid"))
    _, model, *lines = check(named)

    assert model.ok
    assert [(line.ok, line.required) for line in lines] == [(False, False)] * 2
    assert "does not list the model a/gone" in lines[0].detail
    assert "a/paid is available and costs money" in lines[1].detail
