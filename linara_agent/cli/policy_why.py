"""`linara-agent policy why COMMAND`: every reason, and what would make it pass."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import click
from rich.console import RenderableType
from rich.text import Text

from linara_agent.cli import render
from linara_agent.cli.check import CODES, described, place_for
from linara_agent.cli.console import console
from linara_agent.cli.options import POLICY
from linara_agent.cli.passage import checked_text
from linara_agent.core.decision import Decision
from linara_agent.core.policy.advice import Advice, Way, advise, nearest
from linara_agent.core.policy.match import Policy
from linara_agent.core.policy.verdict import Finding, Verdict
from linara_agent.core.record import Json
from linara_agent.core.report import verdict_json
from linara_agent.core.shell.script import Script
from linara_agent.core.visible import visible
from linara_agent.errors import PolicyProblem
from linara_agent.judging import in_force
from linara_agent.rulebook import SHIPPED
from linara_agent.wiring.person import ground_of, load_gate, person

_WHERE = (
    click.option("--user", metavar="NAME", help="Judge for this user."),
    click.option("--home", metavar="DIR", help="Judge for this home."),
    click.option("--cwd", metavar="DIR", help="Judge as if called there."),
)


def where_options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in _WHERE:
        function = option(function)
    return function


@click.command("why")
@click.argument("command")
@POLICY
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@where_options
def why_command(
    command: str,
    policy: str,
    as_json: bool,
    cwd: str | None,
    home: str | None,
    user: str | None,
) -> None:
    """Show why a command is judged as it is, and what would make it pass.

    Every finding is shown, by command, with its rule and the line of the rule. Then
    small changes of the command and of the policy are tried, and those are listed
    that lead furthest: each of them was judged. Nothing runs. Exit 0 allow,
    10 review, 11 deny.

    \b
    Examples:
      linara-agent policy why 'ls && rm -rf ~'
      linara-agent policy why --json 'find . -name "*.o" -delete'
      linara-agent policy why --policy strict 'cat /etc/os-release'
    """
    gate = load_gate(policy, cwd=cwd)
    place = place_for(cwd, home, user)
    place = replace(place, own=place.own + gate.policy.files)
    text = checked_text(command, what="command")
    script, verdict = gate.assess(text, place)
    bases = _other_bases(policy, cwd)
    found = advise(text, place, gate, bases=bases)
    if as_json:
        console.result(json.dumps(_json(verdict, found)))
    else:
        console.show(*_screen(script, verdict), *_advice(verdict, found))
    raise click.exceptions.Exit(int(CODES[verdict.decision]))


def _other_bases(policy: str, cwd: str | None) -> dict[str, Policy]:
    """The shipped policies that could be chosen instead, with the layers on them."""
    ground = ground_of(person(), cwd)
    found: dict[str, Policy] = {}
    for name in SHIPPED:
        if name == policy:
            continue
        try:
            found[name] = in_force(name, ground).policy
        except PolicyProblem:
            continue  # the system does not permit it
    return found


def _json(verdict: Verdict, found: tuple[Advice, ...]) -> dict[str, Json]:
    advice: list[Json] = [
        {
            "way": str(one.way),
            "what": one.what,
            "decision": one.decision.word,
            "command": one.text,
        }
        for one in found
    ]
    instead: list[Json] = list(nearest(verdict)) if _is_stuck(verdict, found) else []
    return {"schema": 1, **verdict_json(verdict), "advice": advice, "nearest": instead}


def _is_stuck(verdict: Verdict, found: tuple[Advice, ...]) -> bool:
    """It cannot be allowed: then what is allowed in its place is said."""
    passes = verdict.decision is Decision.ALLOW
    return not passes and not any(one.decision is Decision.ALLOW for one in found)


def _screen(script: Script, verdict: Verdict) -> Iterator[RenderableType]:
    yield Text.assemble(("Verdict", "bold"), "  ", render.decision(verdict.decision))
    for title, findings in _by_command(script, verdict):
        yield render.indented(visible(title, keep=""), 2, style="bold")
        for finding, count in render.distinct(findings):
            yield from render.reason(finding, count)
            if finding.effect is not None:
                yield described(verdict.effects[finding.effect])
            yield from render.underlined(script.text, finding)


def _by_command(
    script: Script, verdict: Verdict
) -> Iterator[tuple[str, list[Finding]]]:
    """The findings of each command of the text; last those of none."""
    groups: dict[int, list[Finding]] = {}
    for finding in verdict.findings:
        groups.setdefault(_command_of(script, verdict, finding), []).append(finding)
    end = len(script.invocations)
    for index in sorted(groups, key=lambda one: one if one >= 0 else end):
        if index < 0:
            yield "the whole text", groups[index]
        else:
            start, stop = script.invocations[index].span
            yield script.text[start:stop], groups[index]


def _command_of(script: Script, verdict: Verdict, finding: Finding) -> int:
    if finding.effect is not None:
        index = verdict.effects[finding.effect].invocation
        if index is not None and index >= 0:
            return index
    if finding.span is not None:
        start, stop = finding.span
        for index, one in enumerate(script.invocations):
            if one.span.start <= start and stop <= one.span.end:
                return index
    return -1


_HEADINGS = {
    Decision.ALLOW: "What would make it pass",
    Decision.REVIEW: "With these it would be reviewed instead of denied",
}


def _advice(verdict: Verdict, found: tuple[Advice, ...]) -> Iterator[RenderableType]:
    if verdict.decision is Decision.ALLOW:
        return
    if _is_stuck(verdict, found):
        yield render.heading("Nothing that was tried makes it pass")
        for reason in nearest(verdict):
            yield render.indented(f"- {visible(reason)}", 2)
    if not found:
        return
    yield render.heading(_HEADINGS[found[0].decision])
    for way in Way:
        for one in (one for one in found if one.way is way):
            yield render.indented(f"- {visible(one.what, keep='')}", 2)
            if one.text is not None:
                yield render.indented(visible(one.text), 6, style="cyan")
