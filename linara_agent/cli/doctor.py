"""`linara-agent doctor`: each precondition, tried for real, with its remedy."""

import json

import click
from rich.text import Text

from linara_agent.cli.console import console
from linara_agent.cli.exit_codes import ExitCode
from linara_agent.core.check import Check
from linara_agent.core.record import Json
from linara_agent.wiring import checks, person


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def doctor_command(as_json: bool) -> None:
    """Check that everything is there; exit 0 only when the main path works.

    \b
    Examples:
      linara-agent doctor
      linara-agent doctor --json
    """
    found: list[Check] = []
    for check in checks(person(), console):
        found.append(check)
        if not as_json:
            console.show(*_line(check))
    good = all(check.ok for check in found if check.required)
    if as_json:
        rows: list[Json] = [_json(check) for check in found]
        console.result(json.dumps({"schema": 1, "ok": good, "checks": rows}))
    else:
        words = "The main path works." if good else "The main path does not work yet."
        console.say(Text(words, style="bold green" if good else "bold red"))
    if not good:
        raise click.exceptions.Exit(int(_code(found)))


def _line(check: Check) -> list[Text]:
    if check.ok:
        sign, style = "ok  ", "green"
    else:
        sign, style = ("no  ", "bold red") if check.required else ("note", "yellow")
    first = Text.assemble((sign, style), f"  {check.name:14} ", (check.detail, ""))
    if check.remedy is None:
        return [first]
    return [first, Text(f"      {'':14} → {check.remedy}", style="yellow")]


def _json(check: Check) -> dict[str, Json]:
    return {
        "name": check.name,
        "ok": check.ok,
        "required": check.required,
        "detail": check.detail,
        "remedy": check.remedy,
    }


def _code(found: list[Check]) -> ExitCode:
    names = {check.name for check in found if check.required and not check.ok}
    if "journal" in names:
        return ExitCode.NO_JOURNAL
    if names & {"python", "parsers", "policy"}:
        return ExitCode.USAGE
    return ExitCode.NO_SANDBOX
