"""Run the flow from the command line, and say how it ended."""

import json
import sys
from dataclasses import dataclass

import click
from rich.text import Text

from linara_agent.cli import render
from linara_agent.cli.asking import Asking
from linara_agent.cli.candidates import candidates, denied_by
from linara_agent.cli.console import Console, lose
from linara_agent.cli.exit_codes import ExitCode, code_of
from linara_agent.cli.observations import observed
from linara_agent.cli.review import TerminalReviewer
from linara_agent.core.attempt import FailedReply
from linara_agent.core.next_step import Mode, ways_for
from linara_agent.core.passage import Ending, Passage
from linara_agent.core.preview import Outcome
from linara_agent.core.proposal import Usage
from linara_agent.core.record import Json
from linara_agent.core.report import (
    attempt_json,
    preview_json,
    usage_facts,
    verdict_json,
)
from linara_agent.core.visible import visible
from linara_agent.docker_sandbox.apart import Apart
from linara_agent.errors import UsageProblem
from linara_agent.flow import carry
from linara_agent.ports import Source
from linara_agent.wiring.house import Choices, Front, house
from linara_agent.wiring.person import Person

LARGEST = 1_000_000
"""Characters of a command; mvdan/sh reads no more."""


def exit_of(passage: Passage) -> ExitCode:
    """The exit code of a run that ended by itself."""
    match passage.ending:
        case Ending.DENIED:
            return ExitCode.DENIED
        case Ending.SAVED:
            return ExitCode.NEEDS_REVIEW
        case Ending.DECLINED:
            return ExitCode.DECLINED
        case Ending.APPLIED:
            return ExitCode.DONE
        case Ending.ANSWERED:
            return _of_command(passage.preview.outcome if passage.preview else None)
        case Ending.RERUN:
            return _of_rerun(passage)


def _of_rerun(passage: Passage) -> ExitCode:
    if passage.outcome is not None and "interrupted" in passage.outcome.limits:
        return ExitCode.INTERRUPTED
    return ExitCode.DIFFERS if passage.differences else _of_command(passage.outcome)


def _of_command(outcome: Outcome | None) -> ExitCode:
    good = outcome is not None and outcome.succeeded
    return ExitCode.DONE if good else ExitCode.COMMAND_FAILED


