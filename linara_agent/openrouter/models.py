"""The models that a server offers, kept for an hour.

https://openrouter.ai/docs/overview/models describes the list. Other servers give ids
and little else; what they do not say is None here.
"""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from linara_agent.openrouter.endpoint import Endpoint, endpoint
from linara_agent.openrouter.errors import Failure
from linara_agent.openrouter.inquiry import answer, unreadable
from linara_agent.openrouter.kept_file import keep, read_kept
from linara_agent.openrouter.options import DEFAULT_MODEL, Options
from linara_agent.openrouter.server_text import plain
from linara_agent.openrouter.wire import Count, Maybe, Wire

FRESH_S = 3600.0
"""How long a list counts as today's."""

_VERSION = 1
_MOST = 10_000
_SMALLEST, _LARGEST = -30, 6  # powers of ten; a price beyond them is none
_ID = re.compile(r"[!-~]{1,200}")

# Routing wishes that are not part of a listed id:
# https://openrouter.ai/docs/guides/routing/model-variants
_WISHES = (":nitro", ":floor", ":exacto", ":online")


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Prices in US dollars per token, `request_price` per request; `context` in tokens.

    None means that the server does not say, or that it `varies`. `parameters` are
    the fields of a request that it takes; `expires` is the day of its retirement.
    `free` is what the list says; an account's limits may still stand in the way.
    """

    id: str
    prompt_price: Decimal | None = None
    completion_price: Decimal | None = None
    request_price: Decimal | None = None
    varies: bool = False
    context: int | None = None
    parameters: tuple[str, ...] | None = None
    expires: str | None = None
    free: bool = False

    @property
    def structured(self) -> bool | None:
        """Whether it can be held to a JSON Schema; None if that is not said."""
        if self.parameters is None:
            return None
        return "structured_outputs" in self.parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """`fetched` in seconds since the epoch; `failure` is why it is an old copy."""

    models: tuple[Model, ...]
    fetched: float
    failure: Failure | None = None

    def find(self, id: str) -> Model | None:
        """The model, also for an id with a routing wish: `a/b:nitro` costs what its
        provider asks, so the price is then that of `a/b`, the usual one.
        """
        listed = {model.id: model for model in self.models}
        return listed.get(id) or listed.get(_without_wish(id))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    version: int
    server: str
    fetched: float
    models: tuple[Model, ...]


_KEPT = TypeAdapter(_Kept)


def listing(
    options: Options, *, cache: Path, now: float, refresh: bool = False
) -> Listing:
    """From the cache below `cache` if it is fresh at `now`, else from the server.

    Where the server cannot be asked, an old copy is given with the failure; raises
    Failure if there is none.
    """
    target = endpoint(options)
    path = _path(cache, target)
    kept = _kept(path, target, now)
    if kept is not None and not refresh and now - kept.fetched < FRESH_S:
        return Listing(models=kept.models, fetched=kept.fetched)
    try:
        models = fetched(options)
    except Failure as failure:
        if kept is None:
            raise
        return Listing(models=kept.models, fetched=kept.fetched, failure=failure)
    new = _Kept(version=_VERSION, server=target.url, fetched=now, models=models)
    keep(path, _KEPT.dump_json(new))
    return Listing(models=models, fetched=now)


def kept_listing(options: Options, *, cache: Path, now: float) -> Listing | None:
    """What is in the cache, however old; nobody is asked."""
    target = endpoint(options)
    kept = _kept(_path(cache, target), target, now)
    return None if kept is None else Listing(models=kept.models, fetched=kept.fetched)


def lookup(id: str, options: Options, *, cache: Path, now: float) -> Model | None:
    """One model, from the cache or the server; None if it is not listed.

    OpenRouter's router of free models is there and free even if the list leaves it
    out. Raises Failure where there is no list at all.
    """
    found = listing(options, cache=cache, now=now).find(id)
    if found is None and id == DEFAULT_MODEL and endpoint(options).official:
        zero = Decimal(0)
        return Model(id=id, prompt_price=zero, completion_price=zero, free=True)
    return found


def fetched(options: Options) -> tuple[Model, ...]:
    """Ask the server. Raises Failure."""
    body = answer("/models", endpoint(options), options)
    try:
        reply = _Reply.model_validate_json(body)
    except ValidationError:
        raise unreadable("list of models") from None
    return tuple(
        _model(one, options)
        for one in reply.data
        if one is not None and _ID.fullmatch(one.id)
    )


def _path(cache: Path, target: Endpoint) -> Path:
    return cache / f"models-{sha256(target.url.encode()).hexdigest()[:16]}.json"


def _kept(path: Path, target: Endpoint, now: float) -> _Kept | None:
    raw = read_kept(path)
    if raw is None:
        return None
    try:
        kept = _KEPT.validate_json(raw)
    except ValidationError:
        return None
    usable = (kept.version, kept.server) == (_VERSION, target.url)
    return kept if usable and kept.fetched <= now else None


class _Pricing(Wire):
    """Decimal texts, US dollars per token; "-1" means: varies."""

    prompt: Maybe[str] = None
    completion: Maybe[str] = None
    request: Maybe[str] = None


class _Provider(Wire):
    context_length: Count = None


class _Listed(Wire):
    id: str
    context_length: Count = None
    top_provider: Maybe[_Provider] = None
    pricing: Maybe[_Pricing] = None
    supported_parameters: Maybe[list[str]] = None
    expiration_date: Any = None


class _Reply(Wire):
    data: Annotated[list[Maybe[_Listed]], Field(max_length=_MOST)]


def _model(one: _Listed, options: Options) -> Model:
    prices = _prices(one, options)
    prompt, completion, request = map(_known, prices)
    provider = one.top_provider or _Provider()
    listed, expires = one.supported_parameters, one.expiration_date
    return Model(
        id=one.id,
        prompt_price=prompt,
        completion_price=completion,
        request_price=request,
        varies=any(price is not None and price < 0 for price in prices),
        context=one.context_length or provider.context_length,
        parameters=(
            None
            if listed is None
            else tuple(plain(name, options, limit=60) for name in listed)
        ),
        expires=plain(str(expires), options, limit=40) if expires else None,
        free=(one.id.endswith(":free") and not any(prices))
        or all(price == 0 for price in prices),
    )


def _prices(one: _Listed, options: Options) -> tuple[Decimal | None, ...]:
    """For prompt, completion and request; below zero means that it varies."""
    zero = Decimal(0)
    if one.id == DEFAULT_MODEL and endpoint(options).official:
        return (zero, zero, zero)  # routers may be listed with "-1"
    pricing = one.pricing
    if pricing is None or pricing.prompt is None:
        return (None, None, None)
    return (
        _price(pricing.prompt),
        _price(pricing.completion or "0"),
        _price(pricing.request or "0"),
    )


def _price(text: str) -> Decimal | None:
    try:
        price = Decimal(text)
    except InvalidOperation:
        return None
    if not price.is_finite() or not _SMALLEST <= price.adjusted() <= _LARGEST:
        return None
    return price


def _known(price: Decimal | None) -> Decimal | None:
    return None if price is None or price < 0 else price


def _without_wish(model: str) -> str:
    return next((model.removesuffix(w) for w in _WISHES if model.endswith(w)), model)
