"""The lines of `doctor` about the key and the model; costs no credits.

Neither the key's label (it contains a part of the key) nor the account is shown.
"""

import time
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from pydantic import ValidationError

from linara_agent.core.check import Check
from linara_agent.errors import ProposalUnavailable
from linara_agent.openrouter.client import refuse
from linara_agent.openrouter.endpoint import Endpoint, endpoint
from linara_agent.openrouter.errors import Failure, no_key
from linara_agent.openrouter.options import DEFAULT_MODEL, Options
from linara_agent.openrouter.server_text import plain
from linara_agent.openrouter.transport import Call, exchange
from linara_agent.openrouter.wire import KeyReply, KeyReport, ListedModel, ModelsReply

_PATIENCE_S = 15.0
_LIST_BYTES = 32 << 20  # every model with its description, some megabytes

# Routing wishes that are not part of a listed id:
# https://openrouter.ai/docs/guides/routing/model-variants
_WISHES = (":nitro", ":floor", ":exacto", ":online")

_OTHER_MODEL = (
    "Choose another model in the settings; https://openrouter.ai/models lists them."
)


def check(options: Options) -> Iterator[Check]:
    """Whether a model can be asked.

    Without a key recipes still answer, so that is no failure of the main path; a
    key that is configured and does not work is one. What is odd about the model
    is a warning.
    """
    try:
        target = endpoint(options)
    except ProposalUnavailable as exc:
        yield _failed("model key", exc)
        return
    if target.official:
        if options.secret is None:
            yield _failed("model key", no_key(), required=False)
            return
        yield _key(target, options)
    yield _model(target, options)


def _failed(name: str, exc: ProposalUnavailable, *, required: bool = True) -> Check:
    return Check(
        name=name, ok=False, detail=exc.what, remedy=exc.remedy, required=required
    )


def _get(path: str, target: Endpoint, options: Options) -> bytes:
    deadline = time.monotonic() + min(options.total_s, _PATIENCE_S)
    response = exchange(
        Call(
            endpoint=target,
            path=path,
            options=options,
            deadline=deadline,
            max_bytes=_LIST_BYTES,
        )
    )
    refuse(response, options)
    return response.body


def _unreadable(what: str) -> Failure:
    return Failure(
        f"The server's {what} cannot be read.",
        remedy="Check the base URL in the settings; it usually ends in /v1.",
    )


def _key(target: Endpoint, options: Options) -> Check:
    try:
        report = KeyReply.model_validate_json(_get("/key", target, options)).data
    except ValidationError:
        return _failed("model key", _unreadable("answer about the key"))
    except ProposalUnavailable as exc:
        return _failed("model key", exc)
    if report.is_management_key:
        return Check(
            name="model key",
            ok=False,
            detail="The key is a management key, which cannot ask a model.",
            remedy="Make an ordinary key at https://openrouter.ai/settings/keys.",
        )
    if report.limit_remaining is not None and report.limit_remaining <= 0:
        return Check(
            name="model key",
            ok=False,
            detail="The key is accepted, but its spending limit is reached.",
            remedy="Raise the limit at https://openrouter.ai/settings/keys.",
        )
    return _free_requests(report)


def _free_requests(report: KeyReport) -> Check:
    free = report.free_model_daily_requests
    if free is None or free.remaining is None:
        return Check(name="model key", ok=True, detail="The key is accepted.")
    of = "" if free.limit is None else f" of {free.limit}"
    detail = f"The key is accepted; {free.remaining}{of} free requests are left today."
    if free.remaining > 0:
        return Check(name="model key", ok=True, detail=detail)
    return Check(
        name="model key",
        ok=False,
        detail=detail,
        remedy="Wait until midnight UTC, add credits, or choose a model that is paid "
        "for.",
        required=False,
    )


def _model(target: Endpoint, options: Options) -> Check:
    try:
        reply = ModelsReply.model_validate_json(_get("/models", target, options))
    except ValidationError:
        return _failed("model", _unreadable("list of models"), required=False)
    except ProposalUnavailable as exc:
        return _failed("model", exc, required=not target.official)
    name = plain(options.model, options, limit=100)
    if options.model.startswith("@preset/"):
        return Check(name="model", ok=True, detail=f"{name} is your own preset.")
    listed = {model.id: model for model in reply.data if model is not None}
    model = listed.get(options.model) or listed.get(_without_wish(options.model))
    if model is None:
        return _unlisted(name, target, options)
    return _listed(name, model)


def _without_wish(model: str) -> str:
    return next((model.removesuffix(w) for w in _WISHES if model.endswith(w)), model)


def _unlisted(name: str, target: Endpoint, options: Options) -> Check:
    if target.official and options.model == DEFAULT_MODEL:
        return Check(name="model", ok=True, detail=f"{name} picks any free model.")
    return _warning(f"The server does not list the model {name}.", _OTHER_MODEL)


def _listed(name: str, model: ListedModel) -> Check:
    if model.expiration_date:
        return _warning(f"The model {name} is about to be retired.", _OTHER_MODEL)
    price = _price(model)
    if price is None:
        return Check(name="model", ok=True, detail=f"{name} is available.")
    if price == 0 or model.id.endswith(":free") or model.id == DEFAULT_MODEL:
        return Check(name="model", ok=True, detail=f"{name} is available and free.")
    return _warning(
        f"The model {name} is available and costs money: each request is billed.",
        "Choose a free model in the settings if this is not meant, for example "
        f"{DEFAULT_MODEL}.",
    )


def _warning(detail: str, remedy: str) -> Check:
    return Check(name="model", ok=False, detail=detail, remedy=remedy, required=False)


def _price(model: ListedModel) -> Decimal | None:
    """The sum of what a request costs, -1 where it varies; None if not said."""
    pricing = model.pricing
    if pricing is None or pricing.prompt is None:
        return None
    try:
        prices = [
            Decimal(price or 0)
            for price in (pricing.prompt, pricing.completion, pricing.request)
        ]
    except InvalidOperation:
        return None
    return Decimal(-1) if min(prices) < 0 else sum(prices, Decimal(0))
