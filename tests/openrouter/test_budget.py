"""What a request may cost, and that nobody is asked who could cost more."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from linara_agent.core.proposal import Usage
from linara_agent.openrouter.budget import Budget, Price, Purse
from linara_agent.openrouter.errors import Failure
from linara_agent.openrouter.options import MaxPrice, Options
from linara_agent.openrouter.reservations import Reservations

DEAR = Price(prompt=Decimal("0.00001"), completion=Decimal("0.0001"))
FREE = Price(prompt=Decimal(0), completion=Decimal(0))
PRICES = {"a/dear": DEAR, "a/free": FREE}
OPTIONS = Options(model="a/dear", max_tokens=1000)
BODY = b"x" * 3000
MOST = Decimal("0.11")  # 1000 tokens in, 1000 out


def purse(run: str | None = None, day: str | None = None, spent: str = "0") -> Purse:
    return Purse(
        Budget(
            run=None if run is None else Decimal(run),
            day=None if day is None else Decimal(day),
            spent_today=lambda: Decimal(spent),
            price=PRICES.get,
        )
    )


def test_the_most_that_it_could_cost_counts():
    """Tokens of the request and the longest answer, each at its price."""
    purse(run="0.11").allow(BODY, OPTIONS)
    with pytest.raises(Failure, match=r"could cost \$0\.11, and \$0 of \$0\.1 "):
        purse(run="0.1").allow(BODY, OPTIONS)


def test_what_the_run_paid_counts():
    """The second asking has what the first one left."""
    one = purse(run="0.2")
    one.allow(BODY, OPTIONS)
    one.pay(Usage(cost_usd=0.1))
    with pytest.raises(Failure, match=r"\$0\.1 of \$0\.2 for this run"):
        one.allow(BODY, OPTIONS)


def test_what_the_day_paid_counts():
    """The journal is asked before each request."""
    purse(day="1", spent="0.89").allow(BODY, OPTIONS)
    with pytest.raises(Failure, match="today"):
        purse(day="1", spent="0.9").allow(BODY, OPTIONS)


def test_the_dearest_fallback_counts():
    """A free model with a dear fallback may cost what the fallback costs."""
    options = replace(OPTIONS, model="a/free", fallbacks=("a/dear",))
    with pytest.raises(Failure, match="could cost"):
        purse(run="0.1").allow(BODY, options)
    purse(run="0").allow(BODY, replace(options, fallbacks=()))


def test_a_price_that_nobody_knows_is_no_price():
    """A limit that cannot be kept is not claimed to be kept."""
    with pytest.raises(Failure, match="not known"):
        purse(run="100").allow(BODY, replace(OPTIONS, model="a/router"))


def test_without_a_limit_nobody_asks_for_prices():
    """And a server on this machine costs nothing."""
    asked: list[str] = []
    budget = Budget(price=asked.append)
    Purse(budget).allow(BODY, OPTIONS)
    local = replace(OPTIONS, base_url="http://127.0.0.1:11434/v1")
    Purse(replace(budget, run=Decimal(0))).allow(BODY, local)
    assert asked == []


def test_a_server_on_this_machine_costs_what_it_says():
    """A gateway may stand there: what it billed counts, though nobody knew before."""
    local = replace(OPTIONS, base_url="http://127.0.0.1:4000/v1")
    one = purse(run="0.2", day="1", spent="0.9")
    one.allow(BODY, local)
    one.pay(Usage(cost_usd=0.3))
    with pytest.raises(Failure, match=r"\$0\.3 of \$0\.2 for this run"):
        one.allow(BODY, local)
    with pytest.raises(Failure, match="today"):
        purse(day="1", spent="1.1").allow(BODY, local)


def test_another_try_needs_what_is_left():
    """What the tries before it were billed is gone."""
    one = purse(run="0.3", day="1", spent="0.5")
    assert one.affords(MOST, None)
    assert one.affords(MOST, Usage(cost_usd=0.19))
    assert not one.affords(MOST, Usage(cost_usd=0.2))
    assert not purse(day="1", spent="0.7").affords(MOST, Usage(cost_usd=0.2))
    assert purse().affords(MOST, Usage(cost_usd=1000))


def test_an_answer_without_a_price_counts_as_the_dearest():
    """Else a server that says nothing could be asked without end."""
    one = purse(run="0.3", day="1", spent="0.7")
    one.pay(Usage(completion_tokens=3), one.allow(BODY, OPTIONS))
    one.pay(None, one.allow(BODY, OPTIONS))
    with pytest.raises(Failure, match=r"\$0\.22 of \$0\.3 for this run"):
        one.allow(BODY, OPTIONS)


def test_an_answer_without_a_price_counts_for_the_day():
    """The journal does not know of it, the run does."""
    one = purse(day="1", spent="0.8")
    one.pay(None, one.allow(BODY, OPTIONS))
    with pytest.raises(Failure, match=r"\$0\.91 of \$1 for today"):
        one.allow(BODY, OPTIONS)


class Day:
    """Runs of one day, which share the reservations and the journal's sum."""

    def __init__(self, path: Path, limit: str) -> None:
        self.journal = Decimal(0)
        self.now = 1_800_000_000.0
        self.day = "2026-11-22"
        self.budget = Budget(
            day=Decimal(limit),
            spent_today=lambda: self.journal,
            reservations=Reservations(
                path=path, day=lambda: self.day, now=lambda: self.now
            ),
            price=PRICES.get,
        )

    def purse(self) -> Purse:
        return Purse(self.budget)


