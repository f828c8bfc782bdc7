"""What a request may cost, checked before it is sent."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from linara_agent.core.proposal import Usage
from linara_agent.openrouter.endpoint import endpoint
from linara_agent.openrouter.errors import Failure
from linara_agent.openrouter.options import Options

_BYTES_PER_TOKEN = 3
"""Of English and of code a token has about four; fewer makes a dearer guess."""

_CHEAPER = "Choose a free model (`linara-agent models --free`)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """US dollars for one token of each kind, and for a request."""

    prompt: Decimal
    completion: Decimal
    request: Decimal = Decimal(0)

    def of(self, *, prompt: int, completion: int) -> Decimal:
        return self.prompt * prompt + self.completion * completion + self.request


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """US dollars, None for no limit: for a run, and for a day.

    `spent_today` is what the journal says of this day (UTC); `price` of a model's id
    is None where nobody knows it.
    """

    run: Decimal | None = None
    day: Decimal | None = None
    spent_today: Callable[[], Decimal] = lambda: Decimal(0)
    price: Callable[[str], Price | None] = lambda _: None

    @property
    def limited(self) -> bool:
        return self.run is not None or self.day is not None


@dataclass(slots=True)
class Purse:
    """What is left of a budget during one run."""

    budget: Budget
    spent: Decimal = field(default=Decimal(0))

    def pay(self, usage: Usage | None) -> None:
        if usage is not None and usage.cost_usd is not None:
            self.spent += Decimal(str(usage.cost_usd))

    def allow(self, body: bytes, options: Options) -> None:
        """Raises Failure where the request could cost more than is left.

        A server on this machine costs nothing, unless its replies say that they did:
        a gateway to others may stand there.
        """
        if not self.budget.limited:
            return
        local = endpoint(options).loopback
        most = Decimal(0) if local else self._most(body, options)
        limits = (
            (self.budget.run, self.spent, "this run (`--max-cost`)"),
            (self.budget.day, self._today, "today (the setting `daily_budget`)"),
        )
        for limit, spent, words in limits:
            if limit is None:
                continue
            gone = spent() if callable(spent) else spent
            if gone + most > limit:
                raise Failure(
                    f"The request could cost {_dollars(most)}, and"
                    f" {_dollars(gone)} of {_dollars(limit)} for {words} are spent.",
                    remedy=f"{_CHEAPER}, allow fewer tokens, or raise the limit.",
                )

    def _today(self) -> Decimal:
        # The journal has what this run paid already; it is written before the next.
        return self.budget.spent_today()

    def _most(self, body: bytes, options: Options) -> Decimal:
        """The dearest of the models that may answer; a router's price is unknown."""
        tokens = -(-len(body) // _BYTES_PER_TOKEN)
        costs = []
        for model in (options.model, *options.fallbacks):
            price = self.budget.price(model)
            if price is None:
                raise Failure(
                    f"What the model {model} costs is not known, so the limit on"
                    " the cost could not be kept.",
                    remedy=f"{_CHEAPER}, fetch the list of models again"
                    " (`linara-agent models --refresh`), or lift the limit.",
                )
            costs.append(price.of(prompt=tokens, completion=options.max_tokens))
        return max(costs)


def _dollars(amount: Decimal) -> str:
    return f"${amount.normalize():f}"
