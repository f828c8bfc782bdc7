"""Who proposes: the model with its settings, or the recipes."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from linara_agent.core.check import Check
from linara_agent.errors import LinaraError, ProposalUnavailable
from linara_agent.ports import Progress, Proposer
from linara_agent.wiring.person import Person

if TYPE_CHECKING:
    from linara_agent.openrouter.options import Options


def proposer(who: Person, provider: str | None) -> Proposer:
    """The model if a key is configured, else the recipes; or the one asked for.

    Raises SettingsProblem, and ProposalUnavailable if the model is asked for and
    there is no key.
    """
    if provider == "recipes":
        return _recipes(who)
    options = model_options()
    local = "://127.0.0.1" in options.base_url or "://localhost" in options.base_url
    if options.key is None and not (provider == "openrouter" and local):
        if provider == "openrouter":
            raise ProposalUnavailable(
                "No key for a model is configured.",
                not_done="No model was asked, and nothing ran.",
                remedy="Set OPENROUTER_API_KEY in the environment or in .env, or store"
                " it in the keyring (service linara-agent, name openrouter); or use"
                " `--provider recipes`.",
            )
        return _recipes(who)
    from linara_agent.openrouter.proposer import OpenRouterProposer

    return OpenRouterProposer(options)


def model_options() -> "Options":
    """The settings as the client takes them. Raises SettingsProblem."""
    from linara_agent.openrouter.options import Options
    from linara_agent.settings.model import model_settings

    settings = model_settings()
    return Options(
        key=settings.key,
        model=settings.model,
        base_url=settings.base_url,
        total_s=settings.deadline_s,
        data_collection="deny" if settings.data_collection == "deny" else "allow",
    )


def _recipes(who: Person) -> Proposer:
    from linara_agent.recipes.book import RecipeBook

    temp = who.environment.get("TMPDIR", "")
    absolute = temp if temp.startswith("/") else "/tmp"  # noqa: S108 — the default
    return RecipeBook(user=who.caller.name, temp=absolute)


def model_checks(progress: Progress) -> Iterator[Check]:
    from linara_agent.openrouter.check import check

    try:
        options = model_options()
    except LinaraError as error:
        yield Check(name="model", ok=False, detail=error.what, remedy=error.remedy)
        return
    with progress.step("asking the model's server"):
        for found in check(options):
            # Without a key `do` asks nobody: the recipes answer.
            required = found.required and options.key is not None
            yield replace(found, required=required)
