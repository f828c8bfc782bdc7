"""`linara-agent plan list` and `plan show`."""

import json
from datetime import UTC, datetime

import click
from rich.table import Table
from rich.text import Text

from linara_agent.cli import render
from linara_agent.cli.console import console
from linara_agent.core.next_step import ways_for
from linara_agent.core.visible import visible
from linara_agent.wiring.person import person, plan_store


@click.group("plan")
def plan_command() -> None:
    """Saved plans: previews that wait for a decision, and those carried out."""


@plan_command.command("list")
@click.option("--all", "every", is_flag=True, help="Also those that are not open.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
def list_(every: bool, as_json: bool) -> None:
    """List the open plans, newest first.

    \b
    Examples:
      linara-agent plan list
      linara-agent plan list --all --json
    """
    plans = [one for one in plan_store(person()).list() if every or one.state == "open"]
    if as_json:
        rows = [
            {
                "id": one.id,
                "created": one.created,
                "state": str(one.state),
                "decision": one.verdict.decision.word,
                "intent": one.intent,
                "command": one.proposal.text,
                "changes": len(one.preview.effective),
            }
            for one in plans
        ]
        console.result(json.dumps(rows, ensure_ascii=False))
        return
    if not plans:
        console.say(Text("There are no open plans.", style="dim"))
        return
    table = Table(box=None, pad_edge=False)
    for name in ("plan", "made", "state", "verdict", "changes", "command"):
        table.add_column(name, no_wrap=name != "command")
    for one in plans:
        made = datetime.fromtimestamp(one.created, UTC).astimezone()
        table.add_row(
            one.id,
            f"{made:%Y-%m-%d %H:%M}",
            str(one.state),
            render.decision(one.verdict.decision),
            str(len(one.preview.effective)),
            Text(visible(one.proposal.text, keep="")),
        )
    console.show(table)


@plan_command.command("show")
@click.argument("plan")
@click.option("--json", "as_json", is_flag=True, help="Print the plan itself.")
def show(plan: str, as_json: bool) -> None:
    """Show all of a plan: command, verdict, output, every change with its diff.

    \b
    Examples:
      linara-agent plan show 3f9a1c
    """
    one = plan_store(person()).load(plan)
    if as_json:
        console.result(one.to_json().decode().rstrip("\n"))
        return
    ways = ", ".join(f"linara-agent {way} {one.id}" for way in ways_for(one.preview))
    waits = one.state not in ("applied", "declined", "expired")
    console.show(
        Text.assemble(("Plan", "bold"), f"  {one.id}, {one.state}"),
        *render.command(one.proposal),
        *render.verdict(one.verdict),
        *render.preview(one.preview, one.verdict, full=True),
        *([Text(f"To carry it out: {ways}", style="dim")] if waits else []),
    )
