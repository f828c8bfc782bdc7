"""Proposals from a model: asks it, and takes the command out of its answer."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from linara_agent.core.attempt import Attempt, FailedReply
from linara_agent.core.intent import Intent
from linara_agent.core.proposal import Origin, Proposal, Usage
from linara_agent.openrouter.answer import Taken, take
from linara_agent.openrouter.answer_cache import AnswerCache, key_of
from linara_agent.openrouter.arrival import Progress
from linara_agent.openrouter.budget import Budget, Purse
from linara_agent.openrouter.client import complete
from linara_agent.openrouter.endpoint import endpoint
from linara_agent.openrouter.errors import repeated_key
from linara_agent.openrouter.options import Options
from linara_agent.openrouter.prompt import schema, turns
from linara_agent.openrouter.request_body import request_body
from linara_agent.openrouter.server_text import text_without_key
from linara_agent.openrouter.transport import Session

TRIES = 3


@dataclass(slots=True, kw_only=True)
class OpenRouterProposer:
    """`ports.Proposer` by a model; `source` of its proposals is the model's id.

    `holds_to_schema` says of a model's id whether it can be held to a JSON schema.
    Connections are kept for the next asking, and end with the process.
    """

    options: Options
    tries: int = TRIES
    cache: AnswerCache | None = None
    budget: Budget = field(default_factory=Budget)
    holds_to_schema: Callable[[str], bool] = lambda _: False
    progress: Progress | None = None
    _session: Session = field(default_factory=Session)
    _purse: Purse = field(init=False)
    _asked: tuple[str, str, str] | None = None
    _kept: bool = False

    def __post_init__(self) -> None:
        self._purse = Purse(self.budget)

    def propose(
        self, intent: Intent, attempts: tuple[Attempt, ...] = ()
    ) -> tuple[Proposal, ...]:
        """Ask once, with retries, or answer the same request from the cache.

        Raises ProposalUnavailable, and UnusableAnswer of an answer without a command.
        """
        chat = turns(intent, attempts)
        form = schema(intent) if self.holds_to_schema(self.options.model) else None
        target = endpoint(self.options)
        body = request_body(chat, self.options, target, form)
        key = key_of(target.url, body)
        kept = None if self.cache is None or attempts else self.cache.get(key)
        if kept is not None:
            taken = self._taken(kept.text, intent)
            notice = taken.notice(intent)
            return _proposals(taken, model=kept.model, notice=notice, cached=True)
        most = self._purse.allow(body, self.options)
        try:
            completion = complete(
                chat,
                self._purse.within_prices(self.options),
                schema=form,
                progress=self.progress,
                session=self._session,
                affords=partial(self._purse.affords, most),
            )
        except FailedReply as failure:
            self._purse.pay(failure.usage)
            raise
        self._purse.pay(completion.usage, most)
        try:
            taken = self._taken(completion.text, intent)
        except FailedReply as failure:
            failure.usage, failure.source = completion.usage, completion.model
            raise
        asked = (key, completion.text, completion.model)
        self._asked, self._kept = (None if attempts else asked), False
        notice, model = taken.notice(intent), completion.model
        return _proposals(taken, model=model, notice=notice, usage=completion.usage)

    def _taken(self, text: str, intent: Intent) -> Taken:
        """A key that is spelt with the escapes of JSON is seen only here."""
        taken = take(text, intent)
        for one in taken.answers:
            said = (one.command, one.rationale or "", *one.assumptions, *one.claims)
            if any(text_without_key(part, self.options) != part for part in said):
                raise repeated_key()
        return taken

    def keep(self, proposal: Proposal) -> None:
        """The first answer of the run, once, and not what came of a repair."""
        if self.cache is None or self._asked is None or self._kept or proposal.cached:
            return
        key, text, model = self._asked
        self.cache.put(key, text=text, model=model)
        self._kept = True


def _proposals(
    taken: Taken,
    *,
    model: str,
    notice: str | None,
    usage: Usage | None = None,
    cached: bool = False,
) -> tuple[Proposal, ...]:
    """What it cost, and what was left out, is told with the first."""
    return tuple(
        Proposal(
            text=one.command,
            origin=Origin.MODEL,
            source=model,
            rationale=one.rationale,
            assumptions=one.assumptions,
            claims=one.claims,
            notice=notice if rank == 1 else None,
            usage=usage if rank == 1 else None,
            cached=cached,
            rank=rank,
        )
        for rank, one in enumerate(taken.answers, 1)
    )
