"""What a request may cost, checked and reserved before it is sent."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal

from linara_agent.core.proposal import Usage
from linara_agent.openrouter.endpoint import endpoint
from linara_agent.openrouter.errors import Failure
from linara_agent.openrouter.options import DEFAULT_MODEL, MaxPrice, Options
from linara_agent.openrouter.reservations import Book, Reservations

_BYTES_PER_TOKEN = 3
"""Of English and of code a token has about four; fewer makes a dearer guess."""

_MILLION = Decimal(1_000_000)
_CHEAPER = "Choose a free model (`linara-agent models --free`)"
_OF_OTHERS = (
    " A request under way reserves the most that it could cost; one that was cut off"
    " does until the day (UTC) is over."
)


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

    `spent_today` is what the journal says of this day (UTC); `reservations` hold what
    requests under way may cost, of other runs too; `price` of a model's id is None
    where nobody knows it.
    """

    run: Decimal | None = None
    day: Decimal | None = None
    spent_today: Callable[[], Decimal] = lambda: Decimal(0)
    reservations: Reservations | None = None
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
    _reserved: str | None = None
    _own: Book = field(default_factory=Book)
    _prices: dict[str, Price] = field(default_factory=dict)

    def allow(self, body: bytes, options: Options) -> Decimal:
        """The most that the request could cost, which is reserved from now on.

        Raises Failure where less is left. A server on this machine costs nothing,
        unless its replies say that they did: a gateway to others may stand there.
        """
        if not self.budget.limited:
            return Decimal(0)
        local = endpoint(options).loopback
        most = Decimal(0) if local else self._most(body, options)
        with self._book() as book:
            # The journal has what this run paid; it is written before the next asking.
            book.give_back(self._reserved)
            for limit, gone, words in self._limits(book):
                if gone + most > limit:
                    raise Failure(
                        f"The request could cost {_dollars(most)}, and"
                        f" {_dollars(gone)} of {_dollars(limit)} for {words}.",
                        remedy=f"{_CHEAPER}, allow fewer tokens, or raise the limit."
                        f"{_OF_OTHERS if book.entries else ''}",
                    )
            self._reserved = book.reserve(most)
        return most

    def affords(self, most: Decimal, billed: Usage | None) -> bool:
        """Whether another try may follow those that were billed that much; then both
        are reserved. Raises Failure.
        """
        wanted = _cost(billed) + most
        with self._book() as book:
            held = self._reserved
            book.give_back(held)
            left = all(gone + wanted <= limit for limit, gone, _ in self._limits(book))
            self._reserved = book.reserve(wanted if left else most)
        return left

    def pay(self, usage: Usage | None, most: Decimal = Decimal(0)) -> None:
        """An answer that does not tell its cost counts as the `most` it could be."""
        told = usage is not None and usage.cost_usd is not None
        if told:
            self.spent += _cost(usage)
        else:
            self.unsaid += most
        if self._reserved is None:
            return
        # What cannot be written leaves the reservation as it is.
        with suppress(Failure), self._book() as book:
            if told:
                book.settle(self._reserved, _cost(usage))
            elif most:
                self._reserved = None  # it stays: the journal will not have it
            else:
                book.give_back(self._reserved)

    @contextmanager
    def _book(self) -> Iterator[Book]:
        """Without a limit for the day, what others spend is nothing to this run."""
        kept = self.budget.reservations
        if kept is None or self.budget.day is None:
            yield self._own
            return
        with kept.opened() as book:
            yield book

    def _limits(self, book: Book) -> Iterator[tuple[Decimal, Decimal, str]]:
        """Each limit, what is gone of it, and its words."""
        run, day = self.budget.run, self.budget.day
        if run is not None:
            words = "this run (`--max-cost`) are spent"
            yield run, self.spent + self.unsaid, words
        if day is not None:
            gone = self.budget.spent_today() + book.total
            words = "today (the setting `daily_budget`) are spent"
            yield day, gone, f"{words} or reserved" if book.entries else words

    def within_prices(self, options: Options) -> Options:
        """With what the request is reckoned at as the dearest that may answer.

        A provider may ask more than the model's listed price, and that may have
        risen. What is free by its name needs no such limit. Raises Failure.
        """
        models = (options.model, *options.fallbacks)
        free = all(map(_free_by_name, models))
        if not self.budget.limited or free or endpoint(options).loopback:
            return options
        price, own = self._dearest(options), options.max_price or MaxPrice()
        limit = MaxPrice(
            prompt=_tighter(own.prompt, price.prompt),
            completion=_tighter(own.completion, price.completion),
        )
        return replace(options, max_price=limit)

    def _most(self, body: bytes, options: Options) -> Decimal:
        tokens = -(-len(body) // _BYTES_PER_TOKEN)
        price = self._dearest(options)
        return price.of(prompt=tokens, completion=options.max_tokens)

    def _dearest(self, options: Options) -> Price:
        """Of the models that may answer; a router's price is unknown."""
        prices = []
        for model in (options.model, *options.fallbacks):
            price = self._prices.get(model) or self.budget.price(model)
            if price is None:
                raise Failure(
                    f"What the model {model} costs is not known, so the limit on"
                    " the cost could not be kept.",
                    remedy=f"{_CHEAPER}, fetch the list of models again"
                    " (`linara-agent models --refresh`), or lift the limit.",
                )
            self._prices[model] = price
            prices.append(price)
        return Price(
            prompt=max(one.prompt for one in prices),
            completion=max(one.completion for one in prices),
            request=max(one.request for one in prices),
        )


def _free_by_name(model: str) -> bool:
    """https://openrouter.ai/docs/api-reference/limits"""
    return model == DEFAULT_MODEL or model.endswith(":free")


def _tighter(own: float | None, listed: Decimal) -> float:
    """US dollars per million tokens, from those for one."""
    # A hair more, for servers that reckon with binary fractions on their side.
    most = float(listed * _MILLION * (1 + 1 / _MILLION))
    return most if own is None else min(own, most)


def _cost(usage: Usage | None) -> Decimal:
    cost = None if usage is None else usage.cost_usd
    return Decimal(0) if cost is None else Decimal(str(cost))


def _dollars(amount: Decimal) -> str:
    return f"${amount.normalize():f}"
