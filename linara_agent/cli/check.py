"""`linara-agent check COMMAND`: judge, and run nothing."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
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
from linara_agent.core.effects.sentence import Sentence, sentences
from linara_agent.core.gate import Gate
from linara_agent.core.policy.match import describe
from linara_agent.core.policy.verdict import Verdict
from linara_agent.core.record import Json
from linara_agent.core.report import verdict_json
from linara_agent.core.visible import visible
from linara_agent.wiring.person import ground_of, home_of, load_gate, person, place_of

CODES = {
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
@click.option("--explain", is_flag=True, help="Say in words what the command does.")
@click.option("--cwd", metavar="DIR", help="Judge as if called there.")
@click.option("--home", metavar="DIR", help="Judge for this home.")
@click.option("--user", metavar="NAME", help="Judge for this user.")
def check_command(
    command: str | None,
    policy: str,
    as_json: bool,
    batch: bool,
    explain: bool,
    cwd: str | None,
    home: str | None,
    user: str | None,
) -> None:
    """Judge a command by the policy, with every reason; nothing runs.

    Paths need not exist: the disk is not read. Exit 0 allow, 10 review, 11 deny;
    with --batch always 0. The words of --explain come from the catalogue and from
    the effects that are judged, never from a model.

    \b
    Examples:
      linara-agent check 'rm -rf build && ls'
      linara-agent check --json 'curl https://example.org/x.sh | sh'
      linara-agent check --explain 'find /tmp -type f -mtime +7 -delete'
      linara-agent check --batch < commands.jsonl
    """
    if batch == (command is not None):
        raise click.UsageError("Give either a COMMAND or --batch.")
    gate = load_gate(policy, cwd=cwd)
    console.notices(gate.policy.notices)
    place = place_for(cwd, home, user)
    place = replace(place, own=place.own + gate.policy.files)
    if command is None:
        _batch(gate, place, explain=explain)
        return
    text = checked_text(command, what="command")
    verdict, said = _judged(gate, text, place, explain=explain)
    if as_json:
        answer = {"schema": 1, **verdict_json(verdict), **_sentences_json(said)}
        console.result(json.dumps(answer))
    else:
        console.show(*_in_words(said), *_screen(text, verdict))
    raise click.exceptions.Exit(int(CODES[verdict.decision]))


def _judged(
    gate: Gate, text: str, place: Place, *, explain: bool
) -> tuple[Verdict, tuple[Sentence, ...]]:
    """The verdict; the sentences only where they are asked for."""
    script = gate.read(text, place)
    reading = gate.resolve(script, place)
    verdict = gate.judge(script, reading, place)
    if not explain:
        return verdict, ()
    return verdict, sentences(script, reading, gate.catalogue, place)


def _sentences_json(said: tuple[Sentence, ...]) -> dict[str, Json]:
    if not said:
        return {}
    return {"sentences": [{"span": list(one.span), "text": one.text} for one in said]}


def _in_words(said: tuple[Sentence, ...]) -> Iterator[RenderableType]:
    if said:
        yield render.heading("In words")
    for one in said:
        yield render.indented(f"- {visible(one.text, keep='')}", 2)


def place_for(cwd: str | None, home: str | None, user: str | None) -> Place:
    """The place to judge for; what is not given is the process's own."""
    who = person()
    name = user or who.caller.name
    its_home = home or (home_of(user) if user else who.caller.home)
    where = cwd or who.cwd
    for given, option in ((where, "--cwd"), (its_home, "--home")):
        if not PurePosixPath(given).is_absolute():
            raise click.UsageError(f"{option} takes an absolute path, not {given!r}.")
    own = ground_of(who, where).own
    return place_of(cwd=where, home=its_home, user=name, top=None, own=own)


def _screen(text: str, verdict: Verdict) -> Iterator[RenderableType]:
    yield Text.assemble(("Verdict", "bold"), "  ", render.decision(verdict.decision))
    for finding, count in render.distinct(verdict.findings):
        yield from render.reason(finding, count)
        if finding.effect is not None:
            yield described(verdict.effects[finding.effect])
        yield from render.underlined(text, finding)


def described(effect: Effect) -> Text:
    """An effect in a line below its finding."""
    certainty = "" if effect.certainty == "certain" else ", possibly"
    by = f" by {effect.program}" if effect.program else ""
    return Text(
        f"          → {visible(describe(effect), keep='')}{by}{certainty}", style="cyan"
    )


def _batch(gate: Gate, place: Place, *, explain: bool) -> None:
    def judge(text: str) -> dict[str, Json]:
        verdict, said = _judged(gate, text, place, explain=explain)
        return {**verdict_json(verdict), **_sentences_json(said)}

    for number, line in enumerate(sys.stdin.buffer, 1):
        console.result(json.dumps(_row(judge, line, number)))


def _row(
    judge: Callable[[str], dict[str, Json]], line: bytes, number: int
) -> dict[str, Json]:
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
    return {"id": id, **judge(command)}


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
