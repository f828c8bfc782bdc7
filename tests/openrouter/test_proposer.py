"""From an intent to proposals, over a real connection."""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from linara_agent.core.attempt import Attempt, Fault, UnusableAnswer
from linara_agent.core.proposal import Origin, Proposal, Usage
from linara_agent.errors import ProposalUnavailable
from linara_agent.openrouter.answer_cache import AnswerCache
from linara_agent.openrouter.budget import Budget
from linara_agent.openrouter.proposer import OpenRouterProposer
from linara_agent.ports import Proposer

FAILED = Attempt(text="ls --all-of-it", fault=Fault.FAILED, reason="exit status 2")


@pytest.fixture
def proposer(options, tmp_path: Path) -> OpenRouterProposer:
    return OpenRouterProposer(
        options=options, cache=AnswerCache(path=tmp_path / "cache/answers.json")
    )


def test_proposal_names_model_rationale_and_cost(server, proposer, intent, body):
    """The command is a proposal of the model that answered, with what it cost."""
    reply = body("Lists everything:\n```bash\nls -la\n```")
    server.send(200, reply | {"usage": {"prompt_tokens": 9, "cost": 0.25}})
    asked: Proposer = proposer
    assert asked.propose(intent) == (
        Proposal(
            text="ls -la",
            origin=Origin.MODEL,
            source="nvidia/nemotron-3-super-120b-a12b:free",
            rationale="Lists everything:",
            usage=Usage(prompt_tokens=9, cost_usd=0.25),
        ),
    )


def test_model_name_is_cleaned(server, proposer, intent, body):
    """A server cannot steer the terminal by the name of its model."""
    server.send(200, body("ls") | {"model": "a/b\x1b[2J\u202e"})
    assert proposer.propose(intent)[0].source == "a/b"


def test_unusable_answer_is_not_asked_for_again_by_itself(server, proposer, intent):
    """What the model wrote is judged once; a refusal costs one request."""
    server.answer("I_DONT_UNDERSTAND")
    with pytest.raises(ProposalUnavailable, match="did not understand"):
        proposer.propose(intent)
    assert len(server.requests) == 1


def test_an_unusable_answer_tells_what_it_cost(server, proposer, intent, body):
    """Whoever journals it learns the model and the price."""
    server.send(200, body("1. ls\n2. pwd") | {"usage": {"cost": 0.5}})
    with pytest.raises(UnusableAnswer) as caught:
        proposer.propose(intent)
    assert caught.value.usage == Usage(cost_usd=0.5)
    assert caught.value.source == "nvidia/nemotron-3-super-120b-a12b:free"


def test_several_share_one_request(server, proposer, intent):
    """The cost is the first one's."""
    scripts = [{"script": "ls"}, {"script": "find . -maxdepth 1"}]
    server.answer(json.dumps({"candidates": scripts}))
    found = proposer.propose(replace(intent, several=2))

    assert [one.text for one in found] == ["ls", "find . -maxdepth 1"]
    assert [one.rank for one in found] == [1, 2]
    assert len(server.requests) == 1


def test_what_is_left_out_of_several_is_told_once(server, proposer, intent):
    """With the first, and of an answer from the cache as well."""
    intent = replace(intent, several=3)
    scripts = [{"script": "ls"}, {"script": "ls"}, {"script": "ls -a"}]
    server.answer(json.dumps({"candidates": scripts}))
    first, second = proposer.propose(intent)
    proposer.keep(first)
    kept = proposer.propose(intent)

    assert first.notice is not None
    assert "1 is left out (it repeats another)" in first.notice
    assert second.notice is None
    assert [one.notice for one in kept] == [first.notice, None]
    assert len(server.requests) == 1


def test_a_schema_is_sent_where_the_model_is_held_to_it(server, proposer, intent):
    """And only there: others would answer 404, or drop it in silence."""
    server.answer("ls")
    proposer.propose(intent)
    assert "response_format" not in server.requests[0].json
    proposer.holds_to_schema = lambda _: True
    proposer.propose(replace(intent, several=2))
    form = server.requests[1].json["response_format"]["json_schema"]
    assert form["schema"]["required"] == ["candidates"]