def front(console: Console) -> Front:
    return Front(
        reviewer=TerminalReviewer(console),
        progress=console,
        exit_of=exit_of,
        failure_of=code_of,
        apart=click.get_current_context().find_object(Apart),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A call of `do`, `run` or `script`; `asking` is of those that ask somebody."""

    who: Person
    choices: Choices
    source: Source
    intent: str | None
    as_json: bool
    asking: Asking | None = None


def carry_and_tell(console: Console, request: Request) -> None:
    """The whole run; ends with click's Exit."""
    if console.piped_into and not request.as_json:
        console.say(Text(_NOT_PASSED_ON, style="yellow"))
    built = house(request.who, request.choices, front(console))
    console.notices(built.gate.policy.notices)
    asking = request.asking or Asking()
    try:
        passage = carry(built, request.source, intent=request.intent)
    except FailedReply as failure:
        failure.usage = asking.spent  # of all askings; the journal has each
        raise
    code = exit_of(passage)
    try:
        if request.as_json:
            answer = run_json(passage, code, asking.spent)
            console.result(json.dumps(answer, ensure_ascii=False))
        else:
            tell(console, passage, asked=request.choices.mode is Mode.TERMINAL)
            _tell_cost(console, asking)
    except BrokenPipeError:  # the reader has left, and the exit code still counts
        lose(sys.stdout)
    raise click.exceptions.Exit(int(code))


def _tell_cost(console: Console, asking: Asking) -> None:
    """The cost of a single reply stands beside its text."""
    count = sum(1 for one in asking.replies if one is not None)
    spent = asking.spent
    if count > 1 and spent is not None and spent.cost_usd is not None:
        words = f"The {count} answers cost {spent.cost_usd:.6f} USD in all."
        console.say(Text(words, style="dim"))


_NOT_PASSED_ON = (
    "note: what is piped in is not passed on: a preview has an empty standard input"
)


def checked_text(text: str, *, what: str) -> str:
    """Refuse what no shell can be given; raises UsageProblem."""
    problem = None
    if not text.strip():
        problem = f"The {what} is empty."
    elif "\0" in text:
        problem = f"The {what} holds a NUL character, which bash drops."
    elif len(text) > LARGEST:
        problem = f"The {what} is longer than {LARGEST} characters."
    else:
        try:
            text.encode()
        except UnicodeEncodeError:
            problem = f"The {what} is not valid UTF-8."
    if problem is not None:
        raise UsageProblem(
            problem,
            not_done="Nothing was judged, and nothing ran.",
            remedy="Call again with one line of text, or with a script file.",
        )
    return text


def tell(console: Console, passage: Passage, *, asked: bool) -> None:
    """How it ended, for a person; the screen itself if none was shown yet."""
    if _tell_candidates(console, passage, asked=asked):
        return
    match passage.ending:
        case Ending.DENIED:
            _tell_denied(console, passage)
        case Ending.ANSWERED:
            _tell_answer(console, passage)
        case Ending.SAVED:
            _tell_saved(console, passage, asked=asked)
        case Ending.DECLINED:
            console.say(Text("Declined. Nothing was changed.", style="bold"))
        case Ending.APPLIED:
            _tell_applied(console, passage)
        case Ending.RERUN:
            _tell_rerun(console, passage)


def _tell_denied(console: Console, passage: Passage) -> None:
    ran = "nothing ran" if passage.preview is None else "it ran in the twin alone"
    console.say(
        *render.command(passage.proposal),
        *render.verdict(passage.verdict),
        Text(f"Denied: {ran}, and the host was not touched.", style="bold red"),
    )


def _tell_answer(console: Console, passage: Passage) -> None:
    """The preview changed nothing and saw all it read: its output is the answer."""
    if passage.preview is None:
        return
    outcome = passage.preview.outcome
    console.say(*render.command(passage.proposal))
    console.raw(outcome.stdout)
    console.raw(outcome.stderr, stderr=True)
    if outcome.truncated:
        console.say(Text("The output was cut at its limit.", style="yellow"))
    console.notices(render.lacking(passage.preview, passage.verdict.effects))
    console.say(*observed(passage.preview))
    ended = "" if outcome.succeeded else f" It ended with {_end(outcome.exit)}."
    console.say(
        Text(f"Nothing was changed; this is the answer.{ended}", style="dim"),
    )


def _end(exit: int | None) -> str:
    return "a signal" if exit is None else f"exit status {exit}"


def _tell_saved(console: Console, passage: Passage, *, asked: bool) -> None:
    plan = passage.plan
    if plan is None:
        return
    if not asked:
        console.say(
            *render.command(plan.proposal),
            *render.verdict(plan.verdict),
            *render.preview(plan.preview, plan.verdict),
        )
    ways = "  or  ".join(
        f"linara-agent {way} {plan.id}" for way in ways_for(plan.preview)
    )
    console.say(
        Text(f"Saved as plan {plan.id}; the host is untouched.", style="bold"),
        Text(f"  {ways}"),
    )
    if not asked:
        console.result(plan.id)


def _tell_candidates(console: Console, passage: Passage, *, asked: bool) -> bool:
    """What nobody chose from: all of them, and the plan of each that may be carried
    out. Whether that was all there is to tell.
    """
    found = passage.candidates
    if found and (not asked or passage.ending is Ending.DENIED):
        console.say(*candidates(found))
    saved = [one.plan for one in found if one.plan is not None]
    if not saved:
        return False
    console.say(Text("Saved as plans; the host is untouched.", style="bold"))
    for plan in saved:
        ways = "  or  ".join(
            f"linara-agent {way} {plan.id}" for way in ways_for(plan.preview)
        )
        console.say(Text(f"  {visible(plan.proposal.text, keep='')}"))
        console.say(Text(f"    {ways}", style="dim"))
        if not asked:
            console.result(plan.id)
    return True


def _tell_applied(console: Console, passage: Passage) -> None:
    applied = passage.applied
    if applied is None:
        return
    paths = "1 path" if applied.paths == 1 else f"{applied.paths} paths"
    skipped = f" ({applied.skipped} in caches left alone)" if applied.skipped else ""
    console.say(
        Text(f"Applied: {paths} changed as previewed{skipped}.", style="bold green")
    )


def _tell_rerun(console: Console, passage: Passage) -> None:
    for one in passage.differences:
        console.say(Text(f"  differs: {one}", style="yellow"))
    outcome = passage.outcome
    ended = "" if outcome is None else _end(outcome.exit)
    if passage.differences:
        words = "Rerun on the host; it did not do what the preview did."
        console.say(Text(words, style="bold yellow"))
    else:
        console.say(Text(f"Rerun on the host: {ended}.", style="dim"))


def run_json(
    passage: Passage, code: ExitCode, spent: Usage | None = None
) -> dict[str, Json]:
    """The object of `--json`; `spent` is what all replies of the run cost."""
    preview = passage.preview
    proposal = passage.proposal
    return {
        "schema": 1,
        "run": passage.run,
        "plan": None if passage.plan is None else passage.plan.id,
        "command": proposal.text,
        "origin": str(proposal.origin),
        "source": proposal.source,
        "rationale": proposal.rationale,
        "assumptions": list(proposal.assumptions),
        "notice": _notice(passage),
        "cached": proposal.cached,
        **usage_facts(spent or proposal.usage),
        "attempts": [attempt_json(one) for one in passage.attempts],
        "candidates": [_candidate_json(one) for one in passage.candidates],
        **verdict_json(passage.verdict),
        "preview": None if preview is None else preview_json(preview),
        "view": None if preview is None else preview.view,
        "next": _next(passage),
        "ending": str(passage.ending),
        "differences": list(passage.differences),
        "exit": int(code),
    }


def _notice(passage: Passage) -> str | None:
    """Of several, what is to be known of their answer stands with the first."""
    said = (one.proposal.notice for one in (passage, *passage.candidates))
    return next(filter(None, said), None)


def _candidate_json(passage: Passage) -> dict[str, Json]:
    preview = passage.preview
    return {
        "plan": None if passage.plan is None else passage.plan.id,
        "command": passage.proposal.text,
        "decision": passage.verdict.decision.word,
        "denied_by": denied_by(passage) or None,
        "preview": None if preview is None else preview_json(preview),
        "ending": str(passage.ending),
    }


def _next(passage: Passage) -> str:
    if passage.ending is Ending.DENIED:
        return "denied"
    if passage.ending is Ending.ANSWERED or passage.preview is None:
        return "answer"
    return str(ways_for(passage.preview)[0])
