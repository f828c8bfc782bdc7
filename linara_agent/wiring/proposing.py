"""Who proposes, as the flow knows them."""

import time
from dataclasses import dataclass, replace
from decimal import Decimal

from linara_agent.core.attempt import Attempt
from linara_agent.core.intent import Intent
from linara_agent.core.proposal import Proposal
from linara_agent.errors import ProposalUnavailable
from linara_agent.journal.usage import spent
from linara_agent.openrouter.answer_cache import AnswerCache
from linara_agent.openrouter.arrival import Progress
from linara_agent.openrouter.budget import Budget, Price
from linara_agent.openrouter.errors import Failure
from linara_agent.openrouter.explainer import Explainer
from linara_agent.openrouter.models import Listing, kept_listing, lookup
from linara_agent.openrouter.options import Options
from linara_agent.openrouter.proposer import OpenRouterProposer
from linara_agent.openrouter.reservations import Reservations
from linara_agent.recipes.book import RecipeBook
from linara_agent.settings.model import ModelSettings
from linara_agent.wiring.person import Person
from linara_agent.wiring.settings import options_of


@dataclass(frozen=True, slots=True)
class Recipes:
    """Implements ports.Proposer; a recipe knows one answer and is asked once."""

    book: RecipeBook
    tries: int = 1

    def propose(
        self, intent: Intent, attempts: tuple[Attempt, ...] = ()
    ) -> tuple[Proposal, ...]:
        del attempts
        return (self.book.propose(intent),)

    def keep(self, proposal: Proposal) -> None:
        """There is nothing to keep: it costs nothing to find it again."""


@dataclass(frozen=True, slots=True)
class ModelThenRecipes:
    """Implements ports.Proposer; where no model can be reached, a recipe that fits.

    It is offered with the reason, never in silence.
    """

    model: OpenRouterProposer
    recipes: Recipes

    @property
    def tries(self) -> int:
        return self.model.tries

    def propose(
        self, intent: Intent, attempts: tuple[Attempt, ...] = ()
    ) -> tuple[Proposal, ...]:
        try:
            return self.model.propose(intent, attempts)
        except Failure as failure:
            if attempts or not failure.offline:
                raise
            try:
                (found,) = self.recipes.propose(intent)
            except ProposalUnavailable:
                raise failure from None
            why = failure.what.rstrip(".")
            notice = f"No model answered ({why}); this is the offline recipe"
            notice = f"{notice} {found.source}."
            # Tries before the last one may have been billed.
            return (replace(found, notice=notice, usage=failure.usage),)

    def keep(self, proposal: Proposal) -> None:
        self.model.keep(proposal)


def model_proposer(
    who: Person, settings: ModelSettings, progress: Progress | None
) -> OpenRouterProposer:
    """The model with its cache and its budget."""
    options, cache = options_of(settings), who.directories.cache
    return OpenRouterProposer(
        options=options,
        cache=AnswerCache(path=cache / "answers.json") if settings.cache else None,
        budget=_budget(who, settings, options),
        holds_to_schema=_Known(who, options).holds_to_schema,
        progress=progress,
    )


def model_explainer(
    who: Person, settings: ModelSettings, progress: Progress
) -> Explainer:
    """The same model, within the same budget."""
    options = options_of(settings)
    return Explainer(
        options=options,
        budget=_budget(who, settings, options),
        structured=_Known(who, options).holds_to_schema(options.model),
        progress=progress,
    )


def _budget(who: Person, settings: ModelSettings, options: Options) -> Budget:
    state = who.directories.state
    return Budget(
        run=settings.max_cost,
        day=settings.daily_budget,
        spent_today=lambda: spent(state, day=today()),
        reservations=Reservations(path=state / "reserved.json", day=today),
        price=lambda id: _price(id, options, who),
    )


def today() -> str:
    """`YYYY-MM-DD`, of UTC."""
    return time.strftime("%Y-%m-%d", time.gmtime())


@dataclass(slots=True)
class _Known:
    """What the kept list of models says, however old it is; nobody is asked."""

    who: Person
    options: Options

    def holds_to_schema(self, id: str) -> bool:
        found: Listing | None = kept_listing(
            self.options, cache=self.who.directories.cache, now=time.time()
        )
        model = None if found is None else found.find(id)
        return model is not None and model.structured is True


def _price(id: str, options: Options, who: Person) -> Price | None:
    """Raises Failure where the list is wanted and cannot be had."""
    model = lookup(id, options, cache=who.directories.cache, now=time.time())
    if model is None or (model.id != id and not id.endswith(":floor")):
        return None  # other wishes than the cheapest provider may cost more than listed
    if model.free:
        return Price(prompt=Decimal(0), completion=Decimal(0))
    prompt, completion = model.prompt_price, model.completion_price
    if prompt is None or completion is None or model.varies:
        return None
    request = model.request_price or Decimal(0)
    return Price(prompt=prompt, completion=completion, request=request)