def test_the_report_of_an_attempt_goes_with_the_request(server, proposer, intent):
    """Its text as the model's own, the reason as data of ours."""
    server.answer("ls -a")
    proposer.propose(intent, (FAILED,))
    chat = server.requests[0].json["messages"]

    assert [turn["role"] for turn in chat] == ["system", "user", "assistant", "user"]
    assert chat[2]["content"] == FAILED.text
    assert "exit status 2" in chat[3]["content"]
    assert "<report>" in chat[3]["content"]


class TestCache:
    """The same request within five minutes."""

    def test_what_was_kept_answers_the_same_request(self, server, proposer, intent):
        """Nobody is asked, it costs nothing, and it says that it is cached."""
        server.answer("ls -la")
        (first,) = proposer.propose(intent)
        proposer.keep(first)
        (second,) = proposer.propose(intent)

        assert len(server.requests) == 1
        assert second == replace(first, cached=True, usage=None)

    def test_nothing_is_kept_by_itself(self, server, proposer, intent):
        """Only what the flow found good."""
        server.answer("ls -la")
        proposer.propose(intent)
        proposer.propose(intent)
        assert len(server.requests) == 2

    @pytest.mark.parametrize(
        "change",
        [{"words": "list all"}, {"cwd": "/srv"}, {"several": 2}, {"tools": ("jq",)}],
        ids=str,
    )
    def test_another_request_is_asked(self, server, proposer, intent, change):
        """Words, place, number and tools are parts of the request."""
        server.answer("ls -la")
        (first,) = proposer.propose(intent)
        proposer.keep(first)
        proposer.propose(replace(intent, **change))
        assert len(server.requests) == 2

    def test_another_model_is_asked(self, server, proposer, intent):
        """So are the settings."""
        server.answer("ls -la")
        (first,) = proposer.propose(intent)
        proposer.keep(first)
        proposer.options = replace(proposer.options, model="other/model")
        proposer.propose(intent)
        assert len(server.requests) == 2

    def test_a_mended_text_is_not_the_answer_to_the_first_request(
        self, server, proposer, intent
    ):
        """The first one failed; asking anew asks a model."""
        server.answer("ls --all-of-it")
        server.answer("ls -a")
        proposer.propose(intent)
        (mended,) = proposer.propose(intent, (FAILED,))
        proposer.keep(mended)
        proposer.propose(intent)
        assert len(server.requests) == 3

    def test_an_attempt_is_never_answered_from_it(self, server, proposer, intent):
        """Asking again is asking."""
        server.answer("ls -a")
        for _ in range(2):
            (found,) = proposer.propose(intent, (FAILED,))
            proposer.keep(found)
        assert len(server.requests) == 2

    def test_the_key_is_not_in_it(self, server, proposer, intent, key):
        """Nor anything of the request."""
        server.answer("ls -la")
        (first,) = proposer.propose(intent)
        proposer.keep(first)
        content = proposer.cache.path.read_text()
        assert "ls -la" in content
        assert key not in content
        assert intent.words not in content


def test_representation_hides_the_key(options, key):
    """A proposer can be printed and logged."""
    assert key not in repr(OpenRouterProposer(options=options))


@pytest.mark.parametrize("field", ["script", "explanation", "undo"])
def test_a_key_spelt_with_escapes_is_no_answer(server, proposer, intent, key, field):
    """In the reply it does not look like the key; in a plan it would be the key."""
    answer = {"script": "ls", "explanation": "Lists.", "undo": "none", field: "KEY"}
    hidden = "".join(f"\\u{ord(char):04x}" for char in key)
    server.answer(json.dumps(answer).replace("KEY", hidden))
    with pytest.raises(ProposalUnavailable, match="holds your key") as caught:
        proposer.propose(intent)
    assert key not in str(caught.value)


def test_tries_end_with_the_budget(server, options, intent, body):
    """A retry is billed like any request: the limit holds for all of them."""
    server.send(200, body("ls", "error") | {"usage": {"cost": 0.3}})
    proposer = OpenRouterProposer(options=options, budget=Budget(run=Decimal("0.2")))
    with pytest.raises(ProposalUnavailable, match="failed before"):
        proposer.propose(intent)
    with pytest.raises(ProposalUnavailable, match=r"\$0\.3 of \$0\.2"):
        proposer.propose(intent)
    assert len(server.requests) == 1


