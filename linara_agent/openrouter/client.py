"""The chat completion: one request, tried again where that may help."""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace

import stamina
import stamina.instrumentation

from linara_agent.core.proposal import Usage, together
from linara_agent.openrouter.arrival import Arrival, Progress
from linara_agent.openrouter.assembly import assembled
from linara_agent.openrouter.backoff import Patience
from linara_agent.openrouter.endpoint import endpoint
from linara_agent.openrouter.errors import Failure, no_key
from linara_agent.openrouter.options import Options
from linara_agent.openrouter.prompt import Turn
from linara_agent.openrouter.refusals import redirected, reported
from linara_agent.openrouter.reply import (
    Completion,
    completion,
    fault_in,
    parsed,
)
from linara_agent.openrouter.request_body import attribution, request_body
from linara_agent.openrouter.transport import Call, Response, Session

_OK = range(200, 300)
_REDIRECT = range(300, 400)

Affords = Callable[[Usage | None], bool]


def complete(  # noqa: PLR0913 — none of them needs another
    turns: tuple[Turn, ...],
    options: Options,
    *,
    schema: Mapping[str, object] | None = None,
    progress: Progress | None = None,
    session: Session | None = None,
    affords: Affords = lambda _: True,
) -> Completion:
    """Ask the model; raises Failure when no try gave a finished text.

    `schema` is a JSON schema that the answer has to fit; whether it does is for the
    caller to check, as not every server obeys. `progress` is called in the caller's
    thread while a streamed answer comes. `session` keeps the connection for further
    requests; without one, it is kept between the tries of this one. `affords` says
    whether another try may follow those that were billed so much.
    """
    deadline = time.monotonic() + options.total_s
    target = endpoint(options)
    if options.secret is None and target.official:
        raise no_key()
    call = Call(
        endpoint=target,
        path="/chat/completions",
        options=options,
        deadline=deadline,
        body=request_body(turns, options, target, schema),
        headers=attribution(options, target),
        max_bytes=options.cap_bytes,
    )
    with ExitStack() as stack:
        kept = session or stack.enter_context(Session())
        question = _Question(call, kept, progress, structured=schema is not None)
        return _tried(question, affords)


@dataclass(frozen=True, slots=True)
class _Question:
    call: Call
    session: Session
    progress: Progress | None
    structured: bool

    def ask(self) -> Completion:
        options = self.call.options
        with self.session.open(self.call) as incoming:
            if incoming.status in _OK and incoming.is_stream:
                arrival = Arrival(self.progress, options, readable=not self.structured)
                reply = assembled(incoming.chunks(), arrival, options)
            else:
                response = incoming.whole()
                refuse(response, options)
                reply = parsed(response.body, options)
            return completion(
                reply, incoming.headers, options, structured=self.structured
            )


def _tried(question: _Question, affords: Affords) -> Completion:
    options = question.call.options
    patience = Patience(options, question.call.deadline)
    billed: list[Usage | None] = []

    def wait(exc: Exception) -> bool | float:
        pause = patience.wait(exc)
        return pause if pause is False or affords(together(billed)) else False

    # Its default hooks write each retry to standard output, through structlog.
    stamina.instrumentation.set_on_retry_hooks(())
    try:
        for attempt in stamina.retry_context(
            on=wait, attempts=options.attempts, timeout=None
        ):
            with attempt:
                try:
                    answer = question.ask()
                except Failure as failure:
                    billed.append(failure.usage)
                    raise
                return replace(answer, usage=together((*billed, answer.usage)))
    except Failure as failure:
        failure.usage = together(billed)
        explained = patience.explained(failure)
        if explained is failure:
            raise
        raise explained from failure
    raise AssertionError("a retry context ends by returning or raising")


def refuse(response: Response, options: Options) -> None:
    """Raise the Failure of every status but success."""
    if response.status in _REDIRECT:
        raise redirected(response.status)
    if response.status not in _OK:
        fault = fault_in(response.body)
        raise reported(response.status, fault, response.headers, options)
