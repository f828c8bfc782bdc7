"""`linara-agent apply PLAN`, `rerun PLAN` and `recover PLAN`."""

import json
from contextlib import suppress
from dataclasses import replace

import click
from rich.text import Text

from linara_agent.cli.console import console
from linara_agent.cli.passage import exit_of, front, run_json, tell
from linara_agent.core.next_step import Mode
from linara_agent.core.plan import Plan, PlanState
from linara_agent.core.policy.match import base_of
from linara_agent.core.review import Way
from linara_agent.errors import PlanProblem, StalePlan
from linara_agent.flow_of_plans import carry_out_plan, recover_plan
from linara_agent.house import House
from linara_agent.wiring.house import Choices, house
from linara_agent.wiring.person import person, plan_store

_JSON = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on stdout."
)


@click.command("apply")
@click.argument("plan")
@_JSON
def apply_command(plan: str, as_json: bool) -> None:
    """Copy exactly the previewed changes of a saved plan to the host.

    Calling this is the approval of that plan. If anything it touches has changed
    since the preview, nothing is done (exit 13).

    \b
    Examples:
      linara-agent apply 3f9a1c
      linara-agent apply "$(linara-agent run --no-input 'touch x')"
    """
    _carry_out(plan, Way.APPLY, as_json=as_json)


@click.command("rerun")
@click.argument("plan")
@_JSON
def rerun_command(plan: str, as_json: bool) -> None:
    """Run the text of a saved plan on the host, and compare with its preview.

    Calling this is the approval of that plan.

    \b
    Examples:
      linara-agent rerun 3f9a1c
    """
    _carry_out(plan, Way.RERUN, as_json=as_json)


@click.command("recover")
@click.argument("plan")
def recover_command(plan: str) -> None:
    """Take back an apply that a crash cut short, or bring it to its end.

    \b
    Examples:
      linara-agent recover 3f9a1c
    """
    built, loaded = _house(plan)
    words, paths = recover_plan(built, loaded)
    console.say(Text(f"Recovered: {words} ({paths} steps).", style="bold green"))


def _house(reference: str) -> tuple[House, Plan]:
    """The plan, and a house with the base that judged it: it is judged once more.

    With the layers of where it was made, wherever the person stands now.
    """
    who = person()
    plan = plan_store(who).load(reference)
    there = replace(who, cwd=plan.sandbox.cwd)
    choices = Choices(policy=base_of(plan.policy), mode=Mode.NO_INPUT)
    built = house(there, choices, front(console))
    console.notices(built.gate.policy.notices)
    return built, plan


def _carry_out(reference: str, way: Way, *, as_json: bool) -> None:
    built, plan = _house(reference)
    try:
        passage = carry_out_plan(built, plan, way=way)
    except StalePlan:
        # A rerun is marked as applied before it starts; that mark stays.
        with suppress(PlanProblem):
            built.plans.mark(plan, PlanState.STALE)
        raise
    code = exit_of(passage)
    if as_json:
        console.result(json.dumps(run_json(passage, code), ensure_ascii=False))
    else:
        tell(console, passage, asked=True)
    raise click.exceptions.Exit(int(code))
