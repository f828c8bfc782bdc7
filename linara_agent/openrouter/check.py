"""The lines of `doctor` about the key and the model; costs no credits.

Neither the key's label (it contains a part of the key) nor the account is shown.
"""

from collections.abc import Iterator

from linara_agent.core.check import Check
from linara_agent.errors import LinaraError, ProposalUnavailable, SettingsProblem
from linara_agent.openrouter.account import Account, account
from linara_agent.openrouter.endpoint import Endpoint, endpoint
from linara_agent.openrouter.errors import no_key
from linara_agent.openrouter.models import Listing, Model, fetched
from linara_agent.openrouter.options import DEFAULT_MODEL, Options
from linara_agent.openrouter.server_text import plain

_OTHER_MODEL = "Choose another model in the settings; `linara-agent models` lists them."


def check(options: Options) -> Iterator[Check]:
    """Whether a model can be asked.

    Without a key recipes still answer, so that is no failure of the main path; a
    key that is configured and does not work is one. What is odd about the model
    is a warning.
    """
    try:
        target = endpoint(options)
    except SettingsProblem as exc:
        yield _failed("model key", exc)
        return
    if target.official:
        if options.secret is None:
            yield _failed("model key", no_key(), required=False)
            return
        yield _key(options)
    yield from _models(target, options)


def _failed(name: str, exc: LinaraError, *, required: bool = True) -> Check:
    return Check(
        name=name, ok=False, detail=exc.what, remedy=exc.remedy, required=required
    )


def _key(options: Options) -> Check:
    try:
        report = account(options)
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


def _free_requests(report: Account) -> Check:
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


def _models(target: Endpoint, options: Options) -> Iterator[Check]:
    """A line for the model, and one for each fallback that is not as it should be."""
    try:
        found = Listing(models=fetched(options), fetched=0)
    except ProposalUnavailable as exc:
        yield _failed("model", exc, required=not target.official)
        return
    yield _model(options.model, found, target, options)
    for fallback in options.fallbacks if target.official else ():
        line = _model(fallback, found, target, options)
        if not line.ok:
            yield line


def _model(id: str, found: Listing, target: Endpoint, options: Options) -> Check:
    name = plain(id, options, limit=100)
    if id.startswith("@preset/"):
        return Check(name="model", ok=True, detail=f"{name} is your own preset.")
    model = found.find(id)
    if model is not None:
        return _listed(name, model)
    if target.official and id == DEFAULT_MODEL:
        return Check(name="model", ok=True, detail=f"{name} picks any free model.")
    return _warning(f"The server does not list the model {name}.", _OTHER_MODEL)


def _listed(name: str, model: Model) -> Check:
    if model.expires is not None:
        return _warning(
            f"The model {name} is about to be retired ({model.expires}).", _OTHER_MODEL
        )
    if model.free:
        return Check(name="model", ok=True, detail=f"{name} is available and free.")
    if model.prompt_price is None and not model.varies:
        return Check(name="model", ok=True, detail=f"{name} is available.")
    return _warning(
        f"The model {name} is available and costs money: each request is billed.",
        "Choose a free model in the settings if this is not meant, for example "
        f"{DEFAULT_MODEL}.",
    )


def _warning(detail: str, remedy: str) -> Check:
    return Check(name="model", ok=False, detail=detail, remedy=remedy, required=False)
