"""What a request may cost by the list of models, and who answers without a model."""

import time
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr

from linara_agent.core.intent import Intent
from linara_agent.core.proposal import Origin, Usage
from linara_agent.openrouter.models import listing
from linara_agent.recipes.book import RecipeBook
from linara_agent.settings.model import ModelSettings
from linara_agent.wiring.person import person
from linara_agent.wiring.proposing import ModelThenRecipes, Recipes, model_proposer
from linara_agent.wiring.settings import options_of
from tests.cli.test_key import server as server_of_keys
from tests.openrouter.conftest import RESET, ModelServer

server = server_of_keys
DEAR = {"prompt": "0.000001", "completion": "0.00001"}


@pytest.fixture
def settings(hermetic_home: Path, server: ModelServer) -> ModelSettings:
    del hermetic_home  # nothing of ours lies outside of it
    return ModelSettings(
        key=SecretStr("sk-or-v1-0123456789abcdef"),
        base_url=server.url,
        openrouter=True,
        max_cost=Decimal(1),
    )


@pytest.mark.parametrize("wish", [":nitro", ":exacto", ":online"])
def test_a_wish_for_a_dearer_provider_has_no_known_price(
    server: ModelServer, settings: ModelSettings, wish: str
):
    """The list has the usual price; a search of the web is billed besides."""
    server.send(200, {"data": [{"id": "a/dear", "pricing": DEAR}]})
    who = person()
    listing(options_of(settings), cache=who.directories.cache, now=time.time())
    budget = model_proposer(who, settings, None).budget

    assert budget.price("a/dear") is not None
    assert budget.price("a/dear:floor") == budget.price("a/dear")
    assert budget.price(f"a/dear{wish}") is None


def test_what_was_billed_before_the_recipe_is_told_with_it(
    server: ModelServer, settings: ModelSettings
):
    """A try may have cost something, although no model answered in the end."""
    choice = {"finish_reason": "error", "message": {"content": ""}}
    failed = {"choices": [choice], "usage": {"cost": 0.25}}
    server.send(200, failed)
    server.play(RESET)
    who = person()
    book = Recipes(RecipeBook(user="ada", temp="/tmp"))
    both = ModelThenRecipes(model_proposer(who, settings, None), book)
    intent = Intent(words="show disk usage", cwd="/srv", home="/home/ada")
    (found,) = both.propose(intent)

    assert found.origin is Origin.RECIPE
    assert found.usage == Usage(cost_usd=0.25)
    assert "No model answered" in (found.notice or "")


def test_runs_share_what_they_reserve_of_the_day(settings: ModelSettings):
    """It lies beside the journal, and is never lost with a cache."""
    who = person()
    kept = model_proposer(who, settings, None).budget.reservations

    assert kept is not None
    assert kept.path.parent == who.directories.state
    with kept.opened() as book:
        book.reserve(Decimal(1))
    other = model_proposer(who, settings, None).budget.reservations
    assert other is not None
    with other.opened() as book:
        assert book.total == 1
