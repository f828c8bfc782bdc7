"""What a request may cost, and that nobody is asked who could cost more."""

from dataclasses import replace
from decimal import Decimal

import pytest

from linara_agent.core.proposal import Usage
from linara_agent.openrouter.budget import Budget, Price, Purse
from linara_agent.openrouter.errors import Failure
from linara_agent.openrouter.options import Options

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
