"""`linara-agent audit list | show | verify`."""

import json
from itertools import islice

import click
from rich.table import Table
from rich.text import Text

from linara_agent.cli.console import console
from linara_agent.cli.exit_codes import ExitCode
from linara_agent.core.chain import Fault, Intact
from linara_agent.core.record import Json
from linara_agent.core.visible import visible
from linara_agent.wiring.audit import audit_records, audit_runs, audit_verify
from linara_agent.wiring.person import person


@click.group("audit")
def audit_command() -> None:
    """What the journal says: runs, their records, and whether it is whole."""


@audit_command.command("list")
@click.option(
    "-n",
    "--number",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="How many runs.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def list_(number: int, as_json: bool) -> None:
    """List runs, newest first; refused ones too.

    \b
    Examples:
      linara-agent audit list
      linara-agent audit list -n 200 --json
    """
    table = Table(box=None, pad_edge=False)
    for name in ("run", "time", "verdict", "ended", "exit", "what"):
        table.add_column(name, no_wrap=name != "what")
    rows = 0
    for one in islice(audit_runs(person()), number):
        rows += 1
        if as_json:
            console.result(json.dumps(one, ensure_ascii=False))
        elif "problem" in one:
            table.add_row("?", "", "", "", "", Text(str(one["problem"]), style="red"))
        else:
            what = str(one["intent"] or one["command"] or "")
            cells = (one["run"], str(one["time"])[:19], one["decision"], one["ended"])
            shown = [visible(str(c), keep="") if c is not None else "-" for c in cells]
            code = "-" if one["exit"] is None else str(one["exit"])
            table.add_row(*shown, code, Text(visible(what, keep="")))
    if not as_json:
        if rows:
            console.show(table)
        else:
            console.say(Text("The journal holds no runs yet.", style="dim"))


@audit_command.command("show")
@click.argument("run")
@click.option("--json", "as_json", is_flag=True, help="Print the records as they are.")
def show(run: str, as_json: bool) -> None:
    """Show every record of a run, named by its id or the first 6 characters.

    \b
    Examples:
      linara-agent audit show 3f9a1c
    """
    for record in audit_records(person(), run):
        if as_json:
            console.result(json.dumps(record, ensure_ascii=False))
            continue
        console.show(
            Text.assemble(
                (str(record.get("time", ""))[:23], "dim"),
                "  ",
                (str(record.get("event", "")), "bold"),
            )
        )
        for name, value in record.items():
            if name not in _ENVELOPE and value not in (None, [], ""):
                console.show(Text(f"    {name}: {_shown(value)}"))


_ENVELOPE = ("schema", "seq", "time", "run", "event", "prev")


def _shown(value: Json) -> str:
    if isinstance(value, str):
        return visible(value)
    return visible(json.dumps(value, ensure_ascii=False))


@audit_command.command("verify")
def verify() -> None:
    """Check the chain of the whole journal; exit 22 if it was altered.

    Lines cut off at the very end cannot be seen from the file alone: keep the head
    that this prints elsewhere, and compare.

    \b
    Examples:
      linara-agent audit verify
    """
    found = audit_verify(person())
    if isinstance(found, Intact):
        torn = f", {found.torn} torn by a crash" if found.torn else ""
        console.result(f"ok: {found.count} records{torn}, head {found.head}")
        return
    if found.fault is Fault.TORN_END:
        console.result(
            f"ok, but the last line was cut short by a crash: {found.reason}"
        )
        return
    console.say(
        Text(f"broken at line {found.line} (record {found.seq}): {found.reason}"),
        Text("  The records before it are whole. Compare with a copy kept elsewhere."),
    )
    raise click.exceptions.Exit(int(ExitCode.NO_JOURNAL))
