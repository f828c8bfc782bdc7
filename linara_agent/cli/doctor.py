"""`linara-agent doctor`: each precondition, tried for real, with its remedy."""

import json
from collections.abc import Iterable

import click
from rich.text import Text

from linara_agent.cli.console import console
from linara_agent.cli.exit_codes import ExitCode
from linara_agent.core.check import Check
from linara_agent.core.record import Json
from linara_agent.core.visible import visible
from linara_agent.wiring.checks import checks
from linara_agent.wiring.person import person
from linara_agent.wiring.sandbox import sandbox_trials

_WIDE = 34


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--sandbox", is_flag=True,
    help="Try to get out of a twin, and to use it up; exit 0 if all was stopped.",
)  # fmt: skip
def doctor_command(as_json: bool, sandbox: bool) -> None:
    """Check that everything is there; exit 0 only when the main path works.

    \b
    Examples:
      linara-agent doctor
      linara-agent doctor --json
      linara-agent doctor --sandbox
    """
    if sandbox:
        tell_trials(sandbox_trials(person(), console), as_json=as_json)
        return
    found: list[Check] = []
    for check in checks(person(), console):
        found.append(check)
        if not as_json:
            console.show(*_line(check))
    good = all(check.ok for check in found if check.required)
    if as_json:
        rows: list[Json] = [check_json(check) for check in found]
        console.result(json.dumps({"schema": 1, "ok": good, "checks": rows}))
    else:
        words = "The main path works." if good else "The main path does not work yet."
        console.say(Text(words, style="bold green" if good else "bold red"))
    if not good:
        raise click.exceptions.Exit(int(_code(found)))


def tell_trials(trials: Iterable[Check], *, as_json: bool) -> None:
    """Say what each one saw; ends with Exit if one was not stopped."""
    found: list[Check] = []
    for trial in trials:
        found.append(trial)
        if not as_json:
            console.show(*_trial(trial))
    open_ways = sum(not trial.ok for trial in found)
    if as_json:
        rows: list[Json] = [
            {
                "name": trial.name,
                "stopped": trial.ok,
                "saw": trial.detail,
                "remedy": trial.remedy,
            }
            for trial in found
        ]
        console.result(json.dumps({"schema": 1, "ok": not open_ways, "trials": rows}))
    elif open_ways:
        words = f"{open_ways} of {len(found)} attempts were NOT stopped."
        remedy = next(trial.remedy for trial in found if not trial.ok)
        console.say(Text(words, style="bold red"), Text(f"  → {remedy}"))
    else:
        words = f"All {len(found)} attempts were stopped."
        console.say(Text(words, style="bold green"))
    if open_ways:
        raise click.exceptions.Exit(int(ExitCode.NO_SANDBOX))


def _trial(trial: Check) -> list[Text]:
    word, style = ("stopped", "green") if trial.ok else ("NOT stopped", "bold red")
    name = Text.assemble((f"{word:11}", style), f"  {trial.name}")
    name.pad_right(max(0, _WIDE - len(name)))
    return [Text.assemble(name, (f"  {visible(trial.detail)}", "dim"))]


def _line(check: Check) -> list[Text]:
    if check.ok:
        sign, style = "ok  ", "green"
    else:
        sign, style = ("no  ", "bold red") if check.required else ("note", "yellow")
    first = Text.assemble((sign, style), f"  {check.name:14} ", (check.detail, ""))
    if check.remedy is None:
        return [first]
    return [first, Text(f"      {'':14} → {check.remedy}", style="yellow")]


def check_json(check: Check) -> dict[str, Json]:
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
