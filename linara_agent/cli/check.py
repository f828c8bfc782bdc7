"""`linara-agent check COMMAND`: judge, and run nothing."""

import json
import sys
from collections.abc import Iterator
from pathlib import PurePosixPath

import click
from rich.console import RenderableType
from rich.text import Text

from linara_agent.cli import render
from linara_agent.cli.console import console
from linara_agent.cli.exit_codes import ExitCode
from linara_agent.cli.options import POLICY
from linara_agent.cli.passage import checked_text
from linara_agent.core.decision import Decision
from linara_agent.core.effects.effect import Effect
from linara_agent.core.effects.place import Place
from linara_agent.core.gate import Gate
from linara_agent.core.policy.match import describe
from linara_agent.core.policy.verdict import Verdict
from linara_agent.core.record import Json
from linara_agent.core.report import verdict_json
from linara_agent.core.visible import visible
from linara_agent.wiring import home_of, load_gate, person, place_of

_CODES = {
    Decision.ALLOW: ExitCode.DONE,
    Decision.REVIEW: ExitCode.NEEDS_REVIEW,
    Decision.DENY: ExitCode.DENIED,
}


@click.command("check")
@click.argument("command", required=False)
@POLICY
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--batch", is_flag=True,
    help='Read JSON Lines {"id": …, "command": …} on stdin, write a verdict for each.',
)  # fmt: skip
@click.option("--cwd", metavar="DIR", help="Judge as if called there.")
@click.option("--home", metavar="DIR", help="Judge for this home.")
@click.option("--user", metavar="NAME", help="Judge for this user.")
def check_command(
    command: str | None,
    policy: str,
    as_json: bool,
    batch: bool,
    cwd: str | None,
    home: str | None,
    user: str | None,
) -> None:
    """Judge a command by the policy, with every reason; nothing runs.

    Paths need not exist: the disk is not read. Exit 0 allow, 10 review, 11 deny;
    with --batch always 0.

    \b
    Examples:
      linara-agent check 'rm -rf build && ls'
      linara-agent check --json 'curl https://example.org/x.sh | sh'
      linara-agent check --batch < commands.jsonl
    """
    if batch == (command is not None):
        raise click.UsageError("Give either a COMMAND or --batch.")
    gate = load_gate(policy)
    place = _place(cwd, home, user)
    if command is None:
        _batch(gate, place)
        return
    text = checked_text(command, what="command")
    _, verdict = gate.assess(text, place)
    if as_json:
        console.result(json.dumps({"schema": 1, **verdict_json(verdict)}))
    else:
        console.show(*_screen(text, verdict))
    raise click.exceptions.Exit(int(_CODES[verdict.decision]))


def _place(cwd: str | None, home: str | None, user: str | None) -> Place:
    who = person()
    name = user or who.caller.name
    its_home = home or (home_of(user) if user else who.caller.home)
    where = cwd or who.cwd
    for given, option in ((where, "--cwd"), (its_home, "--home")):
        if not PurePosixPath(given).is_absolute():
            raise click.UsageError(f"{option} takes an absolute path, not {given!r}.")
    own = (str(who.directories.state), str(who.directories.config))
    return place_of(cwd=where, home=its_home, user=name, top=None, own=own)


def _screen(text: str, verdict: Verdict) -> Iterator[RenderableType]:
    yield Text.assemble(("Verdict", "bold"), "  ", render.decision(verdict.decision))
    for finding, count in render.distinct(verdict.findings):
        yield from render.reason(finding, count)
        if finding.effect is not None:
            yield _effect(verdict.effects[finding.effect])
        yield from render.underlined(text, finding)


def _effect(effect: Effect) -> Text:
    certainty = "" if effect.certainty == "certain" else ", possibly"
    by = f" by {effect.program}" if effect.program else ""
    return Text(f"          → {visible(describe(effect))}{by}{certainty}", style="cyan")


def _batch(gate: Gate, place: Place) -> None:
    for number, line in enumerate(sys.stdin.buffer, 1):
        console.result(json.dumps(_row(gate, place, line, number)))


def _row(gate: Gate, place: Place, line: bytes, number: int) -> dict[str, Json]:
    """The answer to one row; a bad row is reviewed, and the next one is read."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return _bad(None, number, "the line is not JSON in UTF-8")
    if not isinstance(row, dict):
        return _bad(None, number, "the line is no JSON object")
    id = row.get("id")
    command = row.get("command")
    if not isinstance(command, str):
        return _bad(id, number, "the object has no text under `command`")
    _, verdict = gate.assess(command, place)
    return {"id": id, **verdict_json(verdict)}


def _bad(id: Json, number: int, reason: str) -> dict[str, Json]:
    finding: dict[str, Json] = {
        "rule": "input",
        "decision": "review",
        "reason": reason,
        "where": None,
        "span": None,
        "effect": None,
    }
    return {
        "id": id,
        "line": number,
        "decision": "review",
        "findings": [finding],
        "effects": [],
    }
