"""A proposal from a model: asks it, and takes the command out of its answer."""

from dataclasses import dataclass

from linara_agent.core.intent import Intent
from linara_agent.core.proposal import Origin, Proposal
from linara_agent.openrouter.answer import take
from linara_agent.openrouter.client import complete
from linara_agent.openrouter.options import Options
from linara_agent.openrouter.prompt import first_turns


@dataclass(frozen=True, slots=True)
class OpenRouterProposer:
    """`ports.Proposer` by a model; `source` of its proposals is the model's id."""

    options: Options

    def propose(self, intent: Intent) -> Proposal:
        """Ask once, with retries; raises ProposalUnavailable."""
        completion = complete(first_turns(intent), self.options)
        answer = take(completion.text, intent.words)
        return Proposal(
            text=answer.command,
            origin=Origin.MODEL,
            source=completion.model,
            rationale=answer.rationale,
            usage=completion.usage,
        )
