"""What `explain` needs: the reading of a command, and a model's words for it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from linara_agent.core.attempt import FailedReply
from linara_agent.core.effects.sentence import Sentence, sentences
from linara_agent.core.explanation import disagreements
from linara_agent.core.policy.verdict import Verdict
from linara_agent.core.record import Event, Json, Record
from linara_agent.core.report import usage_facts
from linara_agent.docker_sandbox.owner import process_name
from linara_agent.wiring.person import (
    Person,
    fresh_id,
    journal_of,
    load_gate,
    place_here,
)

if TYPE_CHECKING:
    from linara_agent.openrouter.explainer import Explainer, Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """`said` are the catalogue's words, `told` the model's, if one was asked; `differs`
    what only one of them tells of.
    """

    verdict: Verdict
    said: tuple[Sentence, ...]
    told: "Told | None" = None
    differs: tuple[str, ...] = ()


def read(who: Person, text: str, policy: str) -> Explained:
    """Judge and say in words; nobody is asked. Raises PolicyProblem."""
    gate = load_gate(policy, who=who)
    place = place_here(who, gate.policy)
    script = gate.read(text, place)
    reading = gate.resolve(script, place)
    verdict = gate.judge(script, reading, place)
    said = sentences(script, reading, gate.catalogue, place)
    return Explained(verdict=verdict, said=said)


def asked(
    who: Person,
    text: str,
    known: Explained,
    explainer: "Explainer",
    failure_of: Callable[[BaseException], int],
) -> Explained:
    """Ask the model, with a record before and after. Raises LinaraError."""
    run, journal = fresh_id(), journal_of(who)

    def log(event: Event, fields: dict[str, Json], *, durable: bool = False) -> None:
        journal.write(Record(run=run, event=event, fields=fields, durable=durable))

    started: dict[str, Json] = {"intent": None, "command": text, "cwd": who.cwd}
    log(Event.RUN_STARTED, {**started, "process": process_name(who.caller.uid)})
    log(Event.EXPLAIN_BEFORE, {"model": explainer.options.model}, durable=True)
    try:
        told = explainer.explain(text)
    except BaseException as error:
        if isinstance(error, FailedReply):
            facts = {"source": error.source, **usage_facts(error.usage)}
            log(Event.EXPLAIN_AFTER, {"failed": error.what, **facts})
        ended: dict[str, Json] = {"ended": "failed", "exit": failure_of(error)}
        log(Event.RUN_ENDED, ended, durable=True)
        raise
    differs = disagreements(told.explanation, known.verdict.effects)
    facts = {"source": told.model, "origin": "model", **usage_facts(told.usage)}
    log(Event.EXPLAIN_AFTER, {"differs": list(differs), **facts})
    log(Event.RUN_ENDED, {"ended": "explained", "exit": 0}, durable=True)
    return Explained(verdict=known.verdict, said=known.said, told=told, differs=differs)
