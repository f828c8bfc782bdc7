"""`linara-agent models`."""

import json
from collections.abc import Iterator
from decimal import Decimal

import click
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from linara_agent.cli.console import console
from linara_agent.core.record import Json
from linara_agent.core.visible import visible
from linara_agent.openrouter.models import Listing, Model, listing
from linara_agent.wiring.person import SystemClock, person
from linara_agent.wiring.settings import configured_model, options_of

_MILLION = 1_000_000


@click.command("models")
@click.argument("words", nargs=-1)
@click.option("--free", is_flag=True, help="Only models that cost nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--refresh", is_flag=True, help="Ask the server, however new the copy.")
@click.option("--base-url", metavar="URL", help="Another server than the configured.")
def models_command(
    words: tuple[str, ...],
    free: bool,
    as_json: bool,
    refresh: bool,
    base_url: str | None,
) -> None:
    """List the models that the server offers, with price and context.

    Only those whose id holds each of the WORDS. Prices are US dollars per million
    tokens. The list is kept for an hour; without the server an older copy is shown,
    and marked. `free` is what the list says: limits of the account stay.

    \b
    Examples:
      linara-agent models --free
      linara-agent models claude haiku
      linara-agent models --json --refresh
    """
    who = person()
    flags = {} if base_url is None else {"base_url": base_url}
    options = options_of(configured_model(who, flags).settings)
    now = SystemClock().now()
    with console.step("asking for the list of models"):
        found = listing(options, cache=who.directories.cache, now=now, refresh=refresh)
    shown = tuple(
        model
        for model in sorted(found.models, key=lambda one: one.id)
        if (model.free or not free)
        and all(word.lower() in model.id.lower() for word in words)
    )
    if as_json:
        console.result(json.dumps(_json(found, shown), ensure_ascii=False))
        return
    console.show(*_screen(shown))
    console.notices(_age(found, now))
    if not shown:
        console.say(Text("No model fits."))


def _json(found: Listing, shown: tuple[Model, ...]) -> dict[str, Json]:
    rows: list[Json] = [
        {
            "id": model.id,
            "prompt_usd_per_million": _decimal(model.prompt_price),
            "completion_usd_per_million": _decimal(model.completion_price),
            "price_varies": model.varies,
            "free": model.free,
            "context": model.context,
            "structured": model.structured,
            "parameters": None if model.parameters is None else list(model.parameters),
            "expires": model.expires,
        }
        for model in shown
    ]
    return {
        "schema": 1,
        "fetched": found.fetched,
        "old": found.failure is not None,
        "models": rows,
    }


def _age(found: Listing, now: float) -> Iterator[str]:
    if found.failure is None:
        return
    age = _in_words(now - found.fetched)
    yield f"This list is a copy, {age} old: {found.failure.what}"


def _in_words(seconds: float) -> str:
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "less than a minute"


def _screen(models: tuple[Model, ...]) -> Iterator[RenderableType]:
    if not models:
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("model", overflow="fold")
    for name in ("$/M in", "$/M out", "context"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("schema", "retires"):
        table.add_column(name, no_wrap=True)
    for model in models:
        table.add_row(
            visible(model.id, keep=""),
            _price(model, model.prompt_price),
            _price(model, model.completion_price),
            "?" if model.context is None else f"{model.context:,}",
            {True: "yes", False: "no", None: "?"}[model.structured],
            Text(model.expires or "", style="yellow"),
        )
    yield table


def _price(model: Model, price: Decimal | None) -> Text:
    if model.free and not price:
        return Text("free", style="green")
    if price is None:
        return Text("varies" if model.varies else "?")
    return Text(str(_decimal(price)))


def _decimal(price: Decimal | None) -> str | None:
    """US dollars per million tokens, without needless zeros."""
    if price is None:
        return None
    text = f"{price * _MILLION:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