@pytest.fixture
def day(tmp_path: Path) -> Callable[[str], Day]:
    return lambda limit: Day(tmp_path / "state" / "reserved.json", limit)


def test_runs_at_once_keep_one_budget(day):
    """Twelve ask at the same moment, and as many may as the day can pay."""
    today = day("1")

    def asked(_: int) -> bool:
        try:
            today.purse().allow(BODY, OPTIONS)
        except Failure:
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(asked, range(12))) == 9


def test_the_true_cost_takes_the_place_of_what_was_reserved(day):
    """It counts until the journal has it, and in this run not twice."""
    today = day("0.22")
    one = today.purse()
    one.pay(Usage(cost_usd=0.05), one.allow(BODY, OPTIONS))
    today.purse().allow(BODY, OPTIONS)  # 0.05 + 0.11
    with pytest.raises(Failure, match=r"\$0\.16 of \$0\.22 for today .* or reserved"):
        today.purse().allow(BODY, OPTIONS)
    today.journal += Decimal("0.05")
    today.now += 11
    with pytest.raises(Failure, match=r"\$0\.16 of \$0\.22"):
        today.purse().allow(BODY, OPTIONS)


def test_what_a_run_paid_is_not_counted_twice_in_it(day):
    """The journal has it before the run asks again."""
    today = day("0.2")
    one = today.purse()
    one.pay(Usage(cost_usd=0.05), one.allow(BODY, OPTIONS))
    today.journal += Decimal("0.05")
    assert one.allow(BODY, OPTIONS) == MOST


def test_what_cost_nothing_is_given_back(day):
    """A try that failed leaves the day to others."""
    today = day("0.11")
    one = today.purse()
    one.allow(BODY, OPTIONS)
    one.pay(None)
    assert today.purse().allow(BODY, OPTIONS) == MOST


def test_a_run_that_died_counts_until_its_day_is_over(day):
    """Nobody knows what it was billed; the error says so. The next day is free."""
    today = day("0.2")
    today.purse().allow(BODY, OPTIONS)
    today.now += 7200
    with pytest.raises(Failure, match="reserved") as caught:
        today.purse().allow(BODY, OPTIONS)
    assert "until the day (UTC) is over" in caught.value.remedy
    today.day = "2026-11-23"
    today.purse().allow(BODY, OPTIONS)


def test_an_answer_without_a_price_counts_for_the_day_in_other_runs_too(day):
    """The journal will never know what it cost."""
    today = day("0.2")
    one = today.purse()
    one.pay(None, one.allow(BODY, OPTIONS))
    today.now += 7200
    for purse in (one, today.purse()):
        with pytest.raises(Failure, match=r"\$0\.11 of \$0\.2 for today"):
            purse.allow(BODY, OPTIONS)


def test_another_try_is_reserved_with_what_was_billed(day):
    """And it is not made where another run has reserved what is left."""
    today = day("0.35")
    one, two = today.purse(), today.purse()
    one.allow(BODY, OPTIONS)
    assert one.affords(MOST, Usage(cost_usd=0.1))  # 0.21
    two.allow(BODY, OPTIONS)  # 0.32
    assert not two.affords(MOST, Usage(cost_usd=0.1))
    with pytest.raises(Failure, match=r"\$0\.32 of \$0\.35"):
        today.purse().allow(BODY, OPTIONS)


def test_what_costs_nothing_reserves_nothing(day, tmp_path: Path):
    """Free models leave no file behind but the lock."""
    day("1").purse().allow(BODY, replace(OPTIONS, model="a/free"))
    assert [one.name for one in (tmp_path / "state").iterdir()] == [
        ".reserved.json.lock"
    ]


def test_the_listed_price_is_the_dearest_that_may_answer():
    """Per million tokens; of several models that may answer, the highest of each."""
    one = purse(run="1")
    limit = one.within_prices(OPTIONS).max_price
    assert limit is not None
    for price, listed in ((limit.prompt, 10), (limit.completion, 100)):
        assert price is not None
        # Whatever fractions the server reckons with, the listed price is within.
        assert listed < price < listed * 1.00001
    mixed = replace(OPTIONS, model="a/free", fallbacks=("a/dear",))
    assert one.within_prices(mixed).max_price == limit
    zero = one.within_prices(replace(OPTIONS, model="a/free")).max_price
    assert zero == MaxPrice(prompt=0, completion=0)


def test_a_limit_of_ones_own_on_the_price_stays_if_it_is_tighter():
    """Each of the two by itself."""
    own = replace(OPTIONS, max_price=MaxPrice(prompt=5))
    limit = purse(day="1").within_prices(own).max_price
    assert limit is not None
    assert limit.prompt == 5
    assert limit.completion == pytest.approx(100, rel=1e-5)


def test_no_price_is_sent_where_none_is_needed():
    """Without a budget, on this machine, and for what is free by its name."""
    local = replace(OPTIONS, base_url="http://127.0.0.1:11434/v1")
    free = replace(OPTIONS, model="openrouter/free", fallbacks=("a/b:free",))
    assert purse().within_prices(OPTIONS) == OPTIONS
    assert purse(run="1").within_prices(local) == local
    assert purse(run="1").within_prices(free) == free


def test_no_limit_is_sent_for_a_price_that_nobody_knows():
    """And so nothing at all."""
    with pytest.raises(Failure, match="not known"):
        purse(run="1").within_prices(replace(OPTIONS, model="a/router"))
