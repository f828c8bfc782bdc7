"""The models that a server offers, from it or from the copy of an hour."""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from linara_agent.openrouter.errors import Failure
from linara_agent.openrouter.models import (
    FRESH_S,
    Model,
    fetched,
    kept_listing,
    listing,
    lookup,
)

NOW = 1_800_000_000.0

LISTED = {
    "data": [
        {
            "id": "a/priced",
            "name": "A",
            "context_length": 131072,
            "pricing": {"prompt": "0.00000015", "completion": "6e-7", "request": "0"},
            "supported_parameters": ["temperature", "structured_outputs"],
            "expiration_date": None,
        },
        {
            "id": "a/zero",
            "context_length": None,
            "top_provider": {"context_length": 8192},
            "pricing": {"prompt": "0", "completion": "0"},
            "supported_parameters": [],
            "expiration_date": "2026-12-01",
        },
        {"id": "a/named:free"},
        {"id": "a/priced:free", "pricing": {"prompt": "0", "completion": "0.1"}},
        {"id": "~a/latest", "pricing": {"prompt": "-1", "completion": "-1"}},
        {"id": "openrouter/free", "pricing": {"prompt": "-1", "completion": "-1"}},
        {"id": "a/odd", "pricing": {"prompt": "cheap", "completion": ["?"]}},
        {"id": "a/vast", "pricing": {"prompt": "1e99999999", "completion": "NaN"}},
        {"id": "a/bare"},
        {"id": "a/escape\x1b[2J"},
        {"id": 7},
        {"name": "no id"},
        "?",
    ]
}  # fmt: skip


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def told(server, options) -> dict[str, Model]:
    server.send(200, LISTED)
    return {model.id: model for model in fetched(options)}


def test_what_a_list_says_is_kept_exactly(server, options):
    """Prices are decimals of their texts, what is missing is None, oddities are out."""
    found = told(server, options)

    assert found["a/priced"] == Model(
        id="a/priced",
        prompt_price=Decimal("0.00000015"),
        completion_price=Decimal("0.0000006"),
        request_price=Decimal(0),
        context=131072,
        parameters=("temperature", "structured_outputs"),
    )
    assert found["a/zero"] == Model(
        id="a/zero",
        prompt_price=Decimal(0),
        completion_price=Decimal(0),
        request_price=Decimal(0),
        context=8192,
        parameters=(),
        expires="2026-12-01",
        free=True,
    )
    assert found["a/bare"] == Model(id="a/bare")
    assert set(found) == {
        "a/priced", "a/zero", "a/named:free", "a/priced:free", "~a/latest",
        "openrouter/free", "a/odd", "a/vast", "a/bare",
    }  # fmt: skip


def test_a_price_that_varies_is_no_price(server, options):
    """It is not free, and it is not below zero; the router of free models is free."""
    found = told(server, options)

    varies = found["~a/latest"]
    assert (varies.varies, varies.free, varies.prompt_price) == (True, False, None)
    for name in ("a/odd", "a/vast"):
        odd = found[name]
        assert (odd.varies, odd.free, odd.prompt_price) == (False, False, None)
    assert found["a/named:free"].free
    assert not found["a/priced:free"].free
    assert (found["openrouter/free"].free, found["openrouter/free"].varies) == (
        True,
        False,
    )


def test_whether_a_schema_can_be_asked_for(server, options):
    """Yes, no, or not said."""
    found = told(server, options)

    assert [found[f"a/{one}"].structured for one in ("priced", "zero", "bare")] == [
        True, False, None,
    ]  # fmt: skip


def test_the_list_is_kept_for_an_hour(server, options, cache: Path):
    """Within it the server is not asked, after it once more; `refresh` asks anyway."""
    server.send(200, LISTED)
    first = listing(options, cache=cache, now=NOW)
    again = listing(options, cache=cache, now=NOW + FRESH_S - 1)
    assert (again, len(server.requests)) == (first, 1)
    listing(options, cache=cache, now=NOW + FRESH_S - 1, refresh=True)
    assert len(server.requests) == 2
    later = listing(options, cache=cache, now=NOW + 2 * FRESH_S)

    assert (len(server.requests), later.fetched) == (3, NOW + 2 * FRESH_S)


