"""Every way in which a server was seen to answer, through the client.

The cases are data in `tests/openrouter_double/cases/`;
`python -m tests.openrouter_double --table` prints what is observed here.
"""

from decimal import Decimal
from functools import cache
from itertools import pairwise

import pytest
from pydantic import SecretStr

from linara_agent.openrouter.models import fetched
from linara_agent.openrouter.options import Options
from tests.openrouter_double.cases.all import CASES, NUMBERS, numbered
from tests.openrouter_double.cases.case import MODEL, WORDS, Ask, Case
from tests.openrouter_double.cases.pages import MODELS
from tests.openrouter_double.observation import Observed, observe
from tests.openrouter_double.request import CHAT
from tests.openrouter_double.server import KEY, Double

PLAYED = [
    pytest.param(case, stream, id=f"{case.name}{'-stream' if stream else ''}")
    for case in CASES
    for stream in ((False, True) if case.stream is None else (case.stream,))
]


@cache
def seen_of(case: Case, *, stream: bool) -> Observed:
    """Each case is played once for all tests of this file."""
    return observe(case, stream=stream)


@pytest.mark.parametrize(("case", "stream"), PLAYED)
def test_a_case_ends_as_it_should(case: Case, stream: bool):  # noqa: FBT001 — a parameter
    """The person gets this command, or is told this, after so many requests."""
    seen = seen_of(case, stream=stream)

    assert seen.complaints == ()
    assert seen.command == case.command, seen.told
    assert case.told in seen.told
    assert case.advice in seen.advice
    if case.ask is Ask.CHAT:
        assert seen.exit == (20 if case.command is None else None)
        assert seen.tries == case.tries
        assert {one.page for one in seen.requests} <= {CHAT}


@pytest.mark.parametrize(("case", "stream"), PLAYED)
def test_no_key_and_no_account_is_told(case: Case, stream: bool):  # noqa: FBT001 — a parameter
    """What a person is told holds neither the key nor the account, and is one line."""
    seen = seen_of(case, stream=stream)

    for text in (seen.told, seen.advice):
        assert KEY not in text
        assert "user_2abc" not in text
        assert text.isprintable(), text


def test_all_cases_are_there():
    """The list of cases has no gap, and no two variants have one name."""
    assert {case.number for case in CASES} == set(NUMBERS)
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", [one for one in CASES if one.wait_s])
def test_a_server_that_asks_to_wait_is_given_that_time(case: Case):
    """No request comes before the time that the server asked for is over."""
    seen = seen_of(case, stream=False)

    gaps = [later.at - one.at for one, later in pairwise(seen.requests)]
    assert len(gaps) == 1
    assert gaps[0] >= case.wait_s


def test_the_model_that_answered_is_named():
    """Whatever model was asked for, the one that answered is told."""
    (case,) = numbered("3")
    seen = seen_of(case, stream=False)

    (request,) = seen.requests
    assert request.json["model"] == "openrouter/free"
    assert seen.completion is not None
    assert seen.completion.model == MODEL


@pytest.mark.parametrize("name", ["2", "30", "31"])
def test_what_it_cost_is_told(name: str):
    """Usage is read from a whole reply and from both endings of a stream."""
    (case,) = numbered(name)
    seen = seen_of(case, stream=bool(case.stream))

    assert seen.completion is not None
    usage = seen.completion.usage
    assert usage is not None
    assert (usage.prompt_tokens or 0) >= 80
    assert usage.cost_usd == 0


@pytest.mark.parametrize("case", [one for one in CASES if one.ask is Ask.CHAT])
def test_the_key_is_in_one_header_of_each_request(case: Case):
    """Of all bytes of a request the key is in the Authorization header alone."""
    seen = seen_of(case, stream=bool(case.stream))

    for request in seen.requests:
        assert request.header("authorization") == f"Bearer {KEY}"
        assert request.raw.count(KEY.encode()) == 1
        assert WORDS.encode() in request.body


def test_a_list_of_models_is_read_whatever_it_holds():
    """Prices are exact, "-1" varies, what is unsaid is None, a bad row is left out."""
    (case,) = numbered("73")
    with Double() as double:
        double.play(*case.replies, page=case.page)
        found = fetched(Options(key=SecretStr(KEY), base_url=double.url))

    known = {model.id: model for model in found}
    assert list(known) == [row["id"] for row in MODELS if "id" in row]
    cheap = known["deepseek/deepseek-v4-flash"]
    prices = (cheap.prompt_price, cheap.completion_price)
    assert prices == (Decimal("0.00000015"), Decimal("0.0000006"))
    assert known["openrouter/auto"].varies
    assert known["openrouter/free"].context is None
    assert known[MODEL].free
    assert known["example/old"].expires == "2026-12-01"
    assert known["example/bare"].parameters is None
    assert not known["~google/gemini-flash-latest"].free
