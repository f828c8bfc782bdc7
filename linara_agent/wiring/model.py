"""Who proposes: the model with its settings, or the recipes."""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from linara_agent.core.check import Check
from linara_agent.core.intent import Context, Intent
from linara_agent.errors import LinaraError, ProposalUnavailable
from linara_agent.ports import Progress, Proposer
from linara_agent.settings.layers import Configured
from linara_agent.settings.model import ModelSettings
from linara_agent.settings.origin import Layer
from linara_agent.wiring.person import Person
from linara_agent.wiring.settings import configured_model, options_of

if TYPE_CHECKING:
    from linara_agent.openrouter.arrival import Progress as Telling
    from linara_agent.openrouter.explainer import Explainer
    from linara_agent.wiring.proposing import Recipes


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Who proposes, how much of the place they are told, and what a person must know
    of the settings.
    """

    proposer: Proposer
    context: Context = Context.NONE
    notices: tuple[str, ...] = ()


def proposer(
    who: Person,
    provider: str | None,
    flags: Mapping[str, object] | None = None,
    progress: "Telling | None" = None,
) -> Chosen:
    """The model if a key or a server on this machine is configured, else the recipes;
    or the one asked for. `flags` are settings of the model by name.

    Raises SettingsProblem, and ProposalUnavailable if the model is asked for and
    there is no key.
    """
    if provider == "recipes":
        return Chosen(proposer=_recipes(who))
    found = configured_model(who, flags)
    if not asks_model(found):
        if provider == "openrouter":
            raise no_key()
        return Chosen(proposer=_recipes(who))
    from linara_agent.wiring.proposing import ModelThenRecipes, model_proposer

    asked = model_proposer(who, found.settings, progress)
    chosen = Chosen(
        proposer=asked,
        context=Context(found.settings.context),
        notices=exposed_key(found),
    )
    if provider == "openrouter":
        return chosen
    return replace(chosen, proposer=ModelThenRecipes(asked, _recipes(who)))


def explainer(
    who: Person, flags: Mapping[str, object], progress: "Telling"
) -> "tuple[Explainer | None, tuple[str, ...]]":
    """The model that explains, None where none is configured; and what a person must
    know of the settings. Raises SettingsProblem.
    """
    found = configured_model(who, flags)
    if not asks_model(found):
        return None, ()
    from linara_agent.wiring.proposing import model_explainer

    return model_explainer(who, found.settings, progress), exposed_key(found)


_OTHERS = 0o077


def exposed_key(found: Configured[ModelSettings]) -> tuple[str, ...]:
    """That others may read, or replace, the `.env` which the key in use comes from."""
    path = _exposed(found)
    if path is None:
        return ()
    return (f"Others may read the key in {path} (`{_remedy(path)}`).",)


def _exposed(found: Configured[ModelSettings]) -> str | None:
    origin = found.origins["key"]
    if origin.layer is not Layer.DOTENV:
        return None
    path = origin.where.rpartition(":")[0]
    try:
        return path if Path(path).stat().st_mode & _OTHERS else None
    except OSError:  # it is gone by now
        return None


def _remedy(path: str) -> str:
    return shlex.join(("chmod", "600", path))


def intent_of(
    who: Person, words: str, context: Context, *, several: int = 1, script: bool = False
) -> Intent:
    """What was asked, with the place it was asked in, as far as that may be told."""
    from linara_agent.host import surroundings

    tree = surroundings.listing(who.cwd) if context is Context.TREE else ()
    return Intent(
        words=words,
        cwd=who.cwd,
        home=who.caller.home,
        tools=surroundings.tools(who.environment),
        listing=tree,
        context=context,
        several=several,
        script=script or _SCRIPT.search(words) is not None,
    )


_SCRIPT = re.compile(r"\bscripts?\b", re.IGNORECASE)


def no_key() -> ProposalUnavailable:
    return ProposalUnavailable(
        "No key for a model is configured.",
        not_done="No model was asked, and nothing ran.",
        remedy="Store one in the keyring (`linara-agent key set`), or set"
        " OPENROUTER_API_KEY in the environment or in .env; or use"
        " `--provider recipes`.",
    )


def asks_model(found: Configured[ModelSettings]) -> bool:
    """With a key, or without one where the server that is named is on this machine.

    A `.env` cannot name one without bringing a key. Raises SettingsProblem for an
    address that no key may go to.
    """
    if found.settings.key is not None:
        return True
    if found.origins["base_url"].layer is Layer.DEFAULT:
        return False  # and httpx stays unloaded
    from linara_agent.openrouter.endpoint import endpoint

    return endpoint(options_of(found.settings)).loopback


def _recipes(who: Person) -> "Recipes":
    from linara_agent.recipes.book import RecipeBook
    from linara_agent.wiring.proposing import Recipes

    temp = who.environment.get("TMPDIR", "")
    absolute = temp if temp.startswith("/") else "/tmp"  # noqa: S108 — the default
    return Recipes(RecipeBook(user=who.caller.name, temp=absolute))


def model_checks(who: Person, progress: Progress) -> Iterator[Check]:
    from linara_agent.openrouter.check import check

    try:
        configured = configured_model(who)
        asks = asks_model(configured)
    except LinaraError as error:
        yield Check(name="model", ok=False, detail=error.what, remedy=error.remedy)
        return
    path = _exposed(configured)
    if path is not None:
        yield Check(
            name="model key file",
            ok=False,
            detail=f"Others may read the key in {path}.",
            remedy=_remedy(path),
            required=False,
        )
    with progress.step("asking the model's server"):
        for found in check(options_of(configured.settings)):
            # Without a model `do` asks nobody: the recipes answer.
            yield replace(found, required=found.required and asks)