def test_the_copy_is_private_and_whole(server, options, cache: Path, key: str):
    """Mode 0600, nothing half-written beside it, and no key in it."""
    server.send(200, LISTED)
    listing(options, cache=cache, now=NOW)
    (path,) = cache.iterdir()

    assert path.stat().st_mode & 0o777 == 0o600
    assert cache.stat().st_mode & 0o777 == 0o700
    assert json.loads(path.read_bytes())["fetched"] == NOW
    assert key.encode() not in path.read_bytes()


def test_without_the_server_an_old_copy_is_marked(server, options, cache: Path):
    """It comes with its time and with why it is old."""
    server.send(200, LISTED)
    listing(options, cache=cache, now=NOW)
    server.send(500, b"")
    found = listing(options, cache=cache, now=NOW + 90_000)

    assert (found.fetched, len(found.models)) == (NOW, 9)
    assert found.failure is not None
    assert "server failed" in found.failure.what


def test_without_server_and_copy_it_is_a_failure(options, cache: Path):
    """Nothing is made up."""
    away = replace(options, base_url="http://127.0.0.1:1/v1")
    assert kept_listing(away, cache=cache, now=NOW) is None
    with pytest.raises(Failure, match="cannot be reached"):
        listing(away, cache=cache, now=NOW)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"version": 2, "server": "x", "fetched": 1, "models": []}'],
)
def test_a_copy_that_cannot_be_read_is_none(
    server, options, cache: Path, content: bytes
):
    """Damaged, of another version or of another server: the server is asked."""
    server.send(200, LISTED)
    listing(options, cache=cache, now=NOW)
    (path,) = cache.iterdir()
    path.write_bytes(content)
    assert listing(options, cache=cache, now=NOW + 1).fetched == NOW + 1


def test_a_copy_from_the_future_is_none(server, options, cache: Path):
    """A clock that was set back does not keep it for ever."""
    server.send(200, LISTED)
    listing(options, cache=cache, now=NOW)

    assert listing(options, cache=cache, now=NOW - 10).fetched == NOW - 10


def test_a_link_in_place_of_the_copy_is_not_followed(server, options, cache: Path):
    """It is replaced, and what it pointed to stays."""
    server.send(200, LISTED)
    listing(options, cache=cache, now=NOW)
    (path,) = cache.iterdir()
    elsewhere = cache.with_name("elsewhere")
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    before = elsewhere.read_bytes()
    found = listing(options, cache=cache, now=NOW + 1)

    assert (found.fetched, elsewhere.read_bytes()) == (NOW + 1, before)
    assert not path.is_symlink()


def test_a_cache_that_cannot_be_written_costs_a_request(server, options, cache: Path):
    """The list is there all the same."""
    server.send(200, LISTED)
    cache.write_text("")

    assert listing(options, cache=cache / "below", now=NOW).models


def test_servers_have_copies_of_their_own(server, options, cache: Path):
    """Another address is another list."""
    server.send(200, LISTED)
    listing(options, cache=cache, now=NOW)
    other = replace(options, base_url=options.base_url + "/other")
    listing(other, cache=cache, now=NOW)

    assert (len(server.requests), len(list(cache.iterdir()))) == (2, 2)


def test_one_model_is_looked_up(server, options, cache: Path):
    """With a routing wish too; the router of free models is always there and free."""
    server.send(200, {"data": LISTED["data"][:4]})

    def found(id: str) -> Model | None:
        return lookup(id, options, cache=cache, now=NOW)

    wished = found("a/priced:nitro")
    assert (wished and wished.id, found("a/none")) == ("a/priced", None)
    router = found("openrouter/free")
    assert router is not None
    assert (router.free, router.prompt_price) == (True, Decimal(0))
    local = replace(options, openrouter=False)

    assert lookup("openrouter/free", local, cache=cache, now=NOW) is None


def test_a_list_without_end_is_not_read(server, options):
    """Thousands of models in a few megabytes would take gigabytes of memory."""
    server.send(200, {"data": [{"id": "a"}] * 10_001})
    with pytest.raises(Failure, match="list of models cannot be read"):
        fetched(options)