def reserved(budget: Budget) -> Decimal:
    """By all runs, of this day."""
    assert budget.reservations is not None
    with budget.reservations.opened() as book:
        return book.total


def test_a_daily_budget_is_reserved_while_the_model_is_asked(
    server, options, intent, body, far_away: Budget
):
    """What it cost takes the place of that; where it cost nothing, nothing does."""
    seen: list[Decimal] = []
    replies = (
        (200, body("ls") | {"usage": {"cost": 0.25}}),
        (400, {"error": {"message": "no", "code": 400}}),
    )
    for status, reply in replies:
        server.send(status, reply)
        (content,) = server.scripts.pop()
        server.play(lambda: seen.append(reserved(far_away)), content)
    proposer = OpenRouterProposer(options=options, budget=far_away)

    proposer.propose(intent)
    assert reserved(far_away) == Decimal("0.25")
    with pytest.raises(ProposalUnavailable):
        proposer.propose(intent)
    assert reserved(far_away) == 0
    assert [one > 1 for one in seen] == [True, True]


def test_an_asking_that_is_cut_off_stays_reserved(
    server, options, intent, far_away: Budget
):
    """By Ctrl-C, or a crash: nobody knows what it will be billed."""

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    server.send(200, b": WORKING\n\n", Content_Type="text/event-stream")
    proposer = OpenRouterProposer(options=options, budget=far_away, progress=interrupt)
    with pytest.raises(KeyboardInterrupt):
        proposer.propose(intent)
    assert reserved(far_away) > 1


def test_within_a_budget_the_listed_price_is_the_dearest(
    server, options, intent, far_away: Budget
):
    """It goes with the request; without a budget nothing does."""
    server.answer("ls")
    dear = replace(options, model="a/dear")
    OpenRouterProposer(options=dear, budget=far_away).propose(intent)
    OpenRouterProposer(options=dear).propose(intent)

    bounded, free = (request.json["provider"] for request in server.requests)
    assert bounded["max_price"]["prompt"] == 0
    assert bounded["max_price"]["completion"] == pytest.approx(1000, rel=1e-5)
    assert "max_price" not in free


@pytest.mark.parametrize(
    "told",
    [
        ("No endpoints found for a/dear.", "a/dear is not available"),
        ("No endpoints found: Filter by Max Price.", "as cheap as was asked for"),
    ],
)
def test_that_a_price_left_nobody_to_ask_is_told(
    server, options, intent, far_away: Budget, told: tuple[str, str]
):
    """Also where the server does not say that it was the price."""
    message, says = told
    server.send(404, {"error": {"message": message, "code": 404}})
    dear = replace(options, model="a/dear")
    proposer = OpenRouterProposer(options=dear, budget=far_away)
    with pytest.raises(ProposalUnavailable, match=says) as caught:
        proposer.propose(intent)

    assert "`linara-agent models --refresh`" in caught.value.remedy
    assert reserved(far_away) == 0


def test_without_a_limit_nothing_is_said_of_the_price(server, options, intent):
    """Where the model is gone, a price is no reason."""
    server.send(404, {"error": {"message": "No endpoints found for x.", "code": 404}})
    with pytest.raises(ProposalUnavailable) as caught:
        OpenRouterProposer(options=options).propose(intent)
    assert "price" not in caught.value.remedy


def test_no_other_try_without_the_reservations(
    server, options, intent, far_away: Budget
):
    """What is damaged while the model is asked is no reason to go on."""
    kept = far_away.reservations
    assert kept is not None
    server.send(503, {"error": {"message": "busy", "code": 503}})
    (content,) = server.scripts.pop()
    server.play(lambda: kept.path.write_text("damaged"), content)
    proposer = OpenRouterProposer(options=options, budget=far_away)
    with pytest.raises(ProposalUnavailable, match="cannot be read"):
        proposer.propose(intent)
    assert len(server.requests) == 1
