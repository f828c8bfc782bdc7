"""What a request may cost, checked before it is sent."""

from collections.abc import Callable, Iterator
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
    """What is left of a budget during one run.

    `unsaid` is the most that answers may have cost whose price was not told.
    """

    budget: Budget
    spent: Decimal = field(default=Decimal(0))
    unsaid: Decimal = field(default=Decimal(0))

    def pay(self, usage: Usage | None, most: Decimal = Decimal(0)) -> None:
        """An answer that does not tell its cost counts as the `most` it could be."""
        if usage is None or usage.cost_usd is None:
            self.unsaid += most
        else:
            self.spent += _cost(usage)

    def allow(self, body: bytes, options: Options) -> Decimal:
        """The most that the request could cost. Raises Failure where less is left.

        A server on this machine costs nothing, unless its replies say that they did:
        a gateway to others may stand there.
        """
        if not self.budget.limited:
            return Decimal(0)
        local = endpoint(options).loopback
        most = Decimal(0) if local else self._most(body, options)
        for limit, gone, words in self._limits():
            if gone + most > limit:
                raise Failure(
                    f"The request could cost {_dollars(most)}, and"
                    f" {_dollars(gone)} of {_dollars(limit)} for {words} are spent.",
                    remedy=f"{_CHEAPER}, allow fewer tokens, or raise the limit.",
                )
        return most

    def affords(self, most: Decimal, billed: Usage | None) -> bool:
        """Whether another try may follow those that were billed that much."""
        paid = _cost(billed)
        return all(gone + paid + most <= limit for limit, gone, _ in self._limits())

    def _limits(self) -> Iterator[tuple[Decimal, Decimal, str]]:
        """Each limit, what is gone of it, and its words."""
        run, day = self.budget.run, self.budget.day
        if run is not None:
            yield run, self.spent + self.unsaid, "this run (`--max-cost`)"
        if day is not None:
            # The journal has what this run paid; it is written before the next asking.
            gone = self.budget.spent_today() + self.unsaid
            yield day, gone, "today (the setting `daily_budget`)"

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


def _cost(usage: Usage | None) -> Decimal:
    cost = None if usage is None else usage.cost_usd
    return Decimal(0) if cost is None else Decimal(str(cost))


def _dollars(amount: Decimal) -> str:
    return f"${amount.normalize():f}"
