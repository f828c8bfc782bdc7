"""`linara-agent usage`."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

import click
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from linara_agent.cli.console import console
from linara_agent.core.record import Json
from linara_agent.core.visible import visible
from linara_agent.wiring.audit import model_replies
from linara_agent.wiring.person import person

if TYPE_CHECKING:
    from linara_agent.journal.usage import Reply

_BY: dict[str, Callable[["Reply"], str]] = {
    "day": lambda reply: reply.day,
    "model": lambda reply: reply.model or "unknown",
    "intent": lambda reply: reply.intent or "unknown",
}
_WIDEST = 60


@dataclass(slots=True)
class Sum:
    """What replies of one kind came to; `unpriced` of them told no cost."""

    replies: int = 0
    cached: int = 0
    failed: int = 0
    unpriced: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: Decimal = field(default=Decimal(0))

    def add(self, reply: "Reply") -> None:
        self.replies += 1
        self.cached += reply.cached
        self.failed += reply.failed
        self.unpriced += reply.cost_usd is None and not reply.cached
        self.prompt_tokens += reply.prompt_tokens or 0
        self.completion_tokens += reply.completion_tokens or 0
        self.cost_usd += reply.cost_usd or Decimal(0)


@click.command("usage")
@click.option(
    "--by", type=click.Choice([*_BY]), default="day", show_default=True,
    help="What to add up by.",
)  # fmt: skip
@click.option(
    "--since", metavar="YYYY-MM-DD", type=click.DateTime(["%Y-%m-%d"]),
    help="The first day (UTC); default: all of the journal.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def usage_command(by: str, since: object, as_json: bool) -> None:
    """What models were asked and what that cost, by the journal.

    Days are of UTC, as the free limits of OpenRouter are. What a server did not tell
    the cost of is counted as such, and adds nothing.

    \b
    Examples:
      linara-agent usage
      linara-agent usage --by model --since 2026-11-01
    """
    first = "" if since is None else str(since)[:10]
    sums, total = _sums(model_replies(person(), since=first), by)
    if as_json:
        rows: list[Json] = [{by: key, **_json(one)} for key, one in sums.items()]
        whole: dict[str, Json] = {"schema": 1, "by": by, "rows": rows}
        console.result(json.dumps({**whole, "total": _json(total)}))
    else:
        console.show(*_screen(sums, total, by))


def _sums(replies: "Iterable[Reply]", by: str) -> tuple[dict[str, Sum], Sum]:
    sums: dict[str, Sum] = {}
    total = Sum()
    for reply in replies:
        for one in (sums.setdefault(_BY[by](reply), Sum()), total):
            one.add(reply)
    if by == "day":
        return dict(sorted(sums.items(), reverse=True)), total
    return dict(sorted(sums.items(), key=lambda item: -item[1].cost_usd)), total


def _json(one: Sum) -> dict[str, Json]:
    return {
        "replies": one.replies,
        "cached": one.cached,
        "failed": one.failed,
        "without_price": one.unpriced,
        "prompt_tokens": one.prompt_tokens,
        "completion_tokens": one.completion_tokens,
        "cost_usd": f"{one.cost_usd:f}",
    }


def _screen(sums: dict[str, Sum], total: Sum, by: str) -> Iterator[RenderableType]:
    if not sums:
        yield Text("No model was asked: the journal has no reply of one.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(by)
    names = ("replies", "cached", "failed", "tokens in", "tokens out", "USD")
    for name in names:
        table.add_column(name, justify="right")
    for key, one in sums.items():
        table.add_row(_short(key), *_cells(one))
    if len(sums) > 1:
        table.add_row("all", *_cells(total), style="bold")
    yield table
    if total.unpriced:
        words = f"{total.unpriced} of them without a price: the server told none."
        yield Text(words, style="dim")


def _cells(one: Sum) -> tuple[str, ...]:
    counts = (
        one.replies, one.cached, one.failed, one.prompt_tokens, one.completion_tokens,
    )  # fmt: skip
    return (*(f"{number:,}" for number in counts), f"{one.cost_usd:.6f}")


def _short(key: str) -> str:
    text = visible(key, keep="")
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"
