"""From an intent to a proposal, over a real connection."""

import pytest

from linara_agent.core.proposal import Origin, Proposal, Usage
from linara_agent.errors import ProposalUnavailable
from linara_agent.openrouter.proposer import OpenRouterProposer
from linara_agent.ports import Proposer


def test_proposal_names_model_rationale_and_cost(server, options, intent, body):
    """The command is a proposal of the model that answered, with what it cost."""
    reply = body("Lists everything:\n```bash\nls -la\n```")
    server.send(200, reply | {"usage": {"prompt_tokens": 9, "cost": 0.25}})
    proposer: Proposer = OpenRouterProposer(options)
    assert proposer.propose(intent) == Proposal(
        text="ls -la",
        origin=Origin.MODEL,
        source="nvidia/nemotron-3-super-120b-a12b:free",
        rationale="Lists everything:",
        usage=Usage(prompt_tokens=9, cost_usd=0.25),
    )


def test_model_name_is_cleaned(server, options, intent, body):
    """A server cannot steer the terminal by the name of its model."""
    server.send(200, body("ls") | {"model": "a/b\x1b[2J\u202e"})
    assert OpenRouterProposer(options).propose(intent).source == "a/b"


def test_unusable_answer_is_not_asked_for_again(server, options, intent):
    """What the model wrote is judged once; a refusal costs one request."""
    server.answer("I_DONT_UNDERSTAND")
    with pytest.raises(ProposalUnavailable, match="did not understand"):
        OpenRouterProposer(options).propose(intent)
    assert len(server.requests) == 1


def test_representation_hides_the_key(options, key):
    """A proposer can be printed and logged."""
    assert key not in repr(OpenRouterProposer(options))
